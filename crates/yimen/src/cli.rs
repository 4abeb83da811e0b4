//! The command line, as people type it.

mod matching;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use event_store::Position;
use event_store::eventstoredb::Address;
use url::Url;

pub use self::matching::{ListFormat, MatchArgs};
use crate::data_dir::embedded_log;
use crate::failure::{EXIT_CODES, Failure};
use crate::import::{Defaults, Encoding, Mapping, Rewrite};

/// 一门：政务服务统一入口网关 · one door to public services.
#[derive(Debug, Parser)]
#[command(name = "yimen", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 启动网关 · Start the gateway
    Serve(ServeArgs),
    /// 一键体验：网关、身份、后端与示例目录同在一个进程 · Everything in one process, with sample data and no network
    Demo(DemoArgs),
    /// 批量导入事项（CSV、JSONL、OpenAPI），按运维迁移入库 · Import items in bulk, as an operator's migration
    Import(Box<ImportArgs>),
    /// 离线查重：清单里哪些行是同一服务，依据何在 · Find the rows of a list that are one service, offline, with the evidence
    Match(Box<MatchArgs>),
    /// 导出已发布事项或事件日志（JSONL） · Export published items or the raw log as JSONL
    Export(ExportArgs),
    /// 由日志重建读模型，报告数量与速率 · Rebuild the read model from the log, report counts and rate
    Replay(ReplayArgs),
    /// 校验日志哈希链与签名锚点；可离线、可校验备份 · Check the log's hash chains and signed anchors; also a backup, offline
    Verify(VerifyArgs),
    /// 备份日志并立即校验；可与运行中的网关并行 · Back the log up, also beside a running gateway, and verify the copy
    Backup(BackupArgs),
    /// 由备份恢复日志；原有日志改名保留 · Put a backup back; the log that was there is kept under another name
    Restore(RestoreArgs),
    /// 日志之间逐条复制与核对，可截至某一位置 · Copy a log into another store, event by event, up to a position if need be
    Log(LogCommandArgs),
    /// 输出 OpenAPI 文档 · Write the OpenAPI documents
    Openapi(OpenapiArgs),
    /// 检查或显示配置 · Check or show the configuration
    Config(ConfigArgs),
    /// 断言签名密钥：查看与轮换 · List the keys that sign assertions, rotate them
    Keys(Box<KeysArgs>),
    /// 签发演示令牌（仅限 demo 的开发身份） · Mint a token of the demo's development issuer
    Token(TokenArgs),
    /// 输出命令补全脚本 · Print a shell's completion script
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Where the configuration comes from: file < environment < flags.
///
/// A variable `YIMEN_LISTEN__PUBLIC` sets `listen.public`: two underscores go one level down. Its value is
/// read as TOML where it is a number, a boolean, an array or an inline table, and as plain text otherwise.
#[derive(Debug, Clone, Args)]
pub struct ConfigSource {
    /// TOML file; see yimen.example.toml
    #[arg(long, short, value_name = "FILE", env = "YIMEN_CONFIG")]
    pub config: Option<PathBuf>,
    /// Public listener, for example [::]:8080 (IPv6 and IPv4) or 127.0.0.1:0
    #[arg(long, value_name = "ADDR")]
    pub public: Option<SocketAddr>,
    /// Listener for /healthz, /readyz and /metrics
    #[arg(long, value_name = "ADDR")]
    pub admin: Option<SocketAddr>,
    /// Folder that holds the event log, the search index and the keys
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Any other setting, for example --set policy.notice_days=60
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// `yimen serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The configuration.
    #[command(flatten)]
    pub source: ConfigSource,
}

/// What a demo logs unless it is asked for more: no line for each call, so that the tour stays in sight.
pub const DEMO_LOG_FILTER: &str = "warn,tantivy=error";

