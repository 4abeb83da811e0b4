//! An issuer of ES256 tokens, and its keys in the forms that the peers read.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use identity::{DevelopmentIssuer, TokenRequest};
use jiff::Timestamp;

/// `iss`.
pub(super) const ISSUER: &str = "https://issuer.bench.test";
/// `aud`.
pub(super) const AUDIENCE: &str = "urn:bench";
/// `client_id`.
pub(super) const CHANNEL: &str = "bench-app";
/// Callers with a token each.
const CALLERS: usize = 10_000;
/// How long their tokens live: longer than a run.
const LIFETIME: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
/// A P-256 public key in DER (RFC 5480) up to the point's coordinates.
const SPKI_PREFIX: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/// The files of an issuer.
#[derive(Debug)]
pub(super) struct Tokens {
    issuer: DevelopmentIssuer,
    /// The public key, as a JWK Set.
    pub(super) jwks: PathBuf,
    /// The same in PEM.
    pub(super) key: PathBuf,
    /// A token of each caller, one a line.
    pub(super) callers: PathBuf,
}

impl Tokens {
    /// A new key, and its tokens, in `folder`.
    pub(super) fn make(folder: &Path) -> Result<Self, String> {
        let issuer = DevelopmentIssuer::generate(ISSUER).map_err(|error| error.to_string())?;
        let paths = ["jwks.json", "key.pem", "tokens.txt"].map(|name| folder.join(name));
        let [jwks, key, callers] = paths;
        let write = |path: &Path, text: String| {
            fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
        };
        write(&jwks, issuer.jwks().to_string())?;
        write(&key, pem(&issuer)?)?;
        let tokens = Self { issuer, jwks, key, callers };
        let lines: Result<Vec<_>, _> =
            (0..CALLERS).map(|number| tokens.of(&format!("user-{number:08}"), &[])).collect();
        write(&tokens.callers, lines?.join("\n") + "\n")?;
        Ok(tokens)
    }

    /// A token for this subject.
    pub(super) fn of(&self, subject: &str, roles: &[&str]) -> Result<String, String> {
        self.issue(|request| {
            subject.clone_into(&mut request.subject);
            request.roles = roles.iter().map(|role| (*role).to_owned()).collect();
        })
    }

    /// Tokens that nobody may accept, each with what is wrong with it.
    pub(super) fn bad(&self) -> Result<Vec<(&'static str, String)>, String> {
        let good = self.of("user", &[])?;
        let (signed, signature) = good.rsplit_once('.').ok_or("a token has three parts")?;
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).map_err(|error| error.to_string())?;
        if let Some(byte) = bytes.get_mut(10) {
            *byte ^= 1;
        }
        let stranger = DevelopmentIssuer::generate(ISSUER).map_err(|error| error.to_string())?;
        let other = request();
        let past = Timestamp::now() - jiff::SignedDuration::from_hours(48);
        Ok(vec![
            ("signature", format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bytes))),
            ("key", stranger.token(other, Timestamp::now()).map_err(|error| error.to_string())?),
            ("audience", self.issue(|request| request.audience = vec!["urn:other".to_owned()])?),
            ("expiry", self.issuer.token(request(), past).map_err(|error| error.to_string())?),
        ])
    }

    fn issue(&self, change: impl FnOnce(&mut TokenRequest)) -> Result<String, String> {
        let mut request = request();
        change(&mut request);
        self.issuer.token(request, Timestamp::now()).map_err(|error| error.to_string())
    }
}

fn request() -> TokenRequest {
    let mut request = TokenRequest::new("user", AUDIENCE, CHANNEL);
    request.lifetime = LIFETIME;
    request
}

fn pem(issuer: &DevelopmentIssuer) -> Result<String, String> {
    let set = issuer.jwks();
    let mut der = SPKI_PREFIX.to_vec();
    for coordinate in ["x", "y"] {
        let text = set["keys"][0][coordinate].as_str().ok_or("a P-256 key has two coordinates")?;
        der.extend(URL_SAFE_NO_PAD.decode(text).map_err(|error| error.to_string())?);
    }
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    Ok(format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n")))
}
