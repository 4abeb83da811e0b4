//! Operations of OpenAPI 3 documents as rows: each operation is an item, each document a department.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use domain::code::LOCAL_SCHEME;
use serde_json::{Map, Value, json};
use url::Url;

use super::row::{Row, Rules};
use super::{Field, Record, Refusal, Rewrite};
use crate::failure::Failure;

/// The methods of a path item that are operations (OpenAPI 3.1, section 4.8.9).
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
/// The largest part of a document that is kept with an item, in bytes of JSON.
const MAX_KEPT_BYTES: usize = 64 * 1024;
/// The longest name that the register takes, in characters.
const MAX_NAME: usize = 200;

/// Where backends are.
#[derive(Debug, Clone, Default)]
pub struct Backends {
    /// Beginnings of addresses and what takes their place; the first that fits wins.
    pub rewrites: Vec<Rewrite>,
    /// Scheme and host of every backend.
    pub base: Option<Url>,
}

impl Backends {
    fn address(&self, server: &str) -> String {
        let server = server.trim_end_matches('/');
        if let Some(rewritten) = self.rewrites.iter().find_map(|rewrite| rewrite.apply(server)) {
            return rewritten;
        }
        let path = Url::parse(server).map(|url| url.path().trim_end_matches('/').to_owned());
        match &self.base {
            Some(base) => format!("{}{}", base.as_str().trim_end_matches('/'), path.unwrap_or_default()),
            None => server.to_owned(),
        }
    }
}

/// The documents at `path`: the file itself, or every `.json` file in the folder, by name.
pub fn documents(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| Failure::because(format_args!("{} can't be read", path.display()), &error);
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|extension| extension == "json") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// The operations of one document as rows, numbered from `first` on.
pub fn rows(file: &Path, first: u64, rules: &Rules, backends: &Backends) -> Vec<Result<Row, Refusal>> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let read = fs::read(file).map_err(|error| error.to_string());
    match read.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).map_err(|error| error.to_string())) {
        Ok(document) if document["paths"].is_object() => {
            Document { value: &document, stem, rules, backends }.rows(first)
        }
        Ok(_) => vec![Err(Refusal::of_row(first, "openapi", format!("{stem}: the document has no paths")))],
        Err(error) => vec![Err(Refusal::of_row(first, "json", format!("{stem}: {error}")))],
    }
}

struct Document<'a> {
    value: &'a Value,
    stem: String,
    rules: &'a Rules,
    backends: &'a Backends,
}

impl Document<'_> {
    fn rows(&self, first: u64) -> Vec<Result<Row, Refusal>> {
        let paths = self.value["paths"].as_object();
        let operations = paths.into_iter().flatten().flat_map(|(path, item)| {
            let methods = METHODS.iter().filter(|method| item[**method].is_object());
            methods.map(move |method| (path.as_str(), *method, &item[*method]))
        });
        (first..)
            .zip(operations)
            .map(|(line, (path, method, operation))| self.row(line, path, method, operation))
            .collect()
    }

    fn row(&self, line: u64, path: &str, method: &str, operation: &Value) -> Result<Row, Refusal> {
        let id = operation["operationId"].as_str();
        let local_code = id.map_or_else(|| format!("{} {path}", method.to_ascii_uppercase()), str::to_owned);
        let title = self.value["info"]["title"].as_str().unwrap_or(&self.stem);
        let service = self.value["info"]["x-serviceName"].as_str().unwrap_or(&self.stem);
        let server = self.value["servers"][0]["url"].as_str().unwrap_or_default();
        let name = operation["summary"]
            .as_str()
            .filter(|text| !text.trim().is_empty())
            .or(id)
            .unwrap_or(&local_code);

        let mut record = Record::new(line);
        record.set(Field::Id, &local_code);
        record.set(Field::Department, &shortened(title));
        record.set(Field::DepartmentCode, service);
        record.set(Field::Name, name);
        record.set(Field::Summary, operation["description"].as_str().unwrap_or_default());
        record.set(Field::Endpoint, &self.backends.address(server));
        let mut row = Row::new(&record, self.rules).map_err(|refusal| refusal.in_document(&self.stem))?;
        row.document = Some(self.stem.clone());
        if let Some(content) = row.content.as_object_mut() {
            content.insert("codes".to_owned(), json!(self.codes(id, server)));
            if let Some(kept) = self.slice(path, method, operation) {
                content.insert("openapi".to_owned(), kept);
            }
        }
        Ok(row)
    }

    /// The operation's id under the server's host: whoever describes the same API means the same service.
    fn codes(&self, id: Option<&str>, server: &str) -> Vec<Value> {
        let host = Url::parse(server).ok().and_then(|url| url.host_str().map(str::to_ascii_lowercase));
        let scheme = match self.rules.code_scheme.as_str() {
            LOCAL_SCHEME => host,
            named => Some(named.to_owned()),
        };
        let provider = || self.value["info"]["x-providerName"].as_str().map(str::to_ascii_lowercase);
        let scheme = scheme.or_else(provider).unwrap_or_else(|| LOCAL_SCHEME.to_owned());
        id.map(|id| json!({ "scheme": scheme, "value": id })).into_iter().collect()
    }

    /// A document of this operation alone, with the components that it refers to; none if it would be large.
    fn slice(&self, path: &str, method: &str, operation: &Value) -> Option<Value> {
        let mut item = json!({ method: operation });
        let shared = &self.value["paths"][path]["parameters"];
        if shared.is_array() {
            item["parameters"] = shared.clone();
        }
        let mut wanted = BTreeSet::new();
        references(&item, &mut wanted);
        let mut slice = json!({
            "openapi": self.value["openapi"],
            "info": { "title": self.value["info"]["title"], "version": self.value["info"]["version"] },
            "paths": { path: item },
        });
        let mut components = Map::new();
        let mut done = BTreeSet::new();
        while let Some((kind, name)) = wanted.pop_first() {
            let component = &self.value["components"][&kind][&name];
            if component.is_null() || !done.insert((kind.clone(), name.clone())) {
                continue;
            }
            references(component, &mut wanted);
            if let Some(of_kind) = components.entry(kind).or_insert_with(|| json!({})).as_object_mut() {
                of_kind.insert(name, component.clone());
            }
        }
        if !components.is_empty() {
            slice["components"] = Value::Object(components);
        }
        serde_json::to_vec(&slice).is_ok_and(|bytes| bytes.len() <= MAX_KEPT_BYTES).then_some(slice)
    }
}

