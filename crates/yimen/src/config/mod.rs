//! Configuration: a TOML file, under environment variables, under flags. Secrets come from files only.

mod event_log;
mod layers;
mod settings;
mod show;
mod suggestion;
mod traces;
mod usage;

use std::path::Path;

use serde_path_to_error::Segment;
use toml::Value;

pub use self::event_log::EventLog;
use self::layers::{ENVIRONMENT_PREFIX, Layers, Source};
pub use self::settings::{Config, Identity, Integrity, Listen, Log, LogFormat, Matching};
pub use self::suggestion::nearest;
pub use self::traces::Traces;
pub use self::usage::Usage;
use crate::cli::ConfigSource;
use crate::failure::Failure;

/// A configuration, and where each of its settings comes from.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    layers: Layers,
}

impl Loaded {
    /// Every setting with its source, as TOML with comments.
    pub fn show(&self) -> Result<String, Failure> {
        show::effective(&self.config, &self.layers)
    }
}

/// Reads the configuration that the command line asks for.
pub fn load(
    source: &ConfigSource,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Loaded, Failure> {
    let mut layers = Layers::default();
    if let Some(path) = &source.config {
        add_file(&mut layers, path)?;
    }
    layers.add_environment(environment);
    for (flag, key, value) in [
        ("--public", "listen.public", source.public.map(|address| address.to_string())),
        ("--admin", "listen.admin", source.admin.map(|address| address.to_string())),
        ("--data-dir", "data_dir", source.data_dir.as_ref().map(|path| path.to_string_lossy().into_owned())),
    ] {
        if let Some(value) = value {
            layers.add_flag(flag, key, Value::String(value));
        }
    }
    for setting in &source.set {
        let (key, value) = setting.split_once('=').ok_or_else(|| {
            Failure::usage(format!("--set {setting}: write KEY=VALUE, for example policy.notice_days=60"))
        })?;
        layers.add_flag("--set", key.trim(), layers::loose_value(value));
    }
    read(layers).map_err(Failure::config)
}

fn add_file(layers: &mut Layers, path: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::config(format!("the configuration {} can't be read: {error}", path.display()))
    })?;
    layers.add_file(path, &text).map_err(Failure::config)
}

fn read(layers: Layers) -> Result<Loaded, String> {
    let config: Config = serde_path_to_error::deserialize(Value::Table(layers.table.clone()))
        .map_err(|error| explain(&error, &layers))?;
    config.check()?;
    Ok(Loaded { config, layers })
}

/// Where the wrong setting is, who set it, and what was probably meant.
fn explain(error: &serde_path_to_error::Error<toml::de::Error>, layers: &Layers) -> String {
    let message = error.inner().message();
    let mut path = error.path().to_string();
    if let Some(field) = suggestion::missing_field(message) {
        return missing(&if path == "." { field.to_owned() } else { format!("{path}.{field}") });
    }
    let Some((found, known)) = suggestion::unknown_field(message) else {
        let place = if path == "." { String::new() } else { format!("{path}: ") };
        return match layers.source(&path) {
            Source::Default => format!("{place}{message}"),
            source @ (Source::File(_) | Source::Environment(_) | Source::Flag(_)) => {
                format!("{place}{message} (from {source})")
            }
        };
    };
    let ends_in_it = matches!(error.path().iter().next_back(), Some(Segment::Map { key }) if key == found);
    if !ends_in_it {
        path = if path == "." { found.to_owned() } else { format!("{path}.{found}") };
    }
    let parent = path.strip_suffix(found).unwrap_or_default();
    let hint = match suggestion::nearest(found, known.iter().copied()) {
        Some(name) => format!("did you mean {parent}{name}?"),
        None => format!("known here: {}", known.join(", ")),
    };
    format!("unknown setting {path} (from {}); {hint}", layers.source(&path))
}