/// `yimen demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Public listener; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "[::]:8080")]
    pub public: SocketAddr,
    /// Listener for /healthz, /readyz and /metrics; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "[::]:9090")]
    pub admin: SocketAddr,
    /// Keep everything in this folder; without it, a temporary one that is removed at the end
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Keep the event log in a cluster, for example esdb://127.0.0.1:2113?tls=false; without it, in the folder
    #[arg(long, value_name = "ADDRESS", env = "YIMEN_EVENT_LOG__ADDRESS")]
    pub event_log: Option<String>,
    /// The catalogue to start with
    #[arg(long, value_enum, default_value_t = Sample::Hangzhou)]
    pub sample: Sample,
    /// Write addresses and tokens to this file, as JSON, when all is ready
    #[arg(long, value_name = "PATH")]
    pub ready_file: Option<PathBuf>,
    /// What is logged, on standard error; `info` adds a line for each call
    #[arg(long, value_name = "FILTER", env = "YIMEN_LOG__FILTER", default_value = DEMO_LOG_FILTER)]
    pub log_filter: String,
}

/// A catalogue to start the demo with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sample {
    /// 19 departments and 234 items of Hangzhou, all made up where they hold codes.
    Hangzhou,
    /// Nothing.
    None,
}

/// `yimen import`.
#[derive(Debug, Args)]
#[command(after_help = IMPORT_HELP)]
pub struct ImportArgs {
    /// The file; for openapi also a folder of JSON documents
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What the file is
    #[arg(long, value_enum)]
    pub format: Format,
    /// What the text of a csv file is encoded in
    #[arg(long, value_enum, default_value_t)]
    pub encoding: Encoding,
    /// Which column holds which field: field=column,… (for jsonl a dotted path)
    #[arg(long, value_name = "FIELD=COLUMN,…", default_value = "")]
    pub map: Mapping,
    /// What a field is where its cell is blank or has no column: field=value,…
    #[arg(long, value_name = "FIELD=VALUE,…", default_value = "")]
    pub default: Defaults,
    /// Scheme of shared codes (basicCode) that are not 12 digits; `local` means that they prove nothing
    #[arg(long, value_name = "NAME")]
    pub code_scheme: Option<String>,
    /// All rows belong to the department of this name; short for --default department=NAME
    #[arg(long, value_name = "NAME")]
    pub department: Option<String>,
    /// Where the rows come from, as the events will say; the file's name without it
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Apply every rule and write nothing; with --data-dir, to what is there
    #[arg(long)]
    pub dry_run: bool,
    /// Data directory of a gateway that is not running
    #[arg(long, value_name = "DIR", conflicts_with = "server")]
    pub data_dir: Option<PathBuf>,
    /// Address of a running gateway
    #[arg(long, value_name = "URL", requires = "token_file")]
    pub server: Option<Url>,
    /// File that holds an operator's access token for --server
    #[arg(long, value_name = "FILE", requires = "server")]
    pub token_file: Option<PathBuf>,
    /// Write the outcome of every row here, one JSON object a line
    #[arg(long, value_name = "OUT.jsonl")]
    pub report: Option<PathBuf>,
    /// For openapi: backends that begin with PREFIX begin with URL instead; may be given several times
    #[arg(long, value_name = "PREFIX=URL")]
    pub rewrite_backend: Vec<Rewrite>,
    /// For openapi: the scheme and host of every backend; its path stays as the document says
    #[arg(long, value_name = "URL")]
    pub backend_base: Option<Url>,
}

const IMPORT_HELP: &str = "\
字段 / Fields:
  id, department, departmentCode, organisation, name, summary, keywords,
  itemCode, basicCode, kind, audience, region, level, endpoint, link,
  legalBasis
A column that has a field's own name needs no --map.

空白单元格视为没有 / Blank cells count as absent. Where a field is absent:
  id              is itemCode: the department's own code for the item
  departmentCode  the department is known by its name, under scheme local
  region          000000, the whole country
  level           by the region: country 1, province 2, city 3, county 4,
                  township 5, village 6
  kind            20, public service
  audience        natural and legal persons
A basicCode of 12 digits has scheme cn-basic, any other that of --code-scheme.
An organisation or departmentCode that is no valid USCC has scheme local.

部门 / Departments are told apart in one of two ways; keep to it in every file:
  department alone      one department for each name
  with departmentCode   one department for each code, whatever its name
Text without a Chinese character is kept as English.
Keywords and audiences are separated by ; , 、 or |, laws by ; | or a new line.
With openapi each operation is an item, each document a department, and the
operationId a shared code under the server's host name. A document doesn't say
which division it serves, and its server is seldom the one to call from here:
say both for each one,
  yimen import apis/tax.json --format openapi --data-dir /var/lib/yimen \\
    --default region=330106 --backend-base http://tax.internal:8080

