//! `yimen match`: a department checks a spreadsheet before it registers anything.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::{PATIENCE, root, yimen};
use crate::client::{list, text};
use crate::match_run::{lines, match_file, match_text, results};

const CSV: &[&str] = &["--format", "csv"];

/// One service in two districts and, in one of them, twice; with look-alikes around it.
const LIST: &str = "\
编号,部门,事项,基本编码,区划,主题词
1,西湖区市场监管局,食品经营许可核发,442199806003,330106,餐饮；食品
2,余杭区市场监管局,食品经营许可核发,442199806003,330110,餐饮、食品
3,西湖区市场监管局,食品经营许可注销,442199806009,330106,
4,西湖区市场监管局,食品经营许可（核发）,442199806003,330106,
5,西湖区民政局,结婚登记,,330106,
6,西湖区民政局,离婚登记,,330106,
";
const MAP: &[&str] =
    &["--map", "id=编号,department=部门,name=事项,basicCode=基本编码,region=区划,keywords=主题词"];

fn written(name: &str, bytes: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).expect("it can be written");
    (folder, file)
}

#[test]
fn one_service_is_found_and_look_alikes_are_never_the_same() {
    let (_folder, file) = written("items.csv", LIST);
    let found = results(&file, &[CSV, MAP, &["--floor", "0"]].concat());
    assert_eq!((found.matched.code, found.matched.stderr.as_str()), (Some(0), ""));
    let verdict = |a, b| found.pair(a, b).map(|pair| (text(&pair["verdict"]), text(&pair["relation"])));
    assert_eq!(verdict("1", "2"), Some(("same", "other-implementer")), "{:?}", found.pairs);
    assert_eq!(verdict("1", "4"), Some(("same", "duplicate")));
    for (a, b) in [("1", "3"), ("2", "3"), ("3", "4"), ("5", "6")] {
        assert!(verdict(a, b).is_none_or(|(verdict, _)| verdict != "same"), "{a} {b}");
    }
    let code = list(&found.pair("1", "2").expect("one service")["evidence"]).iter();
    assert!(code.clone().any(|evidence| evidence["feature"] == "code"), "the code is evidence");
    let clusters: Vec<_> = found.clusters.iter().map(|cluster| cluster["items"].clone()).collect();
    assert_eq!(clusters, [json!(["1", "2", "4"]), json!(["3"]), json!(["5"]), json!(["6"])]);
    assert_eq!(found.clusters[0]["name"], "食品经营许可核发");
}

#[test]
fn the_floor_chooses_pairs_and_leaves_clusters_alone() {
    let (_folder, file) = written("items.csv", LIST);
    let at = |floor: &str| results(&file, &[CSV, MAP, &["--floor", floor]].concat());
    let all = at("0");
    let score = |pair: &Value| pair["score"].as_f64().expect("a number");
    let middle = score(&all.pairs[0]);
    for floor in [0.5, middle, 1.0] {
        let some = at(&floor.to_string());
        let expected: Vec<_> = all.pairs.iter().filter(|pair| score(pair) >= floor).cloned().collect();
        assert_eq!(some.pairs, expected, "at {floor}");
        assert_eq!(some.clusters, all.clusters, "at {floor}");
    }
    assert_eq!(results(&file, &[CSV, MAP].concat()).pairs, at("0.5").pairs, "0.5 unless it is said");
    for floor in ["-0.1", "1.5", "NaN", "half"] {
        let refused = match_file(&file, &["--format", "csv", &format!("--floor={floor}")]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(64), ""));
        assert!(refused.stderr.contains("from 0 to 1"), "{}", refused.stderr);
    }
}

