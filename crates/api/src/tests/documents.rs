//! The documents say what the router does.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::Value;

use super::house::House;
use crate::openapi_documents;

fn documents() -> Vec<(&'static str, Value)> {
    let to_json = |(name, document)| (name, serde_json::to_value(document).expect("a document is JSON"));
    openapi_documents().into_iter().map(to_json).collect()
}

fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().map(move |(method, op)| (path, method, op))
    })
}

#[test]
fn every_operation_has_a_name_a_tag_words_and_its_problems() {
    for (name, document) in documents() {
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["info"]["license"]["identifier"], "Apache-2.0");
        let mut names = BTreeSet::new();
        for (path, method, operation) in operations(&document) {
            let id = operation["operationId"].as_str().unwrap_or_default();
            assert!(names.insert(id.to_owned()), "{name}: {id} is there twice");
            assert!(path.starts_with(&format!("/{name}/v1/")), "{path}");
            assert!(operation["tags"][0].is_string(), "{method} {path} has no tag");
            assert!(
                operation["description"].is_string() && operation["summary"].is_string(),
                "{id} says nothing"
            );
            let responses = operation["responses"].as_object().expect("responses");
            for needed in ["400", "405", "500", "503"] {
                assert!(responses.contains_key(needed), "{id} lacks {needed}");
            }
        }
        assert!(!names.is_empty());
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str));
                object.values().for_each(|value| walk(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| walk(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    for (name, document) in documents() {
        let mut references = BTreeSet::new();
        walk(&document, &mut references);
        for reference in references {
            let pointer = reference.strip_prefix('#').expect("within the document");
            assert!(document.pointer(pointer).is_some(), "{name}: {reference} leads nowhere");
        }
    }
}

#[test]
fn every_document_names_its_server_and_defines_its_tags() {
    for (name, document) in documents() {
        assert_eq!(document["servers"][0]["url"], "/", "{name}");
        let defined: BTreeSet<_> = document["tags"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|tag| tag["name"].clone().to_string())
            .collect();
        let used: BTreeSet<_> =
            operations(&document).map(|(_, _, operation)| operation["tags"][0].to_string()).collect();
        assert_eq!(defined, used, "{name}");
        for tag in document["tags"].as_array().into_iter().flatten() {
            assert!(tag["description"].is_string(), "{name}: {tag} says nothing");
        }
    }
}

/// Every text, list and number that a schema allows, with its limit.
fn unlimited(
    schema: &Value,
    document: &Value,
    place: &str,
    seen: &mut BTreeSet<String>,
    found: &mut Vec<String>,
) {
    if !schema.is_object() {
        return;
    }
    if let Some(target) = schema["$ref"].as_str() {
        if seen.insert(target.to_owned()) {
            let target = document.pointer(target.trim_start_matches('#')).expect("it leads somewhere");
            unlimited(target, document, place, seen, found);
        }
        return;
    }
    let is = |name: &str| {
        schema["type"] == name
            || schema["type"].as_array().is_some_and(|types| types.iter().any(|t| t == name))
    };
    let limited = |limit: &str| schema[limit].is_u64();
    if is("string") && !limited("maxLength") && schema["enum"].is_null()
        || is("array") && !limited("maxItems")
        || is("integer") && !limited("maximum")
    {
        found.push(place.to_owned());
    }
    let mut below =
        |part: &Value, name: &str| unlimited(part, document, &format!("{place}/{name}"), seen, found);
    for (name, part) in schema["properties"].as_object().into_iter().flatten() {
        below(part, name);
    }
    for name in ["items", "additionalProperties", "propertyNames"] {
        below(&schema[name], name);
    }
    for composed in ["oneOf", "allOf", "anyOf"] {
        schema[composed].as_array().into_iter().flatten().for_each(|part| below(part, composed));
    }
}

#[test]
fn all_that_clients_send_and_get_has_a_limit() {
    for (name, document) in documents() {
        let mut found = Vec::new();
        for (_, _, operation) in operations(&document) {
            let id = operation["operationId"].as_str().unwrap_or_default();
            let mut look = |schema: &Value, place: &str| {
                unlimited(schema, &document, &format!("{id} {place}"), &mut BTreeSet::new(), &mut found);
            };
            look(&operation["requestBody"]["content"]["application/json"]["schema"], "request");
            look(&operation["responses"]["200"]["content"]["application/json"]["schema"], "response");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                look(&parameter["schema"], parameter["name"].as_str().unwrap_or_default());
            }
        }
        assert_eq!(found, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn what_is_only_sent_is_closed_and_what_is_answered_can_grow() {
    let documents = documents();
    let registry = documents.iter().find(|(name, _)| *name == "registry").map(|(_, document)| document);
    let schemas = &registry.expect("it is one of them")["components"]["schemas"];
    assert_eq!(schemas["Enrolment"]["additionalProperties"], false);
    assert!(schemas["DepartmentDocument"]["additionalProperties"].is_null());
    assert!(schemas["ItemContent"]["additionalProperties"].is_null(), "it is answered with, too");
}

#[tokio::test]
async fn documents_are_served_and_shown() {
    let house = House::open().await;
    for (name, document) in documents() {
        let served = house.get(&format!("/openapi/{name}.json")).send().await;
        assert_eq!(served.expect(StatusCode::OK), document);
    }
    let page = house.get("/docs/").send().await;
    assert_eq!(page.status, StatusCode::OK);
    let start = house.get("/docs/swagger-initializer.js").send().await;
    let start = String::from_utf8_lossy(&start.body).into_owned();
    for name in ["catalogue", "registry", "operations"] {
        assert!(start.contains(&format!("/openapi/{name}.json")), "{start}");
    }
    let catalog = house.get("/.well-known/api-catalog").send().await.expect(StatusCode::OK);
    assert_eq!(catalog["linkset"].as_array().map(Vec::len), Some(3));
}
