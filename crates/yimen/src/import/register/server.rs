//! Rows to a running gateway, in batches.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Answer, Handed, Outcome, Row};
use crate::failure::{Failure, reasons};

/// How long a batch may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often a batch is sent before the import is given up; a batch can be repeated without harm.
const ATTEMPTS: u32 = 5;
/// The pause before the second attempt; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest text of an answer that is shown.
const SHOWN: usize = 300;

/// A running gateway.
pub struct Server {
    client: Client,
    url: Url,
    token: String,
    source: String,
}

/// What the gateway says of a batch.
#[derive(Debug, Deserialize)]
struct Answers {
    rows: Vec<AnswerOf>,
}

#[derive(Debug, Deserialize)]
struct AnswerOf {
    line: u64,
    #[serde(flatten)]
    answer: Answer,
}

/// How an attempt failed.
enum Attempt {
    /// It may go better the next time.
    Passing(String),
    /// It won't.
    Final(String),
}

impl Server {
    pub(super) fn new(server: &Url, token: &str, source: &str) -> Result<Self, Failure> {
        let url = format!("{}/operations/v1/imports", server.as_str().trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|error| Failure::usage(format!("--server {server}: {error}")))?;
        // The token goes where the operator says and nowhere else.
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(|error| Failure::because("the HTTP client can't be set up", &error))?;
        Ok(Self { client, url, token: token.to_owned(), source: source.to_owned() })
    }

    pub(super) async fn take(&self, rows: Vec<Row>) -> Result<Vec<Outcome>, Failure> {
        let wire: Vec<Value> = rows.iter().map(wire).collect();
        let body = json!({ "source": self.source, "rows": wire });
        let answers = self.send(&body).await?;
        let fits = answers.len() == rows.len()
            && answers.iter().zip(&rows).all(|(answer, row)| answer.line == row.line);
        if !fits {
            return Err(Failure::new(format!("{} answers for other rows than it was sent", self.url)));
        }
        let handed = rows.into_iter().map(|Row { line, document, local_code, .. }| Handed {
            line,
            document,
            local_code,
        });
        Ok(handed.zip(answers).map(|(handed, answer)| answer.answer.about(handed)).collect())
    }

    async fn send(&self, body: &Value) -> Result<Vec<AnswerOf>, Failure> {
        let mut pause = FIRST_PAUSE;
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            let request = self.client.post(self.url.clone()).bearer_auth(&self.token).json(body);
            match send_once(request).await {
                Ok(answers) => return Ok(answers.rows),
                Err(Attempt::Passing(_)) if left > 0 => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Err(Attempt::Passing(reason) | Attempt::Final(reason)) => {
                    return Err(Failure::new(format!("{} doesn't take the rows: {reason}", self.url)));
                }
            }
        }
    }
}

async fn send_once(request: RequestBuilder) -> Result<Answers, Attempt> {
    let response = request.send().await.map_err(|error| Attempt::Passing(reasons(&error.without_url())))?;
    let status = response.status();
    let text = response.text().await.map_err(|error| Attempt::Passing(reasons(&error.without_url())))?;
    if status == StatusCode::OK {
        return serde_json::from_str(&text)
            .map_err(|error| Attempt::Final(format!("its answer can't be read: {error}")));
    }
    let reason = format!("{status}: {}", explanation(&text));
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        Err(Attempt::Passing(reason))
    } else {
        Err(Attempt::Final(reason))
    }
}

/// The detail of a problem (RFC 9457), else the beginning of whatever came.
fn explanation(text: &str) -> String {
    let problem: Option<Value> = serde_json::from_str(text).ok();
    let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str()).unwrap_or(text);
    detail.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

fn wire(row: &Row) -> Value {
    let (department, content) = (row.department(), &row.content);
    json!({ "line": row.line, "department": department, "localCode": row.local_code, "content": content })
}

/// The token is a secret.
impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("url", &self.url.as_str())
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
