//! The events' schemas as JSON Schema documents, for everybody who reads the log with other tools.

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::{Aggregate, CallCount, Channel, Department, DuplicateCase, Entry, Item, Placement, Revocation};

/// One JSON Schema document (draft 2020-12) per aggregate, with the name of its file.
///
/// Each describes `{"type": …, "data": …}` for every event of the aggregate's stream, as it is written now.
pub fn event_documents() -> Vec<(String, Value)> {
    vec![
        document::<Department>("Events of a department's stream"),
        document::<Item>("Events of a service item's stream"),
        document::<Placement>("Events of the stream that says which entry an item belongs to"),
        document::<Entry>("Events of a catalogue entry's stream"),
        document::<DuplicateCase>("Events of a duplicate case's stream"),
        document::<Channel>("Events of a channel's stream"),
        document::<CallCount>("Events of a batch of call counts"),
        document::<Revocation>("Events of a revocation's stream"),
    ]
}

fn document<A: Aggregate<Event: ToSchema>>(title: &str) -> (String, Value) {
    let category = A::CATEGORY;
    let mut parts = Vec::new();
    A::Event::schemas(&mut parts);
    parts.sort_by(|(a, _), (b, _)| a.cmp(b));
    parts.dedup_by(|(a, _), (b, _)| a == b);
    let definitions: Map<String, Value> =
        parts.into_iter().map(|(name, schema)| (name, standing_alone(json!(schema)))).collect();
    let mut document = Map::new();
    document.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    document.insert("$id".to_owned(), json!(format!("urn:yimen:schema:event:{category}:v1")));
    document.insert("title".to_owned(), json!(title));
    document.insert(
        "description".to_owned(),
        json!("The name and the data of one event. Readers pass over members that they do not know."),
    );
    if let Value::Object(event) = standing_alone(json!(A::Event::schema())) {
        document.extend(event.into_iter().filter(|(keyword, _)| keyword != "description"));
    }
    document.insert("$defs".to_owned(), Value::Object(definitions));
    (format!("{category}.v1.json"), Value::Object(document))
}

/// The same schema, with references into its own document instead of an OpenAPI document's components.
fn standing_alone(mut schema: Value) -> Value {
    redirect_references(&mut schema);
    schema
}

fn redirect_references(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get_mut("$ref") {
                *target = target.replace("#/components/schemas/", "#/$defs/");
            }
            members.iter_mut().for_each(|(_, value)| redirect_references(value));
        }
        Value::Array(elements) => elements.iter_mut().for_each(redirect_references),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
