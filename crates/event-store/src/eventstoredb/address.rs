//! Where a cluster is and how it is spoken to: `esdb://host:port,host:port?parameters`.
//!
//! The client has a reader of such addresses itself; it leaves escapes in passwords as they are, prints passwords in its
//! errors, and passes over what it doesn't know. So this one reads, and hands the result over.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use eventstore::ClientSettings;
use percent_encoding::percent_decode_str;
use toml::{Table, Value};

/// The port of a node that names none.
const DEFAULT_PORT: u16 = 2113;

/// A cluster's address, with everything that belongs to the connection. Neither `Debug` nor `Display` shows secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    nodes: Vec<(String, u16)>,
    discover: bool,
    credentials: Option<Credentials>,
    tls: Option<Tls>,
    pub(super) prefix: String,
    pub(super) deadline: Duration,
    pub(super) patience: Duration,
    gossip_timeout: Duration,
}

#[derive(Clone, PartialEq, Eq)]
enum Credentials {
    Given(String, String),
    /// A file whose first line is `user:password`.
    File(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tls {
    verify: bool,
    ca_file: Option<PathBuf>,
    /// Certificate and key.
    user: Option<(PathBuf, PathBuf)>,
}

/// Why a text is no address. It never repeats the text, for that may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no address of an event store cluster: {0}")]
pub struct AddressError(String);

impl Address {
    /// Whether the address itself holds a password.
    pub fn holds_a_secret(&self) -> bool {
        matches!(self.credentials, Some(Credentials::Given(..)))
    }

    /// The same with its streams under another prefix, so that several logs live in one cluster.
    pub fn with_prefix(self, prefix: impl Into<String>) -> Result<Self, AddressError> {
        let prefix = prefix.into();
        check_prefix(&prefix)?;
        Ok(Self { prefix, ..self })
    }

    /// What the client takes, after a look at the files, for the client panics on those it can't use.
    pub(super) fn settings(&self) -> Result<ClientSettings, String> {
        if let Some(tls) = &self.tls {
            super::tls_files::check(tls.ca_file.as_deref(), tls.user.as_ref(), tls.verify)?;
        }
        let (user, password) = match &self.credentials {
            None => (None, None),
            Some(Credentials::Given(user, password)) => (Some(user.clone()), Some(password.clone())),
            Some(Credentials::File(path)) => {
                let (user, password) = read_credentials(path)?;
                (Some(user), Some(password))
            }
        };
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let tls = self.tls.as_ref();
        // TOML, because the client's times are to be signed integers, as JSON's positive numbers are not.
        let mut settings = toml::toml! {
            // It waits so long before each attempt, even the first; what is beyond is the supervisor's affair.
            discovery_interval = 20
            preference = "Leader"
            connection_name = "yimen"
        };
        let mut set = |name: &str, value: Value| settings.insert(name.to_owned(), value);
        set("dns_discover", self.discover.into());
        set("hosts", self.nodes.iter().map(host).collect::<Vec<_>>().into());
        set("max_discover_attempts", (self.nodes.len() as i64 + 2).into());
        set("gossip_timeout", millis(self.gossip_timeout));
        set("default_deadline", millis(self.deadline));
        set("secure", tls.is_some().into());
        set("tls_verify_cert", tls.is_none_or(|tls| tls.verify).into());
        if let Some((user, password)) = user.zip(password) {
            let pair = [("login".to_owned(), Value::from(user)), ("password".to_owned(), password.into())];
            set("default_user_name", Table::from_iter(pair).into());
        }
        match tls {
            // Without TLS the client loads the system's certificates all the same, unless there is a file of them.
            None => set("tls_ca_file", "/dev/null".into()),
            Some(Tls { ca_file: Some(file), .. }) => set("tls_ca_file", text(file).into()),
            Some(Tls { ca_file: None, .. }) => None,
        };
        if let Some((certificate, key)) = tls.and_then(|tls| tls.user.as_ref()) {
            set("user_cert_file", text(certificate).into());
            set("user_key_file", text(key).into());
        }
        // The reason would repeat the settings.
        Value::Table(settings).try_into().map_err(|_| "the client doesn't take these settings".to_owned())
    }
}

fn host((host, port): &(String, u16)) -> Value {
    let pair =
        [("host".to_owned(), Value::from(host.as_str())), ("port".to_owned(), i64::from(*port).into())];
    Table::from_iter(pair).into()
}

fn millis(time: Duration) -> Value {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX).into()
}

fn read_credentials(path: &Path) -> Result<(String, String), String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("credentialsFile {} can't be read: {error}", path.display()))?;
    let line = text.lines().next().unwrap_or_default();
    let pair = line.split_once(':').filter(|(user, _)| !user.is_empty());
    let (user, password) =
        pair.ok_or_else(|| format!("credentialsFile {}: its first line is user:password", path.display()))?;
    Ok((user.to_owned(), password.to_owned()))
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or_else(|| no("it begins with esdb://"))?;
        let discover = match scheme {
            "esdb" => false,
            "esdb+discover" => true,
            _ => return Err(no("it begins with esdb:// or esdb+discover://")),
        };
        let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let (credentials, hosts) = match authority.rsplit_once('@') {
            None => (None, authority),
            Some((pair, hosts)) => {
                let (user, password) = pair.split_once(':').unwrap_or((pair, ""));
                (Some(Credentials::Given(decoded(user)?, decoded(password)?)), hosts)
            }
        };
        let mut address = Self {
            nodes: hosts.split(',').map(node).collect::<Result<_, _>>()?,
            discover,
            credentials,
            tls: Some(Tls { verify: true, ca_file: None, user: None }),
            prefix: "yimen.".to_owned(),
            deadline: Duration::from_secs(3),
            patience: Duration::from_secs(12),
            gossip_timeout: Duration::from_secs(3),
        };
        if discover && address.nodes.len() != 1 {
            return Err(no("esdb+discover:// takes one name"));
        }
        address.read_parameters(query)?;
        Ok(address)
    }
}