/// What to do about a setting that has to be there.
fn missing(path: &str) -> String {
    let flag = if path == "data_dir" { "--data-dir DIR, " } else { "" };
    // A variable holds an array as a whole.
    let whole = path.split('[').next().unwrap_or(path);
    let variable = format!("{ENVIRONMENT_PREFIX}{}", whole.replace('.', "__").to_ascii_uppercase());
    format!(
        "the setting {path} is missing: give it with {flag}the variable {variable}, or in the file that --config FILE \
         names (yimen.example.toml shows one)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../yimen.example.toml");
    const MINIMAL: &str = r#"
        data_dir = "/var/lib/yimen"
        [[identity.issuers]]
        issuer = "https://id.example"
        audience = ["yimen"]
        algorithms = ["ES256"]
        jwks = { url = "https://id.example/jwks.json" }
    "#;

    fn layered(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Loaded, String> {
        let mut layers = Layers::default();
        layers.add_file(Path::new("yimen.toml"), file)?;
        layers.add_environment(environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        for (key, value) in flags {
            layers.add_flag("--set", key, layers::loose_value(value));
        }
        read(layers)
    }

    #[test]
    fn the_example_file_is_valid_and_says_the_defaults() {
        let example = layered(EXAMPLE, &[], &[]).expect("the example is valid").config;
        let minimal = layered(MINIMAL, &[], &[]).expect("the minimal file is valid").config;
        assert_eq!(
            example.listen,
            Listen { public_url: example.listen.public_url.clone(), ..minimal.listen }
        );
        assert_eq!(example.policy, minimal.policy);
        assert_eq!(example.log, minimal.log);
        assert_eq!(example.event_log, minimal.event_log);
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let file = format!("{MINIMAL}\n[policy]\nnotice_days = 10");
        let days = |environment: &[(&str, &str)], flags: &[(&str, &str)]| {
            let loaded = layered(&file, environment, flags).expect("valid");
            (loaded.config.policy.notice_days, loaded.layers.source("policy.notice_days").to_string())
        };
        let variable = ("YIMEN_POLICY__NOTICE_DAYS", "20");
        assert_eq!(days(&[], &[]), (10, "yimen.toml".to_owned()));
        assert_eq!(days(&[variable], &[]), (20, "environment YIMEN_POLICY__NOTICE_DAYS".to_owned()));
        assert_eq!(days(&[variable], &[("policy.notice_days", "30")]), (30, "flag --set".to_owned()));
    }

    #[test]
    fn a_variable_may_bring_a_whole_array() {
        let issuers = r#"[{ issuer = "https://other.example", audience = ["a"], algorithms = ["ES256"], jwks = { file = "/k" } }]"#;
        let loaded = layered(MINIMAL, &[("YIMEN_IDENTITY__ISSUERS", issuers)], &[]).expect("valid");
        assert_eq!(loaded.config.identity.issuers[0].issuer, "https://other.example");
    }

    #[test]
    fn unknown_settings_are_refused_with_path_source_and_the_nearest_known() {
        for (file, environment, parts) in [
            ("lisen = 1", None, ["lisen (from yimen.toml)", "did you mean listen?"]),
            (
                "[policy]\nnotice_day = 1",
                None,
                ["policy.notice_day (from yimen.toml)", "did you mean policy.notice_days?"],
            ),
            (
                "",
                Some("YIMEN_LISTEN__PUBLIK"),
                ["listen.publik (from environment YIMEN_LISTEN__PUBLIK)", "listen.public?"],
            ),
            ("[log]\nqqqq = 1", None, ["log.qqqq", "known here: format, filter"]),
        ] {
            let variables: Vec<_> = environment.into_iter().map(|name| (name, "x")).collect();
            let file = format!("{file}\n{MINIMAL}");
            let (first, rest) = file.split_once('\n').unwrap_or_default();
            // Top-level keys must come before the tables of the minimal file, tables after its keys.
            let file = if first.starts_with('[') {
                format!("{MINIMAL}\n{}", file.replace(MINIMAL, ""))
            } else {
                format!("{first}\n{rest}")
            };
            let error = layered(&file, &variables, &[]).expect_err("unknown");
            for part in parts {
                assert!(error.contains(part), "{error} lacks {part}");
            }
        }
    }

    #[test]
    fn a_wrong_value_names_the_setting_and_its_source() {
        let error = layered(MINIMAL, &[("YIMEN_LISTEN__PUBLIC", "nowhere")], &[]).expect_err("no address");
        assert!(error.starts_with("listen.public: "), "{error}");
        assert!(error.ends_with("(from environment YIMEN_LISTEN__PUBLIC)"), "{error}");
        let error = layered(MINIMAL, &[], &[("listen.header_timeout", "0s")]).expect_err("no time");
        assert_eq!(error, "listen.header_timeout must be more than zero");
        assert!(layered("data_dir = \n", &[], &[]).expect_err("no value").starts_with("yimen.toml, line 1"));
    }

    #[test]
    fn only_known_issuers_can_speak_for_staff() {
        let setting = ("identity.staff_issuers", "[\"https://id.exampl\"]");
        let error = layered(MINIMAL, &[], &[setting]).expect_err("no such issuer");
        assert_eq!(
            error,
            "identity.staff_issuers: there is no issuer https://id.exampl; did you mean https://id.example?"
        );
        let loaded = layered(MINIMAL, &[], &[("identity.staff_issuers", "[\"https://id.example\"]")]);
        assert!(loaded.expect("valid").config.identity.staff_verifier().is_some());
        assert!(layered(MINIMAL, &[], &[]).expect("valid").config.identity.staff_verifier().is_none());
    }

    #[test]
    fn what_is_missing_is_named() {
        for (file, parts) in [
            ("", ["data_dir is missing", "--data-dir DIR", "YIMEN_DATA_DIR", "--config FILE"].as_slice()),
            ("data_dir = \"d\"", &["identity is missing", "YIMEN_IDENTITY,", "--config FILE"]),
            (
                "data_dir = \"d\"\n[[identity.issuers]]\nissuer = \"i\"",
                &["identity.issuers[0].audience is missing", "YIMEN_IDENTITY__ISSUERS,"],
            ),
        ] {
            let error = layered(file, &[], &[]).expect_err("something is missing");
            for part in parts {
                assert!(error.contains(part), "{error} lacks {part}");
            }
        }
    }

    #[test]
    fn listeners_and_the_public_address_have_to_make_sense() {
        let with = |settings: &[(&str, &str)]| layered(MINIMAL, &[], settings).map(drop);
        for (public, admin, fine) in [
            ("[::]:8080", "[::]:8080", false),
            ("[::]:8080", "127.0.0.1:8080", false),
            ("127.0.0.1:8080", "0.0.0.0:8080", false),
            ("127.0.0.1:8080", "127.0.0.2:8080", true),
            ("0.0.0.0:8080", "[::1]:8080", true),
            ("[::]:8080", "[::]:9090", true),
            ("127.0.0.1:0", "127.0.0.1:0", true),
        ] {
            let outcome = with(&[("listen.public", public), ("listen.admin", admin)]);
            assert_eq!(outcome.is_ok(), fine, "{public} and {admin}: {outcome:?}");
        }
        for (url, fine) in [
            ("https://yimen.example/door", true),
            ("https://yimen.example/?a=b", false),
            ("https://yimen.example/#a", false),
            ("ftp://yimen.example", false),
        ] {
            assert_eq!(with(&[("listen.public_url", url)]).is_ok(), fine, "{url}");
        }
    }

    #[test]
    fn bounds_of_clients_have_to_make_sense() {
        for (key, value, fine) in [
            ("listen.max_fields", "5", false),
            ("listen.max_fields", "200", true),
            ("listen.max_head_bytes", "1000000", false),
            ("listen.max_target_bytes", "100", false),
            ("listen.max_streams", "0", false),
            ("listen.max_connections_per_client", "0", false),
            ("listen.idle_timeout", "0s", false),
            ("listen.stall_timeout", "0s", false),
            ("gateway.trusted_proxies", "[\"10.0.0.0/8\", \"::1\"]", true),
            ("gateway.trusted_proxies", "[\"balancer\"]", false),
            ("gateway.rate_limits.per_caller", "{ calls = 10, within = \"1m\" }", true),
            ("gateway.rate_limits.per_caller", "{ calls = 0, within = \"1m\" }", false),
            ("gateway.rate_limits.per_channel", "{ calls = 10, within = \"0s\" }", false),
        ] {
            let outcome = layered(MINIMAL, &[], &[(key, value)]).map(drop);
            assert_eq!(outcome.is_ok(), fine, "{key} = {value}: {outcome:?}");
        }
    }

    #[test]
    fn a_certificate_has_to_be_there() {
        let tls = "[listen.tls]\ncertificate_file = \"/nowhere/c.pem\"\nkey_file = \"/nowhere/k.pem\"\n";
        let config = layered(&format!("{MINIMAL}{tls}"), &[], &[]).expect("the settings are right").config;
        let error = config.check_files().expect_err("there is no such file");
        assert!(error.starts_with("listen.tls: /nowhere/c.pem can't be read"), "{error}");
    }

    #[test]
    fn a_file_of_keys_has_to_be_there() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("jwks.json");
        let text =
            MINIMAL.replace("{ url = \"https://id.example/jwks.json\" }", &format!("{{ file = {file:?} }}"));
        let config = layered(&text, &[], &[]).expect("the settings are right").config;
        let error = config.check_files().expect_err("there is no such file");
        assert!(error.starts_with("identity.issuers[0].jwks: ") && error.contains("jwks.json"), "{error}");
        std::fs::write(&file, "{\"keys\": []}").expect("written");
        assert_eq!(config.check_files(), Ok(()));
    }

    #[test]
    fn show_names_the_source_of_every_setting() {
        let loaded = layered(MINIMAL, &[("YIMEN_LOG__FILTER", "debug")], &[("policy.notice_days", "7")])
            .expect("valid");
        let shown = loaded.show().expect("it can be shown");
        for line in [
            "data_dir = \"/var/lib/yimen\"  # yimen.toml",
            "filter = \"debug\"  # environment YIMEN_LOG__FILTER",
            "notice_days = 7  # flag --set",
            "admin = \"[::]:9090\"  # default",
        ] {
            assert!(shown.contains(line), "{shown}\nlacks\n{line}");
        }
        assert!(layered(&shown, &[], &[]).is_ok(), "what is shown can be read again");
    }
}
