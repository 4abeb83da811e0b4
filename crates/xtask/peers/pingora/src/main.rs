//! A proxy on Pingora that checks one bearer token as the other peers of the bench do: ES256, `exp`, `iss`, `aud` and
//! `sub`, with a cache of verified tokens; it hands the backend `x-identity-sub`.
//!
//! `yimen-bench-pingora LISTEN BACKEND KEY.pem ISSUER AUDIENCE`

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use moka::sync::Cache;
use pingora::prelude::*;
use pingora::server::configuration::ServerConf;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Verified tokens that are remembered.
const REMEMBERED: u64 = 100_000;

/// Who calls.
struct Identity {
    subject: HeaderValue,
    expires: u64,
}

#[derive(serde::Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
}

/// Checks tokens.
struct Gate {
    key: DecodingKey,
    rules: Validation,
    verified: Cache<Box<[u8]>, Arc<Identity>>,
}

struct Edge {
    gate: Gate,
    backend: SocketAddr,
}

impl Gate {
    fn new(key: &str, issuer: &str, audience: &str) -> Self {
        let pem = std::fs::read(key).expect("the key's file can be read");
        let mut rules = Validation::new(Algorithm::ES256);
        rules.leeway = 0;
        rules.set_issuer(&[issuer]);
        rules.set_audience(&[audience]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Self {
            key: DecodingKey::from_ec_pem(&pem).expect("a public key"),
            rules,
            verified: Cache::new(REMEMBERED),
        }
    }

    /// The caller, if there is exactly one good token.
    fn check(&self, headers: &HeaderMap) -> Option<Arc<Identity>> {
        let mut fields = headers.get_all(AUTHORIZATION).iter();
        let (field, None) = (fields.next()?.as_bytes(), fields.next()) else { return None };
        let (scheme, token) = field.split_at_checked(7)?;
        if !scheme.eq_ignore_ascii_case(b"bearer ") {
            return None;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        if let Some(known) = self.verified.get(token) {
            return (known.expires > now).then_some(known);
        }
        let claims = decode::<Claims>(token, &self.key, &self.rules).ok()?.claims;
        let subject = HeaderValue::try_from(claims.sub).ok()?;
        let identity = Arc::new(Identity { subject, expires: claims.exp });
        self.verified.insert(token.into(), Arc::clone(&identity));
        Some(identity)
    }
}

#[async_trait]
impl ProxyHttp for Edge {
    type CTX = Option<Arc<Identity>>;

    fn new_ctx(&self) -> Self::CTX {
        None
    }

    async fn request_filter(&self, session: &mut Session, caller: &mut Self::CTX) -> Result<bool> {
        *caller = self.gate.check(&session.req_header().headers);
        if caller.is_none() {
            session.respond_error(401).await?;
            return Ok(true);
        }
        Ok(false)
    }

    async fn upstream_peer(&self, _: &mut Session, _: &mut Self::CTX) -> Result<Box<HttpPeer>> {
        Ok(Box::new(HttpPeer::new(self.backend, false, String::new())))
    }

    async fn upstream_request_filter(
        &self,
        _: &mut Session,
        upstream: &mut RequestHeader,
        caller: &mut Self::CTX,
    ) -> Result<()> {
        upstream.remove_header("authorization");
        if let Some(identity) = caller {
            upstream.insert_header("x-identity-sub", identity.subject.clone())?;
        }
        Ok(())
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().unwrap_or_else(|| panic!("{what} is missing"));
    let (listen, backend) = (next("LISTEN"), next("BACKEND"));
    let (key, issuer, audience) = (next("KEY"), next("ISSUER"), next("AUDIENCE"));
    let settings = ServerConf {
        threads: 1,
        work_stealing: true,
        upstream_keepalive_pool_size: 1024,
        ..ServerConf::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, settings);
    server.bootstrap();
    let edge = Edge {
        gate: Gate::new(&key, &issuer, &audience),
        backend: backend.parse().expect("BACKEND is an address"),
    };
    let mut service = http_proxy_service(&server.configuration, edge);
    service.add_tcp(&listen);
    server.add_service(service);
    server.run_forever();
}
