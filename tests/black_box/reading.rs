//! What readers of the catalogue are given, and spared.

use std::collections::BTreeSet;

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::binary::Demo;
use crate::city::quiet;
use crate::client::{Answer, ask, list, text};

const ENTRIES: &str = "/catalogue/v1/entries";

/// The address of the next part (RFC 8288), if there is one.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let target = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""));
    Some(target.unwrap_or_else(|| panic!("a link: {link}")).to_owned())
}

/// Every element of a list, part by part.
async fn walk(demo: &Demo, first: &str) -> Vec<Value> {
    let (mut found, mut path) = (Vec::new(), Some(first.to_owned()));
    while let Some(part) = path {
        let answer = demo.get(&part).send().await;
        let page = answer.expect(200);
        path = next(&answer);
        assert_eq!(page["next"].is_string(), path.is_some(), "the link and the body say the same");
        found.extend(list(&page["items"]).iter().cloned());
    }
    found
}

fn ids(entries: &[Value]) -> BTreeSet<String> {
    entries.iter().map(|entry| text(&entry["id"]).to_owned()).collect()
}

#[tokio::test]
async fn cursors_walk_every_list_exactly_once() {
    let demo = quiet();
    let auditor = demo.get("/operations/v1/status").bearer(demo.token("auditor")).send().await.expect(200);
    let entries = walk(demo, &format!("{ENTRIES}?limit=7")).await;
    assert_eq!(ids(&entries).len(), entries.len(), "none comes twice");
    assert_eq!(json!(entries.len()), auditor["counts"]["liveEntries"]);
    assert_eq!(
        ids(&walk(demo, &format!("{ENTRIES}?limit=200")).await),
        ids(&entries),
        "whatever the size of a part"
    );
    let searched = walk(demo, &format!("{ENTRIES}?limit=3&q=%E7%99%BB%E8%AE%B0")).await;
    assert_eq!(ids(&searched).len(), searched.len());
    assert!(searched.len() > 3, "more than one part: {}", searched.len());
}