写到哪里 / Where to: --data-dir DIR while no gateway runs on it, or
--server URL --token-file FILE. With --dry-run neither is needed.

退出码 / Exit code: 0 when every row was taken, 2 when some were refused;
each of those is in the report, the first 20 also on standard error.
再次导入同一文件不会重复 / The same file again changes nothing.
直接写入数据目录后，办事入口在网关启动时形成 / After an import into a data
directory, entries are formed when the gateway starts.";

/// What a file to import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Comma-separated values (RFC 4180) with a head line.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// An OpenAPI 3 document in JSON, or a folder of them; each operation is an item.
    Openapi,
}

/// A data directory.
#[derive(Debug, Args)]
pub struct DataArgs {
    /// Folder that holds the embedded event log; a log in a cluster is not seen from here
    #[arg(long, value_name = "DIR", env = "YIMEN_DATA_DIR")]
    pub data_dir: PathBuf,
}

/// Which log: a data directory's, or a file of its own, which goes before.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct LogArgs {
    /// Folder that holds the embedded event log; a log in a cluster is not seen from here
    #[arg(long, value_name = "DIR", env = "YIMEN_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// The event log itself, for example a backup
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

impl LogArgs {
    /// The log's file.
    pub fn file(&self) -> Result<PathBuf, Failure> {
        match (&self.log, &self.data_dir) {
            (Some(file), _) => Ok(file.clone()),
            (None, Some(folder)) => embedded_log(folder),
            // The group above requires one of them.
            (None, None) => Ok(PathBuf::new()),
        }
    }
}

/// `yimen verify`.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_HELP)]
pub struct VerifyArgs {
    /// Which log.
    #[command(flatten)]
    pub log: LogArgs,
    /// What it is verified with.
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// Whom to believe about a log, beyond what it says itself.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// Public keys that you trust to sign anchors: a JWK Set, as /.well-known/jwks.json gave it
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Anchors kept outside the log (integrity.anchor_file): they tell when its end was cut off
    #[arg(long, value_name = "FILE")]
    pub anchors: Option<PathBuf>,
}

const VERIFY_HELP: &str = "\
It needs no secret and changes nothing; the log may be a backup on a read-only disk.

Each event that was altered, removed, reordered or inserted is named. Hash chains
tell what was done inside a stream; signed anchors also tell a rewritten end of a
stream, events of different streams that changed places, and a whole stream taken
away, for the events that they cover. What can't be seen:
  - what was done before the first anchor over an event was written
  - what was added after the last anchor (the answer says how far anchors go)
  - an end that was cut off with its anchors, unless --anchors knows better
  - without --keys, a log that somebody made anew from its first event on
  - what somebody does who has the signing key";

/// `yimen backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; it must not be there yet
    #[arg(value_name = "FILE")]
    pub to: PathBuf,
    /// The data directory.
    #[command(flatten)]
    pub data: DataArgs,
    /// What the copy is verified with.
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// `yimen restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    pub from: PathBuf,
    /// The data directory of a gateway that is not running.
    #[command(flatten)]
    pub data: DataArgs,
    /// What the backup is verified with, before anything is replaced.
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// `yimen log`.
#[derive(Debug, Args)]
pub struct LogCommandArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: LogCommand,
}

/// The commands of `yimen log`.
#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// 逐条复制，最后重读两边核对；中断后可续 · Copy event by event, then read both again and compare; a copy that was cut short goes on
    Copy(CopyArgs),
}

/// `yimen log copy`.
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// The log to copy: sqlite:FILE, or the esdb://… address of a cluster
    #[arg(value_name = "FROM")]
    pub from: LogAddress,
    /// The log to copy into: sqlite:FILE, which is made if missing, or the esdb://… address of a cluster
    #[arg(value_name = "TO")]
    pub to: LogAddress,
    /// The last position that is copied, as answers and exports write it; everything without it
    #[arg(long, value_name = "POSITION")]
    pub through: Option<Position>,
}

/// Where a log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogAddress {
    /// A file of the embedded log.
    Sqlite(PathBuf),
    /// A cluster.
    Cluster(Box<Address>),
}