/// The components that `value` refers to, by kind and name.
fn references(value: &Value, found: &mut BTreeSet<(String, String)>) {
    match value {
        Value::Object(members) => {
            let target = members.get("$ref").and_then(Value::as_str);
            if let Some((kind, name)) =
                target.and_then(|t| t.strip_prefix("#/components/")).and_then(|t| t.split_once('/'))
            {
                found.insert((kind.to_owned(), name.replace("~1", "/").replace("~0", "~")));
            }
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| references(element, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A title that fits a department's name; the longer text is in the document.
fn shortened(title: &str) -> String {
    title.chars().take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use domain::{ItemContent, LocalizedText};

    use super::*;

    const DOCUMENT: &str = r##"{
        "openapi": "3.0.0", "servers": [{"url": "https://apis.example/acko/v3/"}],
        "info": {"title": "Acko", "version": "1", "x-serviceName": "acko"},
        "paths": {
            "/cripc/certificate": {
                "parameters": [],
                "post": {"operationId": "cripc", "summary": "Insurance Policy - Car", "description": "Verifies it.",
                         "responses": {"400": {"$ref": "#/components/responses/Bad"}}},
                "get": {"responses": {}}
            }
        },
        "components": {"responses": {"Bad": {"content": {"x": {"schema": {"$ref": "#/components/schemas/E"}}}}, "Other": {}},
                       "schemas": {"E": {"properties": {"again": {"$ref": "#/components/schemas/E"}}}}}
    }"##;

    fn read(document: &str, backends: &Backends) -> Vec<Result<Row, Refusal>> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("stem.json");
        fs::write(&file, document).expect("written");
        rows(
            &file,
            5,
            &Rules { defaults: "".parse().expect("empty"), code_scheme: LOCAL_SCHEME.to_owned() },
            backends,
        )
    }

    #[test]
    fn each_operation_is_an_item_of_the_documents_department() {
        let found = read(DOCUMENT, &Backends::default());
        let rows: Vec<_> = found.into_iter().map(|row| row.expect("good")).collect();
        assert_eq!(
            rows.iter().map(|row| row.local_code.as_str()).collect::<Vec<_>>(),
            ["GET /cripc/certificate", "cripc"]
        );
        let row = &rows[1];
        assert_eq!((row.line, row.department_name.get("en")), (6, Some("Acko")));
        assert_eq!(row.department_code.as_ref().map(ToString::to_string).as_deref(), Some("local:acko"));
        let content: ItemContent = serde_json::from_value(row.content.clone()).expect("content");
        assert_eq!(content.check(), []);
        assert_eq!(content.name, LocalizedText::of("en", "Insurance Policy - Car"));
        assert_eq!(content.codes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["apis.example:cripc"]);
        assert_eq!(content.backend.expect("a backend").base_url, "https://apis.example/acko/v3");
        let kept = content.openapi.expect("it is small");
        assert!(kept["components"]["schemas"]["E"].is_object(), "what is referred to is there, at any depth");
        assert!(kept["components"]["responses"]["Other"].is_null(), "what isn't, is not");
    }

    #[test]
    fn hosts_can_be_sent_elsewhere() {
        let base = |backends: &Backends| {
            let row = read(DOCUMENT, backends).remove(0).expect("good");
            row.content["backend"]["baseUrl"].as_str().map(str::to_owned)
        };
        let rewrites = vec!["https://apis.example=http://127.0.0.1:9001".parse().expect("well formed")];
        let rewritten = Some("http://127.0.0.1:9001/acko/v3".to_owned());
        assert_eq!(base(&Backends { rewrites, base: None }), rewritten);
        let other = Url::parse("http://127.0.0.1:9001").ok();
        assert_eq!(base(&Backends { rewrites: Vec::new(), base: other }), rewritten);
    }

    #[test]
    fn what_is_no_document_is_refused_by_name() {
        for (document, code) in [("{", "json"), ("[]", "openapi"), ("{\"swagger\": \"2.0\"}", "openapi")] {
            let refusal = read(document, &Backends::default()).remove(0).expect_err("no document");
            assert_eq!((refusal.line, refusal.codes()), (5, vec![code]));
            assert!(refusal.errors[0].detail.starts_with("stem: "), "{refusal:?}");
        }
    }
}
