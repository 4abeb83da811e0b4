//! One row of a bulk migration: the same validation as everywhere, and the same answer when it is repeated.

use domain::department::{DepartmentCommand, DepartmentRejection};
use domain::{
    Actor, Department, DepartmentId, Division, Item, ItemCommand, ItemContent, ItemEvent, ItemId, LocalCode,
    LocalizedText, OrganisationCode, Policy, Violation,
};
use event_store::{Digest, Envelope, EventStore, ExecuteError, Executed, execute, load};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::json;
use crate::problem::{Problem, listed, violation};

/// What an import says once for all its rows.
#[derive(Debug, Clone, Copy)]
pub struct ImportSource<'a> {
    /// The log.
    pub store: &'a dyn EventStore,
    /// The city's rules.
    pub policy: &'a Policy,
    /// The operator whose act it is.
    pub actor: &'a Actor,
    /// Where the rows come from, for example the file's name; stays in the events.
    pub name: &'a str,
    /// The present moment.
    pub now: Timestamp,
    /// The W3C trace id of the request, if there is one.
    pub trace_id: Option<&'a str>,
}

/// A row: an item that another system had already reviewed, and the department that owns it.
///
/// Its parts are taken as they come, so that whatever is wrong with one row is said of that row.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportRow {
    /// The line in the source, from 1; comes back with the outcome.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    pub line: u64,
    /// The owner.
    #[schema(value_type = ImportDepartment)]
    pub department: Value,
    /// The owner's own code for the item.
    #[schema(min_length = 1, max_length = 128, pattern = r"\S")]
    pub local_code: String,
    /// What is said about the item.
    #[schema(value_type = ItemContent)]
    pub content: Value,
}

/// The owner of an imported item; enrolled if it is not known yet.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct ImportDepartment {
    /// Its organisation code; made of its name (scheme `local`) where the source has none.
    pub code: Option<OrganisationCode>,
    /// Its name.
    pub name: LocalizedText,
    /// The division that it serves.
    pub region: Division,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum ImportOutcome {
    /// The item is new, and public.
    Created {
        /// The item.
        item: ItemId,
    },
    /// The item has newer content, and it is public.
    Updated {
        /// The item.
        item: ItemId,
    },
    /// The item is there with the same content.
    Unchanged {
        /// The item.
        item: ItemId,
    },
    /// The row breaks rules; nothing was written for it.
    Refused {
        /// Which, with pointers into the row.
        #[schema(max_items = 1000)]
        errors: Vec<Violation>,
    },
}

/// A row that was read.
#[derive(Debug)]
struct Read {
    department: DepartmentId,
    enrolment: DepartmentCommand,
    local_code: LocalCode,
    content: Box<ItemContent>,
}

/// Carries one row out. Repeating it changes nothing.
///
/// # Errors
/// A failure that is not the row's: the log is unavailable, or the actor is no operator. Rows before it stay.
pub async fn import_row(source: &ImportSource<'_>, row: ImportRow) -> Result<ImportOutcome, Problem> {
    let read = match read(row) {
        Ok(read) => read,
        Err(errors) => return Ok(ImportOutcome::Refused { errors: listed(&errors) }),
    };
    if let Some(refused) = enrol(source, &read).await? {
        return Ok(refused);
    }
    let item = ItemId::new(&read.department, &read.local_code);
    let command = ItemCommand::Migrate {
        department: read.department,
        local_code: read.local_code,
        content: read.content,
        source: source.name.to_owned(),
    };
    match source.execute::<Item>(&item, &command).await {
        Ok(executed) => Ok(match executed.events.first() {
            None => ImportOutcome::Unchanged { item },
            Some(ItemEvent::Drafted { .. }) => ImportOutcome::Created { item },
            Some(_) => ImportOutcome::Updated { item },
        }),
        Err(error) => refused(Problem::from(error).under("/content")),
    }
}

/// Reads all parts, and says everything that is wrong with any.
fn read(row: ImportRow) -> Result<Read, Vec<Violation>> {
    let mut errors = Vec::new();
    let mut note = |problem: Problem, part: &str| errors.extend(problem.under(part).errors().iter().cloned());
    let department = json::read_value::<ImportDepartment>(row.department)
        .and_then(identified)
        .map_err(|problem| note(problem, "/department"));
    let local_code = row.local_code.parse::<LocalCode>().map_err(|error| {
        note(Problem::invalid_field("", "invalid", error.to_string()), "/localCode");
    });
    let content =
        json::read_value::<Box<ItemContent>>(row.content).map_err(|problem| note(problem, "/content"));
    match (department, local_code, content) {
        (Ok((department, enrolment)), Ok(local_code), Ok(content)) => {
            Ok(Read { department, enrolment, local_code, content })
        }
        (_, _, _) => Err(errors),
    }
}

fn identified(department: ImportDepartment) -> Result<(DepartmentId, DepartmentCommand), Problem> {
    let code = match department.code {
        Some(code) => code,
        None => OrganisationCode::new("local", department.name.default_text()).map_err(|error| {
            Problem::invalid_field("/name", "no-code", format!("there is no code, and {error}"))
        })?,
    };
    Ok((code.into(), DepartmentCommand::Enrol { name: department.name, region: department.region }))
}

/// Enrols the department if it is unknown; gives the outcome if it may not act.
async fn enrol(source: &ImportSource<'_>, read: &Read) -> Result<Option<ImportOutcome>, Problem> {
    let mut department = load::<Department>(source.store, &read.department).await?.state;
    if department == Department::Unknown {
        let command = (read.department.clone(), read.enrolment.clone());
        department = match source.execute::<Department>(&read.department, &command).await {
            Ok(executed) => executed.state,
            // Another row was faster, and named it otherwise: the first name stays.
            Err(ExecuteError::Rejected(DepartmentRejection::AlreadyEnrolled)) => {
                load::<Department>(source.store, &read.department).await?.state
            }
            Err(error) => return refused(Problem::from(error).under("/department")).map(Some),
        };
    }
    if department.is_active() {
        return Ok(None);
    }
    let error =
        violation("/department", "department-not-active", "the department is suspended or was succeeded");
    Ok(Some(ImportOutcome::Refused { errors: vec![error] }))
}

/// The outcome where the fault is the row's; the problem itself where it is not.
fn refused(problem: Problem) -> Result<ImportOutcome, Problem> {
    match problem.code().status().as_u16() {
        409 | 413 | 422 if problem.errors().is_empty() => Ok(ImportOutcome::Refused {
            errors: listed(&[violation("", problem.code().as_str(), problem.detail().to_owned())]),
        }),
        409 | 413 | 422 => Ok(ImportOutcome::Refused { errors: listed(problem.errors()) }),
        _ => Err(problem),
    }
}

impl ImportSource<'_> {
    /// Under an id of its own each time: the state, not the id, tells a repeated row.
    async fn execute<A: domain::Aggregate>(
        &self,
        id: &A::Id,
        command: &A::Command,
    ) -> Result<Executed<A>, ExecuteError<A::Rejection>> {
        let command_id = Uuid::new_v4();
        let envelope = Envelope {
            actor: self.actor,
            command_id,
            command_digest: Digest::of(command_id.as_bytes()),
            reason: None,
            trace_id: self.trace_id.map(str::to_owned),
            now: self.now,
            policy: self.policy,
            expected: None,
        };
        execute::<A>(self.store, id, command, &envelope).await
    }
}