#[test]
fn json_lines_say_the_same_as_a_spreadsheet() {
    let (_folder, file) = written("items.csv", format!("\u{feff}{}", LIST.replace('\n', "\r\n")));
    let from_csv = results(&file, &[CSV, MAP].concat());
    let mut objects = String::new();
    for row in LIST.lines().skip(1) {
        let cells: Vec<_> = row.split(',').collect();
        let words: Vec<_> = cells[5].split(['；', '、']).collect();
        let object = json!({
            "id": cells[0], "department": {"name": cells[1]}, "name": cells[2], "basicCode": cells[3],
            "region": cells[4], "keywords": words, "level": null,
        });
        let _ = writeln!(objects, "{object}");
    }
    let (_folder, file) = written("items.jsonl", objects);
    let from_json = results(&file, &["--format", "jsonl", "--map", "department=department.name"]);
    assert_eq!((from_json.pairs, from_json.clusters), (from_csv.pairs, from_csv.clusters));
}

#[test]
fn a_summary_is_for_people_and_stays_out_of_the_data() {
    let summary = match_text(LIST.as_bytes(), &[CSV, MAP].concat());
    assert_eq!(summary.code, Some(0), "{}", summary.stderr);
    for part in [
        "共 6 行",
        "6 rows: 6 matched, 0 refused",
        "召回上限 recall   100.0 %",
        "相同 same",
        "重复 duplicate 1",
        "第 2 行 line 2",
        "编码",
        "code",
    ] {
        assert!(summary.stdout.contains(part), "{part} is not in\n{}", summary.stdout);
    }
    for (flag, count) in [("--pairs", 3), ("--clusters", 4)] {
        let piped = match_text(LIST.as_bytes(), &[CSV, MAP, &["--floor", "0.9", flag, "-"]].concat());
        let objects: Result<Vec<Value>, _> = piped.stdout.lines().map(serde_json::from_str).collect();
        assert_eq!(objects.expect("JSON alone").len(), count, "{flag}: {}", piped.stdout);
        assert!(piped.stderr.contains("共 6 行"), "{}", piped.stderr);
    }
    let hostile = "id,name\n1,甲\u{1b}]0;x\u{7}乙\u{202e}\n2,甲\u{1b}]0;x\u{7}乙\u{202e}\n";
    let shown = match_text(hostile.as_bytes(), &[CSV, &["--floor", "0"]].concat());
    assert!(shown.stdout.contains("甲"), "{}", shown.stdout);
    assert!(!shown.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']), "a name may not steer the terminal");
}

#[test]
fn rows_that_can_not_be_matched_are_said_and_the_others_are_matched() {
    let mut bytes = b"id,name,kind,level,audience,region\n".to_vec();
    bytes.extend(",没有编号,,,,\n2,,,,,\n3,甲证核发,99,县级,everybody,nowhere\n".as_bytes());
    bytes.extend("3,重复的编号,,,,\nshort\n".as_bytes());
    bytes.extend(b"4,\xff\xfe,,,,\n");
    bytes.extend(
        format!("5,{},,,,\n6,\u{0}\u{1}乙,,,,\n7,\"两行\n名称\",,,,\n8,。。。,,,,\n", "长".repeat(10_000))
            .as_bytes(),
    );
    bytes.extend("9,\"没有收尾\n10,丙,,,,\n".as_bytes());
    let (_folder, file) = written("items.csv", &bytes);
    let found = results(&file, &[CSV, &["--floor", "0"]].concat());
    assert_eq!(found.matched.code, Some(2));
    let refused = [
        "line 2: id: ",
        "line 3: name: ",
        "line 5: id: line 4 ",
        "line 6: ",
        "line 7: name: ",
        "lines 13–14",
    ];
    for part in refused {
        assert!(found.matched.stderr.contains(part), "{part} is not in\n{}", found.matched.stderr);
    }
    assert!(
        found.matched.stderr.contains("level: 1 cell(s) left out, the first in line 4: "),
        "{}",
        found.matched.stderr
    );
    assert!(found.matched.stdout.contains("拒绝 6 行"), "{}", found.matched.stdout);
    assert_eq!(found.ids().into_iter().collect::<BTreeSet<_>>(), ["3", "5", "6", "7", "8"].into());
}

#[test]
fn a_cell_that_can_not_be_read_costs_its_row_no_more_than_that_cell() {
    let mut bytes = b"id,title,summary\n1,Boat licence,good\n2,Boat licence,\xff\xfe\n".to_vec();
    bytes.extend(b"3,\xff,good\n");
    let csv = match_text(&bytes, &["--format", "csv", "--map", "name=title", "--clusters", "-"]);
    assert_eq!((csv.code, csv.stdout.lines().count()), (Some(2), 2), "{}", csv.stderr);
    for part in ["summary: 1 cell(s) left out, the first in line 3: ", "line 4: name=title: "] {
        assert!(csv.stderr.contains(part), "{}", csv.stderr);
    }
    let objects = "{\"id\":1,\"name\":\"a\",\"department\":{}}\n{\"id\":2,\"name\":{}}\n{\"id\":true,\"name\":\"c\"}\n[]\n{";
    let json =
        match_text(objects.as_bytes(), &["--format", "jsonl", "--map", "summary=about", "--clusters", "-"]);
    assert_eq!((json.code, json.stdout.lines().count()), (Some(2), 1), "{}", json.stderr);
    for part in [
        "department: 1 cell(s) left out, the first in line 1: ",
        "line 2: name: ",
        "line 3: id: ",
        "line 4: ",
        "line 5: ",
        "--map summary=about",
    ] {
        assert!(json.stderr.contains(part), "{part}: {}", json.stderr);
    }
}

#[test]
fn a_list_that_a_chinese_spreadsheet_saved_is_read_when_its_encoding_is_said() {
    // 编号,name / 1,取水许可 / 2,取水许可
    let bytes =
        b"\xb1\xe0\xba\xc5,name\n1,\xc8\xa1\xcb\xae\xd0\xed\xbf\xc9\n2,\xc8\xa1\xcb\xae\xd0\xed\xbf\xc9\n";
    let read = ["--format", "csv", "--map", "id=编号", "--encoding", "gb18030", "--clusters", "-"];
    let csv = match_text(bytes, &read);
    assert_eq!(csv.code, Some(0), "{}", csv.stderr);
    assert!(csv.stdout.contains("\"name\":\"取水许可\""), "{}", csv.stdout);
    let json = match_text(b"{}\n", &["--format", "jsonl", "--encoding", "gbk"]);
    assert_eq!(json.code, Some(64), "{}", json.stderr);
}

#[test]
fn what_can_not_be_matched_at_all_is_a_slip_on_the_command_line() {
    let refused = |bytes: &[u8], more: &[&str], parts: &[&str]| {
        let refused = match_text(bytes, &[CSV, more].concat());
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(64), ""), "{}", refused.stderr);
        assert!(parts.iter().all(|part| refused.stderr.contains(part)), "{parts:?}: {}", refused.stderr);
    };
    refused(b"", &[], &["head line is missing"]);
    refused("食品经营许可,1\n".as_bytes(), &[], &["no column name", "--map"]);
    refused(b"name,kind\nx,1\n", &[], &["no column id", "--map"]);
    refused(b"id,name\n1,x\n", &["--map", "summary=about"], &["--map summary=about", "id, name"]);
    refused(b"id,name\n1,x\n", &["--map", "nmae=name"], &["did you mean name"]);
    refused(b"\xb1\xe0\xba\xc5,name\n1,x\n", &[], &["UTF-8", "--encoding gb18030"]);
    refused(b"id,name\n1,x\n", &["--pairs", "-", "--clusters", "-"], &["a place each"]);

    for (bytes, format) in [("id,name\n", "csv"), ("", "jsonl"), ("\n\n", "jsonl")] {
        let empty = match_text(bytes.as_bytes(), &["--format", format, "--pairs", "-"]);
        assert_eq!((empty.code, empty.stdout.as_str()), (Some(0), ""), "{}", empty.stderr);
        assert!(empty.stderr.contains("the list has no rows"), "{}", empty.stderr);
    }
}