#[tokio::test]
async fn filters_hold_of_one_offering() {
    let demo = quiet();
    let all = walk(demo, &format!("{ENTRIES}?limit=200")).await;
    for (filter, field) in [("kind=01", "kind"), ("kind=20", "kind")] {
        let found = walk(demo, &format!("{ENTRIES}?limit=200&{filter}")).await;
        assert!(!found.is_empty() && found.len() < all.len(), "{filter}");
        assert!(found.iter().all(|entry| filter.ends_with(text(&entry[field]))), "{filter}");
    }
    let xihu = "uscc:11330106YMDEM01192";
    let of_xihu = walk(demo, &format!("{ENTRIES}?limit=200&department={xihu}")).await;
    assert!(!of_xihu.is_empty());
    let departments =
        |entry: &Value| list(&entry["departments"]).iter().any(|department| department["id"] == xihu);
    assert!(of_xihu.iter().all(departments));
    assert_eq!(of_xihu.len(), all.iter().filter(|entry| departments(entry)).count());
    // What the city offers is there for a district's people, and what another district offers is not.
    let in_xihu = walk(demo, &format!("{ENTRIES}?limit=200&region=330106")).await;
    let reaches = |entry: &Value| {
        list(&entry["regions"])
            .iter()
            .any(|region| ["330106", "330100", "330000", "000000"].contains(&text(&region["code"])))
    };
    assert_eq!(ids(&in_xihu), ids(&all.iter().filter(|entry| reaches(entry)).cloned().collect::<Vec<_>>()));
    let for_people = walk(demo, &format!("{ENTRIES}?limit=200&audience=natural-person&channel=h5")).await;
    assert!(!for_people.is_empty() && for_people.len() < all.len());
    let unknown = demo.get(&format!("{ENTRIES}?department=local:nobody")).send().await.expect(200);
    assert_eq!((&unknown["items"], &unknown["next"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn search_and_suggestions_take_chinese_english_and_pinyin() {
    let demo = quiet();
    for (path, query, name) in [
        (ENTRIES, "食品经营", "食品经营许可核发"),
        (ENTRIES, "food business licence", "食品经营许可核发"),
        (ENTRIES, "spjyxk", "食品经营许可核发"),
        ("/catalogue/v1/suggest", "食品经", "食品经营许可核发"),
        ("/catalogue/v1/suggest", "spjy", "食品经营许可核发"),
        ("/catalogue/v1/suggest", "shipin", "食品经营许可核发"),
    ] {
        let found = demo.get(path).query(&[("q", query)]).send().await.expect(200);
        let names: Vec<_> =
            list(&found["items"]).iter().map(|entry| text(&entry["name"]).to_owned()).collect();
        assert!(names.iter().any(|found| found == name), "{query}: {names:?}");
    }
    let nothing = demo.get(ENTRIES).query(&[("q", "量子纠缠咖啡")]).send().await.expect(200);
    assert!(list(&nothing["items"]).len() < 3, "{nothing}");
    let english =
        demo.get(ENTRIES).query(&[("q", "食品经营许可核发")]).header("accept-language", "en").send().await;
    assert_eq!(english.expect(200)["items"][0]["name"], "Food business licence: first issue");
}

#[tokio::test]
async fn who_has_it_already_gets_a_304() {
    let demo = quiet();
    let entry =
        text(&demo.get(&format!("{ENTRIES}?limit=1")).send().await.expect(200)["items"][0]["id"]).to_owned();
    for path in [
        format!("{ENTRIES}/{entry}"),
        format!("{ENTRIES}?limit=5"),
        "/catalogue/v1/changes?limit=5".to_owned(),
    ] {
        let first = demo.get(&path).send().await;
        first.expect(200);
        let tag = first.header("etag").expect("an entity tag").to_owned();
        assert!(tag.starts_with('"'), "strong: {tag}");
        let again = demo.get(&path).header("if-none-match", &tag).send().await;
        assert_eq!(
            (again.status, again.body.len(), again.header("etag")),
            (304, 0, Some(tag.as_str())),
            "{path}"
        );
        assert_eq!(demo.get(&path).header("if-none-match", "\"other\"").send().await.status, 200);
        let head = demo.ask(Method::HEAD, &path).send().await;
        assert_eq!((head.status, head.body.len(), head.header("etag")), (200, 0, Some(tag.as_str())));
    }
}

#[tokio::test]
async fn answers_are_compressed_as_the_client_can_read_them() {
    let demo = quiet();
    let path = format!("{ENTRIES}?limit=50");
    let plain = demo.get(&path).send().await;
    assert_eq!(plain.header("content-encoding"), None);
    for coding in ["gzip", "br", "zstd"] {
        let answer = demo.get(&path).header("accept-encoding", coding).send().await;
        assert_eq!(answer.header("content-encoding"), Some(coding));
        assert!(answer.body.len() < plain.body.len() / 2, "{coding}: {}", answer.body.len());
        let mut decoded = Vec::new();
        match coding {
            "gzip" => GzipDecoder::new(&answer.body[..]).read_to_end(&mut decoded).await,
            "br" => BrotliDecoder::new(&answer.body[..]).read_to_end(&mut decoded).await,
            _ => ZstdDecoder::new(&answer.body[..]).read_to_end(&mut decoded).await,
        }
        .expect("it decodes");
        assert!(decoded == plain.body, "{coding} holds the same");
    }
    let varies = plain
        .headers
        .get_all("vary")
        .iter()
        .any(|vary| vary.as_bytes().eq_ignore_ascii_case(b"accept-encoding"));
    assert!(varies, "{:?}", plain.headers);
}

#[tokio::test]
async fn the_change_feed_can_be_followed_from_its_beginning() {
    let demo = quiet();
    let entries = ids(&walk(demo, &format!("{ENTRIES}?limit=200")).await);
    let (mut seen, mut since) = (BTreeSet::new(), None::<String>);
    loop {
        let page = demo.get("/catalogue/v1/changes?limit=50");
        let page = if let Some(since) = &since { page.query(&[("since", since)]) } else { page };
        let page = page.send().await.expect(200);
        for change in list(&page["items"]) {
            assert_eq!(change["type"], "upserted");
            assert!(seen.insert(text(&change["id"]).to_owned()), "an entry comes once");
        }
        since = Some(text(&page["next"]).to_owned());
        if page["more"] == json!(false) {
            break;
        }
    }
    assert_eq!(seen, entries);
    let quiet = demo
        .get("/catalogue/v1/changes")
        .query(&[("since", &since.expect("a token"))])
        .send()
        .await
        .expect(200);
    assert_eq!(quiet["items"], json!([]));
    let nil = "00000000000000000000000000000007.00000000000000ff";
    assert_eq!(
        demo.get(&format!("/catalogue/v1/changes?since={nil}")).send().await.problem(410),
        "resync-required"
    );
}

#[tokio::test]
async fn the_documents_are_served_and_shown_without_leaving_the_host() {
    let demo = quiet();
    for name in ["catalogue", "registry", "operations"] {
        let document = demo.get(&format!("/openapi/{name}.json")).send().await.expect(200);
        assert_eq!(document["openapi"], "3.1.0", "{name}");
    }
    let index = demo.get("/docs/").send().await;
    assert_eq!(index.status, 200);
    let policy = index.header("content-security-policy").expect("the browser is told to stay");
    assert!(policy.contains("default-src 'self'") && !policy.contains("http"), "{policy}");
    let mut pages = vec![("/docs/".to_owned(), index.text())];
    for asset in attributes(&index.text()) {
        assert!(!asset.contains("//"), "{asset} is on another host");
        let path = format!("/docs/{}", asset.trim_start_matches("./"));
        let answer = demo.get(&path).send().await;
        assert_eq!(answer.status, 200, "{path}");
        pages.push((path, answer.text()));
    }
    assert!(pages.len() > 4, "scripts and styles come with it");
    for (path, page) in &pages {
        for loads in [
            "@import",
            "url(http",
            "url(//",
            "url(\"http",
            "src=\"http",
            "fetch(\"http",
            "importScripts(\"http",
        ] {
            assert!(!page.contains(loads), "{path}: {loads}");
        }
    }
    let start = demo.get("/docs/swagger-initializer.js").send().await.text();
    assert!(start.contains("/openapi/catalogue.json") && !start.contains("://"), "{start}");
    // Its default is a badge that another host draws.
    assert!(start.contains("\"validatorUrl\": \"none\""), "{start}");
}

/// The values of `src` and `href`.
fn attributes(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["src=\"", "href=\""] {
        found.extend(html.split(name).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    }
    found
}

#[tokio::test]
async fn the_admin_listener_tells_operators_how_it_is() {
    let demo = quiet();
    let get = async |path: &str| ask(Method::GET, &demo.admin_url(path)).send().await;
    assert_eq!(get("/healthz").await.status, 200);
    assert_eq!(get("/readyz").await.expect(200)["ready"], true);
    demo.call("0d6f3c1e-0000-5000-8000-000000000001", "/x").send().await.problem(404);
    let metrics = get("/metrics").await;
    assert!(metrics.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")));
    let counted = metrics
        .text()
        .lines()
        .any(|line| line.starts_with("yimen_calls_total{") && line.contains("unknown-entry"));
    assert!(counted, "{}", metrics.text());
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(demo.get(path).send().await.problem(404), "not-found", "not on the public listener");
    }
    for path in ["/catalogue/v1/entries", "/operations/v1/status", "/call/x/y"] {
        assert_eq!(get(path).await.status, 404, "not on the admin listener");
    }
}
