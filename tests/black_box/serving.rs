//! `yimen serve` with settings of the test's own, where a demo's are not enough.

use std::process::Command;

use identity::{DevelopmentIssuer, TokenRequest};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::{Demo, yimen};
use crate::staff::AUDIENCE;

const ISSUER: &str = "https://id.test";
pub(crate) const CHANNEL: &str = "hangzhou-app";

/// An issuer that a gateway may trust.
pub(crate) fn issuer() -> DevelopmentIssuer {
    DevelopmentIssuer::generate(ISSUER).expect("a key")
}

impl Demo {
    /// Starts a gateway on free ports whose configuration ends in these lines; with tokens for a citizen and for staff.
    ///
    /// `settings` begins within the table `listen`.
    pub(crate) fn serve(settings: &str) -> Self {
        Self::serve_in(TempDir::new().expect("a folder"), settings)
    }

    /// The same, with its files in `folder`.
    pub(crate) fn serve_in(folder: TempDir, settings: &str) -> Self {
        Self::serve_for(&issuer(), folder, settings)
    }

    /// The same, trusting this issuer.
    pub(crate) fn serve_for(issuer: &DevelopmentIssuer, folder: TempDir, settings: &str) -> Self {
        Self::serve_with(issuer, folder, settings, |_| ())
    }

    /// The same, with a say in how the process is started.
    pub(crate) fn serve_with(
        issuer: &DevelopmentIssuer,
        folder: TempDir,
        settings: &str,
        prepare: impl FnOnce(&mut Command),
    ) -> Self {
        let keys = folder.path().join("keys.json");
        std::fs::write(&keys, issuer.jwks().to_string()).expect("it can be written");
        let data = folder.path().join("data");
        let config = format!(
            "data_dir = {data:?}\n\
             [[identity.issuers]]\nissuer = \"{ISSUER}\"\naudience = [\"{AUDIENCE}\"]\nalgorithms = [\"ES256\"]\n\
             jwks = {{ file = {keys:?} }}\n\
             [gateway.backends]\nallowed_networks = [\"127.0.0.0/8\"]\n\
             [listen]\npublic = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n{settings}"
        );
        let file = folder.path().join("yimen.toml");
        std::fs::write(&file, config).expect("it can be written");
        let token = |subject: &str, roles: &[&str]| {
            let mut request = TokenRequest::new(subject, AUDIENCE, CHANNEL);
            request.roles = roles.iter().map(|role| (*role).to_owned()).collect();
            issuer.token(request, Timestamp::now()).expect("the key signs")
        };
        let tokens = json!({
            "citizen": token("citizen", &[]),
            "neighbour": token("neighbour", &[]),
            "operator": token("operator", &["operator"]),
            "reviewer": token("reviewer", &["reviewer"]),
        });
        let mut command = yimen(&["serve", "--config"]);
        command.arg(&file);
        prepare(&mut command);
        Self::launch(command, folder, |folder| {
            let log = std::fs::read_to_string(folder.join("log.txt")).ok()?;
            let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let mut ready = lines.into_iter().find(|line| line["message"] == "ready")?;
            ready["tokens"] = tokens.clone();
            Some(ready)
        })
    }

    /// Files and approves the channel that the tokens come through: calls to what is published afterwards are carried.
    pub(crate) async fn approve_channel(&self) {
        let filing =
            json!({"name": {"zh-CN": "测试渠道"}, "kind": "app", "owner": {"zh-CN": "测试主办单位"}});
        let file = json!({"id": CHANNEL, "filing": filing});
        self.post("/registry/v1/channels", self.token("operator")).json(&file).await.expect(201);
        let approval = format!("/registry/v1/channels/{CHANNEL}/approval");
        self.post(&approval, self.token("reviewer")).send().await.expect(200);
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join("log.txt")).unwrap_or_default()
    }
}