#[test]
fn a_file_is_whole_or_not_there() {
    let (folder, file) = written("items.csv", LIST);
    let text_of = |path: PathBuf| path.to_str().expect("UTF-8").to_owned();
    let refused = |out: &str, more: &[&str]| {
        let refused = match_file(&file, &[CSV, MAP, &["--pairs", out], more].concat());
        assert!(!refused.stderr.is_empty() && refused.stdout.is_empty(), "{}", refused.stdout);
        refused.code
    };
    assert_eq!(refused(&text_of(folder.path().join("none/pairs.jsonl")), &[]), Some(1));
    assert_eq!(refused(&text_of(folder.path().to_owned()), &[]), Some(64), "a folder");
    assert_eq!(refused(&text_of(file.clone()), &[]), Some(64), "the list itself");
    let out = text_of(folder.path().join("out.jsonl"));
    assert_eq!(refused(&out, &["--clusters", &text_of(folder.path().join("./out.jsonl"))]), Some(64));
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), LIST);

    std::fs::write(&out, "of an earlier run\n").expect("it can be written");
    let (_other, broken) = written("broken.csv", "id\n1\n");
    assert_eq!(match_file(&broken, &["--format", "csv", "--pairs", &out]).code, Some(64));
    assert_eq!(std::fs::read_to_string(&out).expect("it is there"), "of an earlier run\n");
    assert_eq!(match_file(&file, &[CSV, MAP, &["--pairs", &out]].concat()).code, Some(0));
    assert!(!lines(std::path::Path::new(&out)).is_empty());
    let left: BTreeSet<_> =
        folder.path().read_dir().expect("a folder").flatten().map(|at| at.file_name()).collect();
    assert_eq!(left, ["items.csv".into(), "out.jsonl".into()].into());
    if cfg!(unix) {
        assert_eq!(match_file(&file, &[CSV, MAP, &["--pairs", "/dev/null"]].concat()).code, Some(0));
        assert!(!std::path::Path::new("/dev/null").is_file(), "a device is written, not replaced");
    }
}

