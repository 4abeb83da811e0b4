//! The applications that a department has received, kept until there are many.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// The largest application, in bytes.
pub(super) const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Applications that are remembered; older ones are forgotten.
const KEPT: usize = 1000;

/// The applications of one department.
#[derive(Debug)]
pub(super) struct Applications {
    prefix: String,
    filed: Mutex<Filed>,
}

#[derive(Debug, Default)]
struct Filed {
    count: u64,
    latest: VecDeque<Application>,
}

/// An application.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Application {
    /// Its number.
    pub(super) number: String,
    /// The item that was applied for.
    item: String,
    /// Where it stands.
    status: &'static str,
    /// The applicant's name, where the department may know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    applicant: Option<String>,
    /// What was sent.
    #[serde(skip_serializing_if = "Value::is_null")]
    form: Value,
    /// When.
    filed_at: Timestamp,
    /// The applicant's pseudonym at this department.
    #[serde(skip)]
    subject: String,
}

impl Applications {
    pub(super) fn new(department: &str) -> Self {
        Self { prefix: department.to_ascii_uppercase(), filed: Mutex::default() }
    }

    /// Takes an application.
    pub(super) fn file(
        &self,
        item: &str,
        subject: &str,
        applicant: Option<&str>,
        form: Value,
    ) -> Application {
        let mut filed = self.filed.lock().unwrap_or_else(PoisonError::into_inner);
        filed.count += 1;
        let application = Application {
            number: format!("{}-{:06}", self.prefix, filed.count),
            item: item.to_owned(),
            status: "accepted",
            applicant: applicant.map(str::to_owned),
            form,
            filed_at: Timestamp::now(),
            subject: subject.to_owned(),
        };
        filed.latest.push_back(application.clone());
        if filed.latest.len() > KEPT {
            filed.latest.pop_front();
        }
        application
    }

    /// The application of that number, for whoever made it.
    pub(super) fn find(&self, number: &str, subject: Option<&str>) -> Option<Application> {
        let filed = self.filed.lock().unwrap_or_else(PoisonError::into_inner);
        filed
            .latest
            .iter()
            .find(|found| found.number == number && Some(found.subject.as_str()) == subject)
            .cloned()
    }
}
