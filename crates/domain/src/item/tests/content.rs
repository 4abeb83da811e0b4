//! What is wrong with content, field by field, and its hash.

use serde_json::{Value, json};

use super::*;

/// What is wrong with the smallest content when these members are added or replaced, as `pointer code`.
fn wrong(members: Value) -> Vec<String> {
    let mut changed = serde_json::to_value(content()).expect("serialisable");
    let Value::Object(members) = members else { panic!("members are an object") };
    changed.as_object_mut().expect("an object").extend(members);
    let changed: ItemContent = serde_json::from_value(changed).expect("well formed");
    changed.check().into_iter().map(|violation| format!("{} {}", violation.pointer, violation.code)).collect()
}

#[test]
fn the_smallest_content_is_fine() {
    assert_eq!(wrong(json!({})), [""; 0]);
}

#[test]
fn it_has_a_name_an_audience_and_a_region() {
    let nothing = json!({ "name": {}, "audience": [], "regions": [] });
    assert_eq!(wrong(nothing), ["/name required", "/audience required", "/regions required"]);
}

#[test]
fn texts_are_bounded() {
    for (pointer, members) in [
        ("/name/zh-CN", json!({ "name": { "zh-CN": "名".repeat(201) } })),
        ("/summary/zh-CN", json!({ "summary": { "zh-CN": "述".repeat(2001) } })),
        ("/legalBasis/0/zh-CN", json!({ "legalBasis": [{ "zh-CN": "法".repeat(2001) }] })),
        ("/steps/0/zh-CN", json!({ "steps": [{ "zh-CN": "步".repeat(2001) }] })),
        ("/materials/0/name/zh-CN", json!({ "materials": [{ "name": { "zh-CN": "材".repeat(501) } }] })),
        ("/fees/zh-CN", json!({ "fees": { "zh-CN": "费".repeat(2001) } })),
        ("/office/address/zh-CN", json!({ "office": { "address": { "zh-CN": "址".repeat(501) } } })),
        ("/office/hours/zh-CN", json!({ "office": { "hours": { "zh-CN": "时".repeat(501) } } })),
        ("/office/phone", json!({ "office": { "phone": "0".repeat(65) } })),
        ("/complaint/zh-CN", json!({ "complaint": { "zh-CN": "诉".repeat(501) } })),
        ("/keywords", json!({ "keywords": ["词".repeat(65)] })),
        (
            "/entryPoints/0/target",
            json!({ "entryPoints": [{ "channel": "h5", "target": format!("https://{}", "x".repeat(2041)) }] }),
        ),
    ] {
        assert_eq!(wrong(members), [format!("{pointer} too-long")]);
    }
}

#[test]
fn lists_are_bounded() {
    let codes: Vec<_> = (0..17).map(|n| json!({ "scheme": "local", "value": n.to_string() })).collect();
    let regions: Vec<_> = (0..1001).map(|n| format!("{}", 330_106_001 + n)).collect();
    let words: Vec<_> = (0..101).map(|n| n.to_string()).collect();
    let target = json!({ "channel": "h5", "target": "https://example.gov.cn/" });
    for (pointer, members) in [
        ("/regions", json!({ "regions": regions })),
        ("/codes", json!({ "codes": codes })),
        ("/legalBasis", json!({ "legalBasis": vec![json!({ "zh-CN": "法" }); 101] })),
        ("/steps", json!({ "steps": vec![json!({ "zh-CN": "步" }); 101] })),
        ("/materials", json!({ "materials": vec![json!({ "name": { "zh-CN": "材" } }); 201] })),
        ("/keywords", json!({ "keywords": words })),
        ("/entryPoints", json!({ "entryPoints": vec![target; 33] })),
    ] {
        assert_eq!(wrong(members), [format!("{pointer} too-many")]);
    }
}

#[test]
fn blanks_say_nothing() {
    assert_eq!(wrong(json!({ "keywords": [" "] })), ["/keywords blank"]);
    let point = json!({ "entryPoints": [{ "channel": "window", "target": " " }] });
    assert_eq!(wrong(point), ["/entryPoints/0/target blank"]);
}

#[test]
fn a_code_is_given_once() {
    let code = json!({ "scheme": "cn-basic", "value": "442199806003" });
    assert_eq!(wrong(json!({ "codes": [code, code] })), ["/codes/1 repeated"]);
}

#[test]
fn the_promise_keeps_within_the_law() {
    let limits = json!({ "timeLimits": { "promisedDays": 21, "legalDays": 20 } });
    assert_eq!(wrong(limits), ["/timeLimits/promisedDays out-of-range"]);
    let limits = json!({ "timeLimits": { "legalDays": 1001 } });
    assert_eq!(wrong(limits), ["/timeLimits/legalDays out-of-range"]);
}

#[test]
fn a_backend_is_a_plain_url_with_reasonable_limits() {
    let backend = json!({ "backend": {
        "baseUrl": "https://user@example.gov.cn/",
        "healthPath": "health",
        "timeouts": { "connectMs": 0, "idleMs": 600_001 },
    } });
    assert_eq!(
        wrong(backend),
        [
            "/backend/baseUrl url",
            "/backend/healthPath path",
            "/backend/timeouts/connectMs out-of-range",
            "/backend/timeouts/idleMs out-of-range",
        ]
    );
}

#[test]
fn access_names_claims_once_and_each_with_its_purpose() {
    let access = json!({ "access": {
        "assurance": "",
        "scopes": ["a b"],
        "claims": [{ "claim": "name", "purpose": {} }, { "claim": "name", "purpose": { "zh-CN": "核对" } }],
    } });
    assert_eq!(
        wrong(access),
        [
            "/access/assurance token",
            "/access/scopes token",
            "/access/claims/0/purpose required",
            "/access/claims/1/claim repeated",
        ]
    );
}

#[test]
fn the_backends_document_is_an_object() {
    for document in [json!([]), json!("3.1.0"), json!(3.1)] {
        assert_eq!(wrong(json!({ "openapi": document })), ["/openapi object"]);
    }
}

#[test]
fn the_whole_is_bounded() {
    assert_eq!(wrong(json!({ "openapi": { "info": "x".repeat(512 * 1024) } })), [" too-large"]);
}

#[test]
fn other_content_has_another_hash() {
    assert_ne!(content().hash(), other_content().hash());
    assert_eq!(content().hash(), content().hash());
}

#[test]
fn the_order_of_the_documents_members_does_not_matter_to_the_hash() {
    let with_document = |document: &str| ItemContent {
        openapi: Some(serde_json::from_str(document).expect("JSON")),
        ..content()
    };
    let hash = with_document(r#"{"a": {"x": 1, "y": 2}, "b": 3}"#).hash();
    assert_eq!(hash, with_document(r#"{"b": 3, "a": {"y": 2, "x": 1}}"#).hash());
    assert_ne!(hash, with_document(r#"{"a": {"x": 2, "y": 1}, "b": 3}"#).hash());
}