#[test]
fn a_departments_own_words_are_learnt_and_wrong_ones_are_said() {
    let csv = "id,name\n1,江城通申领\n2,江城市民卡申领\n".as_bytes();
    let words = TempDir::new().expect("a folder");
    let with =
        [CSV, &["--pairs", "-", "--floor", "0", "--words", words.path().to_str().expect("UTF-8")]].concat();
    let write = |name: &str, bytes: &[u8]| std::fs::write(words.path().join(name), bytes).expect("written");
    let refused = |parts: &[&str]| {
        let refused = match_text(csv, &with);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(64), ""), "{}", refused.stderr);
        assert!(parts.iter().all(|part| refused.stderr.contains(part)), "{parts:?}: {}", refused.stderr);
    };
    refused(&["no word list", "synonyms.tsv"]);
    write("synonyms.tsv", "# 变体\t标准\n江城通\t市民卡\n江城通\t一卡通\n".as_bytes());
    refused(&["synonyms.tsv:3:"]);
    write("synonyms.tsv", b"a\tb\n\xff\tc\n");
    refused(&["synonyms.tsv:2: not UTF-8"]);
    write("synonyms.tsv", "江城通\t江城市民卡\n".as_bytes());
    let score = |arguments: &[&str]| {
        let matched = match_text(csv, arguments);
        assert_eq!(matched.code, Some(0), "{}", matched.stderr);
        let pair: Option<Value> =
            matched.stdout.lines().next().map(|line| serde_json::from_str(line).expect("JSON"));
        pair.map_or(0.0, |pair| pair["score"].as_f64().expect("a number"))
    };
    let (built_in, learnt) = (score(&[CSV, &["--pairs", "-", "--floor", "0"]].concat()), score(&with));
    assert!(learnt > built_in, "{learnt} after {built_in}");
    write("synonym.tsv", b"a\tb\n");
    refused(&["synonym.tsv", "not a word list"]);
}

