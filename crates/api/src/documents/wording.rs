//! What a document says beyond the types and the operations: its tags, and what follows from a format or a status.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, KnownFormat, ObjectBuilder, Type};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{Object, OpenApi, RefOr, Schema, SchemaFormat};

/// What each tag of the documents is about.
const TAGS: [(&str, &str); 13] = [
    ("changes", "What changed in the catalogue since a reader last asked."),
    ("channels", "渠道: the apps, mini-programs and sites that may call."),
    ("departments", "The departments that register items."),
    (
        "disclosures",
        "一证通办: which department may learn what of citizens, since when, and who approved it.",
    ),
    ("duplicate-cases", "重复事项: pairs of items that may be the same service."),
    ("entries", "办事入口: one entry for each service, whoever offers it."),
    ("imports", "Bulk migration of what another system had already reviewed."),
    ("items", "事项: what departments register, publish and retire."),
    ("log", "The event log and its verification."),
    ("reviews", "What waits for review, and the verdicts."),
    ("revocations", "Subjects and tokens that are refused, whatever their issuer says."),
    ("status", "How the system stands."),
    ("usage", "利用率: how often entries are called, and which are not."),
];

/// Defines the tags that the document's operations have.
pub(super) fn define_tags(document: &mut OpenApi) {
    let operations = document.paths.paths.values().flat_map(|item| [&item.get, &item.put, &item.post]);
    let used: BTreeSet<&str> = operations
        .flatten()
        .flat_map(|operation| operation.tags.iter().flatten())
        .map(String::as_str)
        .collect();
    let defined: Vec<Tag> = TAGS
        .into_iter()
        .filter(|(name, _)| used.contains(name))
        .map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build())
        .collect();
    document.tags = Some(defined);
}

/// Says which header fields come with an answer that may be a 304, and with a part of a list.
pub(super) fn name_fields_of_reads(document: &mut OpenApi) {
    for operation in document.paths.paths.values_mut().filter_map(|item| item.get.as_mut()) {
        let is_part = continues(operation);
        let responses = &mut operation.responses.responses;
        if !responses.contains_key("304") {
            continue;
        }
        if let Some(RefOr::T(response)) = responses.get_mut("200") {
            response.headers.insert(
                "ETag".to_owned(),
                field("The entity tag of this representation.", 128, "^\"[0-9a-f-]+\"$"),
            );
            if is_part {
                let description = "The next part (RFC 8288, `rel=\"next\"`); absent at the end.";
                response.headers.insert("Link".to_owned(), field(description, 65535, "^<.*>; rel=\"next\"$"));
            }
        }
    }
}

/// Whether the operation answers with a part of a list, which another request goes on with.
fn continues(operation: &Operation) -> bool {
    let places = ["after", "cursor", "since"];
    operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => places.contains(&parameter.name.as_str()),
        RefOr::Ref(_) => false,
    })
}

fn field(description: &str, most: usize, pattern: &str) -> RefOr<Header> {
    let mut header = Header::new(
        ObjectBuilder::new().schema_type(Type::String).max_length(Some(most)).pattern(Some(pattern)).build(),
    );
    header.description = Some(description.to_owned());
    RefOr::T(header)
}

/// Gives every schema the length that its format has anyway.
pub(super) fn bound_formats(document: &mut OpenApi) {
    let schemas = document.components.iter_mut().flat_map(|components| components.schemas.values_mut());
    schemas.for_each(bound_format);
}

fn bound_format(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => {
            if let Some(most) = object.format.as_ref().and_then(longest) {
                object.max_length = object.max_length.or(Some(most));
            }
            object.properties.values_mut().for_each(bound_format);
            if let Some(AdditionalProperties::RefOr(value)) = object.additional_properties.as_deref_mut() {
                bound_format(value);
            }
        }
        Schema::Array(array) => match &mut array.items {
            ArrayItems::RefOrSchema(items) => bound_format(items),
            ArrayItems::False => {}
        },
        Schema::OneOf(composed) => composed.items.iter_mut().for_each(bound_format),
        Schema::AllOf(composed) => composed.items.iter_mut().for_each(bound_format),
        Schema::AnyOf(composed) => composed.items.iter_mut().for_each(bound_format),
        _ => {}
    }
}

/// The longest text of a format: a UUID, a day, or a time with nine fractional digits and an offset.
fn longest(format: &SchemaFormat) -> Option<usize> {
    match format {
        SchemaFormat::KnownFormat(KnownFormat::Uuid) => Some("00000000-0000-0000-0000-000000000000".len()),
        SchemaFormat::KnownFormat(KnownFormat::Date) => Some("2026-01-01".len()),
        SchemaFormat::KnownFormat(KnownFormat::DateTime) => Some("2026-01-01T00:00:00.000000000+08:00".len()),
        SchemaFormat::KnownFormat(_) | SchemaFormat::Custom(_) => None,
    }
}

/// Says of what is only ever sent to us that it has no other members: unknown ones are refused.
///
/// What we answer with stays open, so that it can grow.
pub(super) fn close_requests(document: &mut OpenApi) {
    let Ok(json) = serde_json::to_value(&*document) else { return };
    let operations = json["paths"].as_object().into_iter().flatten().flat_map(|(_, item)| item.as_object());
    let (mut sent, mut answered) = (BTreeSet::new(), BTreeSet::new());
    for operation in operations.flatten().map(|(_, operation)| operation) {
        reach(&operation["requestBody"], &json, &mut sent);
        reach(&operation["responses"], &json, &mut answered);
    }
    let Some(components) = &mut document.components else { return };
    for name in sent.difference(&answered) {
        if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(name)
            && is_struct(object)
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

fn is_struct(object: &Object) -> bool {
    !object.properties.is_empty() && object.additional_properties.is_none()
}

/// Collects the names of all schemas that `value` leads to.
fn reach(value: &Value, document: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(target) = members.get("$ref").and_then(Value::as_str) {
                let pointer = target.trim_start_matches('#');
                let name = pointer.rsplit('/').next().unwrap_or_default();
                if found.insert(name.to_owned()) {
                    reach(document.pointer(pointer).unwrap_or(&Value::Null), document, found);
                }
            }
            members.values().for_each(|value| reach(value, document, found));
        }
        Value::Array(elements) => elements.iter().for_each(|value| reach(value, document, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