impl Address {
    fn read_parameters(&mut self, query: &str) -> Result<(), AddressError> {
        let (mut tls, mut files) = (true, Tls { verify: true, ca_file: None, user: None });
        let (mut certificate, mut key) = (None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let path = || PathBuf::from(&*value);
            match name.to_ascii_lowercase().as_str() {
                "tls" => tls = boolean(&name, &value)?,
                "tlsverifycert" => files.verify = boolean(&name, &value)?,
                "tlscafile" => files.ca_file = Some(path()),
                "usercertfile" => certificate = Some(path()),
                "userkeyfile" => key = Some(path()),
                "credentialsfile" if self.credentials.is_some() => {
                    return Err(no("it has credentials and a credentialsFile"));
                }
                "credentialsfile" => self.credentials = Some(Credentials::File(path())),
                "defaultdeadline" => self.deadline = time(&name, &value)?,
                "gossiptimeout" => self.gossip_timeout = time(&name, &value)?,
                "patience" => self.patience = time(&name, &value)?,
                "prefix" => {
                    check_prefix(&value)?;
                    self.prefix = value.into_owned();
                }
                "nodepreference" if value.eq_ignore_ascii_case("leader") => {}
                "nodepreference" => return Err(no("Yimen speaks to the leader: leave nodePreference out")),
                _ => return Err(no(format!("the parameter {name} is not known"))),
            }
        }
        files.user = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(no("userCertFile and userKeyFile belong together"));
            }
        };
        if !tls && files != (Tls { verify: true, ca_file: None, user: None }) {
            return Err(no("with tls=false there are no certificates"));
        }
        self.tls = tls.then_some(files);
        Ok(())
    }
}

fn no(reason: impl Into<String>) -> AddressError {
    AddressError(reason.into())
}

fn decoded(text: &str) -> Result<String, AddressError> {
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded.map_err(|_| no("its credentials are no UTF-8"))?.into_owned())
}

fn node(text: &str) -> Result<(String, u16), AddressError> {
    let colon = text.rfind(':').filter(|at| !text[*at..].contains(']'));
    let (host, port) = match colon {
        None => (text, DEFAULT_PORT),
        Some(at) => (&text[..at], text[at + 1..].parse().map_err(|_| no("a port is a number up to 65535"))?),
    };
    // The client makes an address of it and panics if that is none.
    url::Host::parse(host).map_err(|_| no("a node is a host name or an address, and a port"))?;
    Ok((host.to_owned(), port))
}

fn boolean(name: &str, value: &str) -> Result<bool, AddressError> {
    value.parse().map_err(|_| no(format!("{name} is true or false")))
}

fn time(name: &str, value: &str) -> Result<Duration, AddressError> {
    match value.parse() {
        Ok(millis @ 1..) => Ok(Duration::from_millis(millis)),
        Ok(0) | Err(_) => Err(no(format!("{name} is a time in milliseconds, more than 0"))),
    }
}

/// A prefix can't make a system stream of ours, nor one that reads like another prefix.
fn check_prefix(prefix: &str) -> Result<(), AddressError> {
    let name = prefix.strip_suffix('.').unwrap_or_default();
    let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(fine) {
        return Err(no("prefix is lower-case letters, digits and _, at most 64, and a full stop at its end"));
    }
    Ok(())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.discover { "esdb+discover://" } else { "esdb://" })?;
        for (place, (host, port)) in self.nodes.iter().enumerate() {
            write!(f, "{}{host}:{port}", if place == 0 { "" } else { "," })?;
        }
        write!(f, " (streams {}*)", self.prefix)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}
