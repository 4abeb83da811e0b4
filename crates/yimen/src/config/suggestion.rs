//! What somebody probably meant who misspelt a name.

/// At least this alike (Jaro-Winkler, 0 to 1) to be worth suggesting.
const ALIKE: f64 = 0.75;

/// The known name that is most like `found`, if one is like it at all.
pub fn nearest<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&found.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

/// The field that serde did not know and those that it knows, from its message.
///
/// Serde hands both over as text only: "unknown field `x`, expected one of `a`, `b`".
pub fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (found, rest) = rest.split_once('`')?;
    Some((found, rest.split('`').skip(1).step_by(2).collect()))
}

/// The field that serde did not find, from its message: "missing field `x`".
pub fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_nonsense_is_not() {
        let known = ["listen", "data_dir", "policy"];
        assert_eq!(nearest("lisen", known), Some("listen"));
        assert_eq!(nearest("data-dir", known), Some("data_dir"));
        assert_eq!(nearest("zzz", known), None);
    }

    #[test]
    fn serdes_messages_are_understood() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Two {
            #[expect(dead_code, reason = "only the name counts")]
            one: u8,
            #[expect(dead_code, reason = "only the name counts")]
            two: u8,
        }
        let error = toml::from_str::<Two>("three = 3").expect_err("there is no such field");
        assert_eq!(unknown_field(error.message()), Some(("three", vec!["one", "two"])));
        let error = toml::from_str::<Two>("one = 1").expect_err("a field is missing");
        assert_eq!(missing_field(error.message()), Some("two"));
    }
}