impl FromStr for LogAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("esdb://") {
            let address: Address = text.parse().map_err(|error| format!("{error}"))?;
            // A command line is seen by everybody on the host.
            return if address.holds_a_secret() {
                Err("it holds a password: put user:password in a file, and name that as credentialsFile"
                    .to_owned())
            } else {
                Ok(Self::Cluster(Box::new(address)))
            };
        }
        match text.strip_prefix("sqlite:") {
            Some("") | None => {
                Err("write sqlite:FILE, for example sqlite:/var/lib/yimen/events.sqlite, or the esdb://… \
                                    address of a cluster"
                    .to_owned())
            }
            Some(file) => Ok(Self::Sqlite(file.into())),
        }
    }
}

/// `yimen export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The data directory.
    #[command(flatten)]
    pub data: DataArgs,
    /// What to export
    #[arg(long, value_enum, default_value_t = Exported::Items)]
    pub what: Exported,
    /// The file to write; standard output without it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What to export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Exported {
    /// Published items.
    Items,
    /// Every event of the log, as it is stored.
    Events,
}

/// `yimen replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The data directory.
    #[command(flatten)]
    pub data: DataArgs,
}

/// `yimen openapi`.
#[derive(Debug, Args)]
pub struct OpenapiArgs {
    /// Folder to write the documents to, one file each; standard output without it
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `yimen config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// The commands of `yimen config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// 检查配置 · Say whether the configuration is right
    Check(ConfigSource),
    /// 显示生效配置及每项来源（不含任何密钥内容） · Show every setting with where it comes from, never a secret
    Show(ConfigSource),
}

/// `yimen keys`.
#[derive(Debug, Args)]
pub struct KeysArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: KeysCommand,
}

/// The commands of `yimen keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// 查看密钥及其用途 · Show the keys and what each does
    List(KeyFileArgs),
    /// 轮换：新密钥先公布后启用，运行中的网关无需重启 · Add a key: published at once, signing later; no restart needed
    Rotate(RotateArgs),
}

/// Which file of keys.
#[derive(Debug, Args)]
pub struct KeyFileArgs {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub source: ConfigSource,
    /// The file itself, instead of the one that the configuration names
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

/// `yimen keys rotate`.
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// Which file.
    #[command(flatten)]
    pub file: KeyFileArgs,
    /// What the new key signs with
    #[arg(long, value_enum, default_value_t = KeyAlgorithm::Es256)]
    pub algorithm: KeyAlgorithm,
    /// How long the new key is published before it signs; backends may keep our keys for 5 minutes
    #[arg(long, value_name = "TIME", default_value = "10m")]
    pub ahead: jiff::SignedDuration,
}

/// What a key signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyAlgorithm {
    /// ES256: ECDSA on P-256
    Es256,
    /// EdDSA with Ed25519
    Ed25519,
    /// SM2 with SM3 (国密, GM/T 0125): few JWT libraries verify it
    Sm2,
}

/// `yimen token`.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Data directory of a demo
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Who the token is for
    #[arg(long, value_enum)]
    pub role: crate::demo::Persona,
    /// For clerk and department-reviewer: the department, for example uscc:11330106YMDEM01192
    #[arg(long, value_name = "ID")]
    pub department: Option<String>,
    /// The subject (sub), instead of the demo's own
    #[arg(long, value_name = "NAME")]
    pub subject: Option<String>,
    /// For citizen: the division where they live
    #[arg(long, value_name = "CODE")]
    pub region: Option<String>,
    /// Hours until it ends
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=720))]
    pub hours: u16,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_import_goes_to_one_place() {
        let parse = |more: &[&str]| {
            let line = ["yimen", "import", "f.csv", "--format", "csv"];
            Cli::try_parse_from(line.iter().chain(more)).map(drop).map_err(|error| error.kind())
        };
        assert_eq!(parse(&["--data-dir", "d"]), Ok(()));
        assert_eq!(parse(&["--server", "http://[::1]:1", "--token-file", "t"]), Ok(()));
        assert!(parse(&["--server", "http://[::1]:1"]).is_err());
        assert!(parse(&["--data-dir", "d", "--server", "http://[::1]:1", "--token-file", "t"]).is_err());
    }
}
