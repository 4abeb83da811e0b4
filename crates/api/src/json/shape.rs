//! Which fields a type knows at a place, by its own schema.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// The known field most like the last of `tokens`, at the same place.
pub(super) fn nearest_field<T: ToSchema>(tokens: &[String]) -> Option<String> {
    let (unknown, place) = tokens.split_last()?;
    let shape = Shape::of::<T>();
    let mut at = vec![&shape.root];
    for token in place {
        at = at.into_iter().flat_map(|schema| shape.below(schema, token)).collect();
    }
    let known = at.into_iter().flat_map(|schema| shape.fields(schema));
    crate::nearest::nearest(unknown, known).map(str::to_owned)
}

/// A type's schema with those that it refers to, as JSON.
struct Shape {
    root: Value,
    components: BTreeMap<String, Value>,
}

impl Shape {
    fn of<T: ToSchema>() -> Self {
        let mut schemas = Vec::new();
        T::schemas(&mut schemas);
        let components = schemas
            .into_iter()
            .map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default()));
        Self { root: serde_json::to_value(T::schema()).unwrap_or_default(), components: components.collect() }
    }

    /// The schema itself, or what it refers to, and all that it is composed of.
    fn resolved<'s>(&'s self, schema: &'s Value) -> Vec<&'s Value> {
        let target =
            schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next());
        let schema = target.and_then(|name| self.components.get(name)).unwrap_or(schema);
        let parts = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
        let mut all = vec![schema];
        // One level is all that our types have; going on would have to guard against loops.
        all.extend(parts.flatten().map(|part| {
            let name =
                part.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next());
            name.and_then(|name| self.components.get(name)).unwrap_or(part)
        }));
        all
    }

    fn below<'s>(&'s self, schema: &'s Value, token: &str) -> Vec<&'s Value> {
        let inner = |schema: &'s Value| {
            schema.get("properties").and_then(|fields| fields.get(token)).or_else(|| schema.get("items"))
        };
        self.resolved(schema).into_iter().filter_map(inner).collect()
    }

    fn fields<'s>(&'s self, schema: &'s Value) -> Vec<&'s str> {
        let fields = |schema: &'s Value| schema.get("properties").and_then(Value::as_object);
        self.resolved(schema)
            .into_iter()
            .filter_map(fields)
            .flat_map(|fields| fields.keys().map(String::as_str))
            .collect()
    }
}
