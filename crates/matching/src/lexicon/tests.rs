use super::*;

fn refused(file: &str, text: &str) -> Vec<String> {
    let problems = Lexicon::extended_by([(file, text)]).expect_err("a bad row");
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn every_built_in_row_is_taken() {
    let mut draft = Draft::default();
    for (file, text) in BUILT_IN {
        draft.read(file, text);
    }
    assert_eq!(draft.problems(), []);
    assert_eq!(Act::ISSUE.id(Lexicon::built_in()), "issue");
}

#[test]
fn opposites_are_words_or_characters_of_one_group() {
    let lexicon = Lexicon::built_in();
    assert_eq!(lexicon.opposite("入", "出"), Some(Feature::Direction));
    assert_eq!(lexicon.opposite("import", "export"), Some(Feature::Direction));
    assert_eq!(lexicon.opposite("入", "入"), None);
    assert_eq!(lexicon.opposite("入", "甲"), None);
    assert_eq!(lexicon.opposite("", "甲"), None);
}

#[test]
fn stewards_add_rows_and_override_them() {
    let lexicon = Lexicon::extended_by([
        ("acts.tsv", "lend\tact\t借阅\tlend\n"),
        ("act-terms.tsv", "\u{FEFF}# ours\r\n外借\tlend\t\r\n核发\tlend\t\r\n"),
        ("synonyms.tsv", "《一卡通》\t社保卡\n"),
    ])
    .expect("good rows");
    let mut acts = BTreeSet::new();
    assert_eq!(lexicon.without_acts("图书外借", &mut acts), "图书");
    assert_eq!(
        acts.iter().map(|act| (act.id(&lexicon), act.zh(&lexicon))).collect::<Vec<_>>(),
        [("lend", "借阅")]
    );
    assert_eq!(lexicon.synonyms.leading("一卡通", |_, _| true), Some((9, &"社保卡".to_owned())));
    let mut built_in = BTreeSet::new();
    assert_eq!(Lexicon::built_in().without_acts("核发", &mut built_in), "");
    assert_eq!(built_in, BTreeSet::from([Act::ISSUE]));
}

#[test]
fn a_word_loses_a_place_that_a_steward_takes_from_it() {
    let lexicon = Lexicon::extended_by([("fillers.tsv", "never\t业务\n")]).expect("a good row");
    assert_eq!(Lexicon::built_in().suffixes.strip("存取业务"), Some(("存取", "业务")));
    assert_eq!(lexicon.suffixes.strip("存取业务"), None);
}

#[test]
fn a_bad_row_is_named_with_its_place() {
    let told = refused("synonyms.tsv", "好\t行\n# remark\n\n！\t行\na\tb\tc\n好\t坏\n");
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told.first().map(String::as_str), Some("synonyms.tsv:4: “！” holds no word"));
    assert!(
        told.iter()
            .any(|problem| problem.starts_with("synonyms.tsv:5: expected the columns variant, canonical"))
    );
    assert!(told.contains(&"synonyms.tsv:6: “好” stands on line 1 already".to_owned()));
    assert_eq!(
        refused("act-terms.tsv", "外借\tlend\t\n"),
        ["act-terms.tsv:1: acts.tsv declares no act “lend”"]
    );
    assert!(refused("acts.tsv", "Lend it\tact\t借\tlend")[0].contains("small Latin letters"));
    assert!(
        refused("acts.tsv", "lend\tname\t借\tlend")[0]
            .contains("no feature of this table; they are act, direction")
    );
    assert!(refused("markers.tsv", "kind\ta\tb\tc")[0].starts_with("markers.tsv:1: “kind”"));
    assert!(refused("opposites.tsv", "object\t甲")[0].contains("separated by commas"));
    assert!(refused("fillers.tsv", "middle\t的")[0].contains("“middle”"));
    assert!(refused("places.tsv", "planet\t火星")[0].contains("“planet”"));
    assert!(refused("act-terms.tsv", "外借\tissue\t\tmiddle")[0].contains("“middle”"));
    assert!(refused("synonyms.tsv", &"好".repeat(100))[0].contains("200 bytes"));
    assert!(
        refused("words.tsv", "")[0].starts_with("words.tsv:0: not a word list; they are called acts.tsv, ")
    );
}
