//! What operations answer and take besides their own content, said once for all documents.

use std::collections::BTreeMap;

use utoipa::openapi::header::Header;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses};

/// Header fields of a command that makes something or acts on it.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes header fields that the terms of a command read")]
pub(crate) struct CommandHeaders {
    /// A key of the client's choice for this one request. Sent again with the same request, it is answered again and
    /// not carried out again; with another request it is refused.
    #[param(
        rename = "Idempotency-Key",
        nullable = false,
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]([ -~]*[!-~])?$"
    )]
    key: Option<String>,
    /// The revision that was read, in quotes, as `ETag` gave it: refused if there is a newer one.
    #[param(
        rename = "If-Match",
        nullable = false,
        max_length = 64,
        pattern = "^([*]|(W/)?\"[^\",\\s]*\")$",
        example = "\"3\""
    )]
    condition: Option<String>,
}

/// Header fields of a command that replaces something.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes header fields that the terms of a command read")]
pub(crate) struct ReplacementHeaders {
    /// A key of the client's choice for this one request.
    #[param(
        rename = "Idempotency-Key",
        nullable = false,
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]([ -~]*[!-~])?$"
    )]
    key: Option<String>,
    /// The revision that is replaced, in quotes, as `ETag` gave it: refused if there is a newer one.
    #[param(rename = "If-Match", max_length = 64, pattern = "^(W/)?\"[^\",\\s]*\"$", example = "\"3\"")]
    condition: String,
}

/// Header fields of a read.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes header fields that extractors read")]
pub(crate) struct ReadHeaders {
    /// The position that a write gave: the answer then shows that write.
    #[param(rename = "Yimen-Position", nullable = false, max_length = 16, pattern = "^[0-9a-f]{16}$")]
    position: Option<String>,
    /// The entity tag of what the client has: 304 if that is still so.
    #[param(rename = "If-None-Match", nullable = false, max_length = 4096)]
    known: Option<String>,
}

/// The header field of a question that is sent by POST.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header field that an extractor reads")]
pub(crate) struct PositionHeaders {
    /// The position that a write gave: the answer then takes account of that write.
    #[param(rename = "Yimen-Position", nullable = false, max_length = 16, pattern = "^[0-9a-f]{16}$")]
    position: Option<String>,
}

/// The header field of a read that may find nothing new, where no position is waited for.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header field that a representation reads")]
pub(crate) struct TagHeaders {
    /// The entity tag of what the client has: 304 if that is still so.
    #[param(rename = "If-None-Match", nullable = false, max_length = 4096)]
    known: Option<String>,
}

/// The header field with the reader's languages.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header field that an extractor reads")]
pub(crate) struct LanguageHeaders {
    /// The reader's languages (RFC 9110); Chinese where absent.
    #[param(rename = "Accept-Language", nullable = false, max_length = 1024, example = "zh-CN")]
    languages: Option<String>,
}

macro_rules! response_sets {
    ($($(#[$doc:meta])* $name:ident = [$($status:literal),*];)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                problems(&[$($status),*])
            }
        }
    )*};
}

response_sets! {
    /// What can go wrong with a command.
    CommandProblems = [400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 422, 500, 503];
    /// What can go wrong with a command that needs `If-Match`.
    ReplacementProblems = [400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 422, 428, 500, 503];
    /// What can go wrong when staff read.
    ReadProblems = [400, 401, 403, 404, 405, 500, 503];
    /// What can go wrong with a batch.
    ImportProblems = [400, 401, 403, 405, 408, 413, 415, 422, 500, 503];
    /// What can go wrong when the log is verified.
    VerificationProblems = [400, 401, 403, 405, 408, 413, 415, 422, 500, 503];
    /// What can go wrong with a question that is sent by POST.
    PreviewProblems = [400, 401, 403, 405, 408, 413, 415, 422, 500, 503];
    /// What can go wrong when anybody reads.
    PublicProblems = [400, 405, 500, 503];
    /// What can go wrong when anybody reads an entry.
    EntryProblems = [400, 404, 405, 410, 500, 503];
    /// What can go wrong when anybody follows the changes.
    FollowProblems = [400, 405, 410, 500, 503];
}

/// A command was carried out.
#[derive(Debug)]
pub(crate) struct Done;

