//! The peers: what they are, and how each is started.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use super::machine::{Process, free_address};
use super::tokens::{AUDIENCE, ISSUER, Tokens};
use super::{Proxy, install};

/// A peer, not started yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    /// As it is chosen and shown.
    pub(super) name: &'static str,
    /// Whether it checks who calls.
    pub(super) checks_identity: bool,
    how: How,
}

#[derive(Debug, Clone, Copy)]
enum How {
    Nginx(&'static str),
    Haproxy(&'static str),
    Envoy(&'static str),
    Pingora,
}

/// All of them.
pub(super) const PEERS: [Peer; 6] = [
    Peer { name: "nginx", checks_identity: false, how: How::Nginx(include_str!("conf/nginx.conf")) },
    Peer { name: "haproxy", checks_identity: false, how: How::Haproxy(include_str!("conf/haproxy.cfg")) },
    Peer { name: "nginx-lua", checks_identity: true, how: How::Nginx(include_str!("conf/nginx-lua.conf")) },
    Peer { name: "pingora", checks_identity: true, how: How::Pingora },
    Peer { name: "envoy-jwt", checks_identity: true, how: How::Envoy(include_str!("conf/envoy.yaml")) },
    Peer {
        name: "haproxy-jwt",
        checks_identity: true,
        how: How::Haproxy(include_str!("conf/haproxy-jwt.cfg")),
    },
];

impl Peer {
    /// Starts it before `backend`, with its files in `folder`.
    pub(super) fn start(self, folder: &Path, backend: SocketAddr, tokens: &Tokens) -> Result<Proxy, String> {
        let address = free_address()?;
        let fill = |template: &str| {
            let values = [
                ("@FOLDER@", folder.display().to_string()),
                ("@LISTEN@", address.to_string()),
                ("@PORT@", address.port().to_string()),
                ("@BACKEND@", backend.to_string()),
                ("@BACKEND_PORT@", backend.port().to_string()),
                ("@ISSUER@", ISSUER.to_owned()),
                ("@AUDIENCE@", AUDIENCE.to_owned()),
                ("@KEY@", tokens.key.display().to_string()),
                ("@JWKS@", tokens.jwks.display().to_string()),
            ];
            values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
        };
        let config = |template: &str, ending: &str| {
            let file = folder.join(format!("{}.{ending}", self.name));
            fs::write(&file, fill(template)).map_err(|error| error.to_string())?;
            Ok::<_, String>(file.display().to_string())
        };
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let (program, arguments) = match self.how {
            How::Nginx(template) => {
                let (prefix, file) = (folder.display().to_string(), config(template, "conf")?);
                ("nginx".to_owned(), words(&["-p", &prefix, "-e", "stderr", "-c", &file]))
            }
            How::Haproxy(template) => {
                ("haproxy".to_owned(), words(&["-db", "-f", &config(template, "cfg")?]))
            }
            How::Envoy(template) => {
                let binary = install::envoy()?.display().to_string();
                let file = config(template, "yaml")?;
                let rest = ["--concurrency", "1", "--log-level", "error", "--disable-hot-restart"];
                (binary, words(&[&["-c", file.as_str()], rest.as_slice()].concat()))
            }
            How::Pingora => {
                let key = tokens.key.display().to_string();
                let (listen, backend) = (address.to_string(), backend.to_string());
                let binary = install::pingora()?.display().to_string();
                (binary, words(&[&listen, &backend, &key, ISSUER, AUDIENCE]))
            }
        };
        let log = folder.join(format!("{}.log", self.name));
        let mut process = Process::start(&program, &arguments, &log)?;
        process.listens(address, &log)?;
        let Self { name, checks_identity, .. } = self;
        Ok(Proxy { name, checks_identity, address, prefixes: vec![String::new()], process })
    }
}