#[test]
fn a_run_that_is_killed_leaves_no_half_file() {
    let folder = TempDir::new().expect("a folder");
    let out = folder.path().join("pairs.jsonl");
    let mut command = yimen(&["match", "-", "--format", "csv", "--pairs"]);
    // Its input never ends.
    let mut process = command.arg(&out).stdin(Stdio::piped()).spawn().expect("the binary starts");
    let deadline = Instant::now() + PATIENCE;
    while folder.path().read_dir().expect("a folder").next().is_none() {
        assert!(process.try_wait().expect("it can be asked").is_none(), "it ended");
        assert!(Instant::now() < deadline, "it does not begin to write");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    process.kill().expect("it can be killed");
    process.wait().expect("it ends");
    assert!(!out.exists());
}

#[test]
fn one_code_in_a_thousand_rows_and_one_name_in_forty_districts_end() {
    let head = "id,department,name,basicCode,region\n";
    let (mut codes, mut names) = (head.to_owned(), head.to_owned());
    for row in 0..1000 {
        let _ = writeln!(codes, "{row},局{},第{row}号事项办理,442199806003,33010{}", row % 7, row % 10);
    }
    for row in 0..40 {
        let _ = writeln!(names, "{row},{row}区档案局,政府信息公开申请,,3301{row:02}");
    }
    // Clusters alone: nobody reads the evidence of half a million pairs.
    let coded = match_text(codes.as_bytes(), &[CSV, &["--clusters", "-"]].concat());
    let clusters: Vec<Value> =
        coded.stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let members = clusters.iter().map(|cluster| list(&cluster["items"]).len()).sum::<usize>();
    assert_eq!((coded.code, members), (Some(0), 1000), "{}", coded.stderr);

    let (_folder, file) = written("items.csv", names);
    let found = results(&file, CSV);
    assert_eq!((found.matched.code, found.ids().len()), (Some(0), 40));
    assert!(found.pairs.iter().all(|pair| pair["verdict"] != "same"), "a name alone is no proof");
}

/// A file of the shared data, if it is there.
fn shared(path: &str) -> Option<PathBuf> {
    let found = root().parent()?.join("shared/data").join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!("{} is not there: lists that the tests write have to do", found.display());
    None
}

#[test]
fn a_districts_real_list_is_matched() {
    let Some(file) = shared("cn-guangan-items/items.csv") else { return };
    let map = "department=dept,itemCode=item_code,basicCode=base_code,region=area_code,organisation=dept_uscc,kind=task_type";
    let found = results(&file, &["--format", "csv", "--map", map]);
    assert_eq!((found.matched.code, found.ids().len()), (Some(0), 1135), "{}", found.matched.stderr);
    assert!(found.matched.stdout.contains("1135 rows: 1135 matched, 0 refused"), "{}", found.matched.stdout);
}

#[test]
fn real_look_alikes_are_never_the_same() {
    let Some(file) = shared("cn-name-pairs/pairs.csv") else { return };
    let text_of = std::fs::read_to_string(file).expect("it can be read");
    let mut csv = "id,name\n".to_owned();
    let mut look_alikes = Vec::new();
    for (row, line) in text_of.lines().skip(1).enumerate() {
        let cells: Vec<_> = line.split(',').collect();
        if cells[2] == "0" {
            let _ = writeln!(csv, "{row}a,{}\n{row}b,{}", cells[0], cells[1]);
            look_alikes.push((format!("{row}a"), format!("{row}b")));
        }
    }
    assert!(!look_alikes.is_empty());
    let (_folder, file) = written("names.csv", csv);
    let found = results(&file, &[CSV, &["--floor", "0"]].concat());
    for (a, b) in look_alikes {
        assert!(found.pair(&a, &b).is_none_or(|pair| pair["verdict"] != "same"), "{a} {b}");
    }
}