impl IntoResponses for Done {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        BTreeMap::from([("200".to_owned(), receipt("Carried out.", &RECEIPT_HEADERS))])
    }
}

/// A command brought something into being.
#[derive(Debug)]
pub(crate) struct Created;

impl IntoResponses for Created {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut headers = vec![("Location", "Where it is.", "^/")];
        headers.extend(RECEIPT_HEADERS);
        BTreeMap::from([("201".to_owned(), receipt("Carried out; there is something new.", &headers))])
    }
}

/// An entry is part of another one now, or replaced by it.
#[derive(Debug)]
pub(crate) struct Moved;

impl IntoResponses for Moved {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let response = ResponseBuilder::new()
            .description("It is now part of another entry, or replaced by it.")
            .header("Location", header("That entry.", "^/"));
        BTreeMap::from([("308".to_owned(), response.build().into())])
    }
}

/// The client has what it asked for already.
#[derive(Debug)]
pub(crate) struct Unchanged;

impl IntoResponses for Unchanged {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let response = ResponseBuilder::new()
            .description("The client has this already.")
            .header("ETag", header("The entity tag.", ENTITY_TAG));
        BTreeMap::from([("304".to_owned(), response.build().into())])
    }
}

/// A strong entity tag, as ours are.
const ENTITY_TAG: &str = "^\"[0-9a-f-]+\"$";

/// Header fields of a receipt: name, description, pattern.
const RECEIPT_HEADERS: [(&str, &str, &str); 3] = [
    ("ETag", "The revision in quotes, for If-Match.", "^\"[0-9]+\"$"),
    ("Yimen-Position", "A read that sends it back sees this change.", "^[0-9a-f]{16}$"),
    ("Idempotent-Replayed", "`true` if the request had been carried out before.", "^true$"),
];

fn receipt(description: &str, headers: &[(&str, &str, &str)]) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Receipt"))).build();
    let mut response = ResponseBuilder::new().description(description).content("application/json", content);
    for (name, description, pattern) in headers {
        response = response.header(*name, header(description, pattern));
    }
    response.build().into()
}

fn header(description: &str, pattern: &str) -> Header {
    let schema =
        ObjectBuilder::new().schema_type(Type::String).max_length(Some(2048)).pattern(Some(pattern)).build();
    let mut header = Header::new(schema);
    header.description = Some(description.to_owned());
    header
}

/// References to the document's shared problem responses.
fn problems(statuses: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    statuses
        .iter()
        .map(|status| (status.to_string(), Ref::from_response_name(format!("Problem{status}")).into()))
        .collect()
}

/// The shared problem responses of every document, by name.
pub(crate) fn shared_problems() -> impl Iterator<Item = (String, Response)> {
    const DESCRIPTIONS: [(u16, &str); 15] = [
        (
            400,
            "The request can't be read: malformed JSON, an unknown or malformed parameter or header field.",
        ),
        (401, "No good credential was sent."),
        (403, "The role, the department or the four-eyes rule does not allow it."),
        (404, "There is no such resource."),
        (405, "The resource does not know this method; Allow names those that it knows."),
        (408, "The body did not arrive in time."),
        (409, "Where the resource stands, this can't be done; the type says why."),
        (410, "It is not there any more."),
        (412, "The resource has changed since it was read."),
        (413, "The body is too large."),
        (415, "The body is not JSON."),
        (422, "The content breaks rules, or the Idempotency-Key was used for another request."),
        (428, "If-Match is missing."),
        (500, "Something went wrong here; the trace id finds it in the log."),
        (
            503,
            "The event log, the read model or an issuer's keys are not available; Retry-After says when to try again.",
        ),
    ];
    DESCRIPTIONS.into_iter().map(|(status, description)| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDetails"))).build();
        let mut response =
            ResponseBuilder::new().description(description).content("application/problem+json", content);
        let fields: &[(&str, &str, &str)] = match status {
            401 => &[("WWW-Authenticate", "What is wrong with the credential (RFC 6750).", "^Bearer")],
            405 => &[("Allow", "The methods that the resource knows.", "^[A-Z, ]+$")],
            503 => &[("Retry-After", "Seconds until it is worth trying again.", "^[0-9]+$")],
            _ => &[],
        };
        for (name, description, pattern) in fields {
            response = response.header(*name, header(description, pattern));
        }
        (format!("Problem{status}"), response.build())
    })
}
