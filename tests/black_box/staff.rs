//! The people who register and review, and what they do day by day.

use domain::ItemId;
use identity::{DevelopmentIssuer, TokenRequest};
use serde_json::{Value, json};

use crate::binary::{Demo, yimen};
use crate::client::{text, until};

/// The audience of the demo's tokens.
pub(crate) const AUDIENCE: &str = "yimen-demo";

/// A department and those who work there.
#[derive(Debug)]
pub(crate) struct Department {
    pub(crate) id: String,
    pub(crate) clerk: String,
    pub(crate) reviewer: String,
}

/// Content that passes every rule.
pub(crate) fn content(name: &str, region: &str) -> Value {
    json!({
        "name": {"zh-CN": name},
        "kind": "20",
        "audience": ["natural-person"],
        "level": 4,
        "regions": [region],
    })
}

/// The same with a backend.
pub(crate) fn callable(name: &str, region: &str, base_url: &str) -> Value {
    let mut content = content(name, region);
    content["backend"] = json!({"baseUrl": base_url});
    content
}

/// A segment of a path.
pub(crate) fn segment(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

impl Demo {
    /// A token from `yimen token`.
    pub(crate) fn mint(&self, arguments: &[&str]) -> String {
        let output = yimen(&["token", "--data-dir"]).arg(self.data_dir()).args(arguments).output();
        let output = output.expect("the binary starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The demo's own issuer, for tokens that `yimen token` would not mint.
    pub(crate) fn issuer(&self) -> DevelopmentIssuer {
        let state =
            std::fs::read_to_string(self.data_dir().join("demo.json")).expect("the demo keeps its ports");
        let state: Value = serde_json::from_str(&state).expect("it is JSON");
        let issuer = format!("http://127.0.0.1:{}", state["provider"]);
        let key = self.data_dir().join("development-issuer.pem");
        DevelopmentIssuer::load_or_generate(issuer, &key).expect("the demo keeps its key")
    }

    /// A token that the demo's issuer signed.
    pub(crate) fn sign(&self, request: TokenRequest) -> String {
        self.issuer().token(request, jiff::Timestamp::now()).expect("the key signs")
    }

    /// Enrols a department under a name and mints tokens for its staff.
    pub(crate) async fn enrol(&self, name: &str, region: &str) -> Department {
        let body =
            json!({"code": {"scheme": "local", "value": name}, "name": {"zh-CN": name}, "region": region});
        self.post("/registry/v1/departments", self.token("operator")).json(&body).await.expect(201);
        let id = format!("local:{name}");
        let clerk = self.mint(&["--role", "clerk", "--department", &id]);
        let reviewer = self.mint(&["--role", "department-reviewer", "--department", &id]);
        Department { id, clerk, reviewer }
    }

    /// Drafts an item; its identifier.
    pub(crate) async fn draft(&self, department: &Department, local_code: &str, content: &Value) -> ItemId {
        let body = json!({"localCode": local_code, "content": content});
        let drafted = self.post("/registry/v1/items", &department.clerk).json(&body).await.expect(201);
        text(&drafted["id"]).parse().expect("an item's identifier")
    }

    /// Submits a draft; the position.
    pub(crate) async fn submit(&self, department: &Department, item: ItemId) -> String {
        self.post(&format!("/registry/v1/items/{item}/submissions"), &department.clerk)
            .send()
            .await
            .position()
    }

    /// An item as an operator sees it at a position.
    pub(crate) async fn item(&self, item: ItemId, position: &str) -> Value {
        let path = format!("/registry/v1/items/{item}");
        self.get(&path).bearer(self.token("operator")).at(position).send().await.expect(200)
    }

    /// The body of an approval of what is under review at a position.
    pub(crate) async fn approval(&self, item: ItemId, position: &str) -> Value {
        let proposal = &self.item(item, position).await["proposal"];
        json!({"decision": "approve", "revision": proposal["revision"], "contentHash": proposal["contentHash"]})
    }

    /// Approves what is under review at a position; the new position.
    pub(crate) async fn approve(&self, item: ItemId, position: &str, token: &str) -> String {
        let approval = self.approval(item, position).await;
        self.post(&format!("/registry/v1/items/{item}/reviews"), token).json(&approval).await.position()
    }

    /// Takes a draft all the way to the public; the position of its publication.
    pub(crate) async fn publish(&self, department: &Department, item: ItemId) -> String {
        let submitted = self.submit(department, item).await;
        let passed = self.approve(item, &submitted, &department.reviewer).await;
        self.approve(item, &passed, self.token("reviewer")).await;
        self.post(&format!("/registry/v1/items/{item}/publication"), &department.clerk)
            .send()
            .await
            .position()
    }

    /// Drafts, reviews and publishes, and waits for the curator; the item and its entry.
    pub(crate) async fn offer(
        &self,
        department: &Department,
        local_code: &str,
        content: &Value,
    ) -> (ItemId, String) {
        let item = self.draft(department, local_code, content).await;
        let published = self.publish(department, item).await;
        (item, self.entry_of(item, &published).await)
    }

    /// The entry in which the curator places an item that was published at a position.
    pub(crate) async fn entry_of(&self, item: ItemId, position: &str) -> String {
        until("the curator places the item", async || {
            self.item(item, position).await["placement"]["entry"].as_str().map(str::to_owned)
        })
        .await
    }

    /// Imports an item as an operator, of a department that is named after it, and waits until it can be called; its entry.
    pub(crate) async fn adopt(&self, content: &Value) -> String {
        let department = json!({"name": content["name"], "region": "330106"});
        let row = json!({"line": 1, "department": department, "localCode": "1", "content": content});
        let batch = json!({"source": "black-box", "rows": [row]});
        let report =
            self.post("/operations/v1/imports", self.token("operator")).json(&batch).await.expect(200);
        assert_eq!(report["rows"][0]["outcome"], "created", "{report}");
        let item = text(&report["rows"][0]["item"]).parse().expect("an item's identifier");
        until("the item can be read", async || {
            let read =
                self.get(&format!("/registry/v1/items/{item}")).bearer(self.token("operator")).send().await;
            (read.status == 200).then_some(())
        })
        .await;
        let head = self.get("/operations/v1/status").bearer(self.token("operator")).send().await.expect(200);
        let entry = self.entry_of(item, text(&head["head"])).await;
        until("the gateway has heard of it", async || {
            // Without a token, so that no department hears of it.
            (self.get(&format!("/call/{entry}/x")).send().await.status == 401).then_some(())
        })
        .await;
        entry
    }

    /// A call through the gateway, as the demo's citizen.
    pub(crate) fn call(&self, entry: &str, path: &str) -> crate::client::Ask {
        self.get(&format!("/call/{entry}{path}")).bearer(self.token("citizen"))
    }
}
