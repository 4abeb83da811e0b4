//! What holds for every input.

use matching::{Index, Profile, SharedCode, normalise, score};
use proptest::{collection::vec, option, prelude::*};

/// Names between sense and nonsense: pieces of real names, brackets, marks, and anything else.
fn name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "食品", "经营许可证", "核发", "注销", "转入", "转出", "分支机构", "社保卡", "（", "）", "(", "《", "》", "甲类",
            "第二类", "首次", "申领", "审批", "Driving", " licence ", "renewal", "of", "12", "ⅻ", "县级", "含", "🚗", "\u{0}",
        ])
        .prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn few(words: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    vec(prop::sample::select(words).prop_map(str::to_owned), 0..3)
}

prop_compose! {
    fn profile()(
        name in name(),
        codes in few(&["1", "2", "0000", "x"]),
        kind in option::of(prop::sample::select(vec!["01", "20"])),
        audience in few(&["natural-person", "legal-person"]),
        level in option::of(0_u8..9),
        regions in few(&["330100", "330106", "330106001", "x", "000000", ""]),
        department in option::of(name_or_nothing()),
        summary in option::of(any::<String>()),
        keywords in few(&["水", "车"]),
        endpoint in option::of(prop::sample::select(vec!["https://a.cn/x", "http://", "🚗://🚗/🚗", ""])),
    ) -> Profile {
        Profile {
            name,
            codes: codes.into_iter().map(|value| SharedCode { scheme: "cn-basic".into(), value }).collect(),
            kind: kind.map(str::to_owned),
            audience, level, regions, department,
            organisation: None,
            legal_basis: Vec::new(),
            summary, keywords,
            endpoint: endpoint.map(str::to_owned),
        }
    }
}

fn name_or_nothing() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "水利局", "城管局"]).prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn scoring_is_symmetric_and_in_range(a in profile(), b in profile()) {
        let found = score(&a, &b);
        prop_assert_eq!(&found, &score(&b, &a));
        prop_assert!((0.0..=1.0).contains(&found.probability));
        prop_assert!(found.evidence.iter().all(|e| e.weight.is_finite() && !e.zh.is_empty() && !e.en.is_empty()));
    }

    #[test]
    fn normalising_is_idempotent(name in name()) {
        let once = normalise(&name);
        prop_assert_eq!(&normalise(once.text()), &once);
    }

    #[test]
    fn wide_forms_and_case_do_not_matter(name in "[ -~]{0,30}") {
        let wide: String = name.chars().map(|c| match c {
            ' ' => '\u{3000}',
            c => char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c),
        }).collect();
        prop_assert_eq!(normalise(&wide), normalise(&name));
        prop_assert_eq!(normalise(&name.to_uppercase()), normalise(&name));
    }

    #[test]
    fn an_index_forgets_what_is_removed(items in vec((0_u8..6, profile()), 0..20)) {
        let mut index = Index::new();
        for (id, profile) in &items {
            index.insert(*id, profile);
        }
        for (id, profile) in items.iter().rev() {
            let found = index.candidates(profile);
            prop_assert!(found.iter().all(|candidate| index.contains(candidate)));
            index.remove(id);
            prop_assert!(!index.candidates(profile).contains(id));
        }
        prop_assert!(index.is_empty());
        prop_assert!(items.iter().all(|(_, profile)| index.candidates(profile).is_empty()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn ten_thousand_characters_are_only_long(piece in name(), other in profile()) {
        let long: String = piece.chars().cycle().take(if piece.is_empty() { 0 } else { 10_000 }).collect();
        let long = Profile { name: long, ..other.clone() };
        let found = score(&long, &other);
        prop_assert!(found.evidence.iter().all(|e| e.zh.chars().count() < 200), "evidence is stored: it stays short");
        let mut index = Index::new();
        index.insert(1, &long);
        index.insert(2, &other);
        prop_assert!(index.candidates(&long).len() <= 2);
    }
}
