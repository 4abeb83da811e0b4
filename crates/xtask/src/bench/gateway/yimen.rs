//! Yimen with everything on: published entries, an approved channel, minted assertions, access log, metrics.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Proxy;
use super::http::ask;
use super::machine::{Process, free_address};
use super::tokens::{AUDIENCE, CHANNEL, ISSUER, Tokens};
use crate::bench::demo::binary;

/// The most entries that are called: what a page of the catalogue lists.
const MOST_CALLED: usize = 200;
/// Longest time until every item has its entry and can be called.
const PATIENCE: Duration = Duration::from_secs(1800);
/// What names are made of, so that no two are alike: characters that stand for themselves.
const DIGITS: &str = "桥船灯琴棋书画茶盐铁铜银金玉石木竹松梅兰菊荷稻麦豆瓜果桃李杏";

/// Starts it with so many entries, every one of them served by `backend`.
pub(super) fn start(
    folder: &Path,
    backend: SocketAddr,
    tokens: &Tokens,
    entries: usize,
) -> Result<Proxy, String> {
    let data = folder.join("data");
    import(folder, &data, backend, entries)?;
    let (address, admin) = (free_address()?, free_address()?);
    let config = format!(
        "data_dir = {data:?}\n\
         [[identity.issuers]]\nissuer = \"{ISSUER}\"\naudience = [\"{AUDIENCE}\"]\nalgorithms = [\"ES256\"]\n\
         jwks = {{ file = {:?} }}\n\
         [gateway.backends]\nallowed_networks = [\"127.0.0.0/8\"]\n\
         [listen]\npublic = \"{address}\"\nadmin = \"{admin}\"\n",
        tokens.jwks
    );
    let file = folder.join("yimen.toml");
    fs::write(&file, config).map_err(|error| error.to_string())?;
    let log = folder.join("yimen.log");
    let arguments = ["serve".to_owned(), "--config".to_owned(), file.display().to_string()];
    let mut process = Process::start(&binary().display().to_string(), &arguments, &log)?;
    process.listens(address, &log)?;
    approve_channel(address, tokens)?;
    let prefixes = called(address, tokens, entries)?;
    Ok(Proxy { name: "yimen", checks_identity: true, address, prefixes, process })
}

fn import(folder: &Path, data: &Path, backend: SocketAddr, entries: usize) -> Result<(), String> {
    let digits: Vec<char> = DIGITS.chars().collect();
    let rows = (0..entries).map(|number| {
        let digit = |place: u32| digits[number / digits.len().pow(place) % digits.len()];
        // A department of its own for each thousand: a department is one stream.
        let (a, b, c, d) = (digit(0), digit(1), digit(2), digit(3));
        format!("压测{}局,330100,{number},{a}{d}{b}{c}登记,http://{backend}", number / 1000)
    });
    let csv = ["department,region,id,name,endpoint".to_owned()].into_iter().chain(rows).collect::<Vec<_>>();
    let file = folder.join("items.csv");
    fs::write(&file, csv.join("\n") + "\n").map_err(|error| error.to_string())?;
    let output = Command::new(binary())
        .args(["import", "--format", "csv", "--data-dir"])
        .arg(data)
        .arg(&file)
        .output()
        .map_err(|error| format!("yimen import: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn approve_channel(address: SocketAddr, tokens: &Tokens) -> Result<(), String> {
    let filing = json!({"name": {"zh-CN": "压测渠道"}, "kind": "app", "owner": {"zh-CN": "压测主办单位"}});
    let file = json!({"id": CHANNEL, "filing": filing});
    let (operator, reviewer) = (tokens.of("operator", &["operator"])?, tokens.of("reviewer", &["reviewer"])?);
    ask(address, "POST", "/registry/v1/channels", Some(&operator), Some(&file))?.json()?;
    let approval = format!("/registry/v1/channels/{CHANNEL}/approval");
    ask(address, "POST", &approval, Some(&reviewer), None)?.json().map(drop)
}

/// The prefixes of the entries to call, once every item has its entry.
fn called(address: SocketAddr, tokens: &Tokens, entries: usize) -> Result<Vec<String>, String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let formed = formed(address, tokens)?;
        if formed >= entries as u64 {
            break;
        }
        if Instant::now() > deadline {
            return Err(format!("{formed} of {entries} entries were formed in time"));
        }
        std::thread::park_timeout(Duration::from_millis(500));
    }
    let page = ask(address, "GET", &format!("/catalogue/v1/entries?limit={MOST_CALLED}"), None, None)?;
    let page = page.json()?;
    let ids = page["items"].as_array().into_iter().flatten().filter_map(|entry| entry["id"].as_str());
    let prefixes: Vec<_> = ids.map(|id| format!("/call/{id}")).collect();
    let citizen = tokens.of("citizen", &[])?;
    for prefix in &prefixes {
        while ask(address, "GET", &format!("{prefix}/echo"), Some(&citizen), None)?.status != 200 {
            if Instant::now() > deadline {
                return Err(format!("{prefix} can't be called"));
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
    Ok(prefixes)
}

/// How many entries there are.
fn formed(address: SocketAddr, tokens: &Tokens) -> Result<u64, String> {
    let auditor = tokens.of("auditor", &["auditor"])?;
    let status: Value = ask(address, "GET", "/operations/v1/status", Some(&auditor), None)?.json()?;
    status["counts"]["liveEntries"].as_u64().ok_or_else(|| "the status counts entries".to_owned())
}
