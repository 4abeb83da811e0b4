//! The generator of wordings: how an office writes a name that it shares with others.
//!
//! Each office draws one way from a seed, so that a list of one size is always the same list. The ways are those in which real
//! lists differ, none changes what the service is, and none is taken from the data of a test half:
//!
//! | of 20 offices | way |
//! |--:|---|
//! | 8 | as written |
//! | 3 | with the division in front |
//! | 2 | brackets and marks in the other width |
//! | 2 | without 的, or with the act called 办理 after it |
//! | 2 | 及, 和 and 与 one for another |
//! | 1 | in quotation marks of a title |
//! | 1 | two neighbouring letters changed over |
//! | 1 | one letter left out |
//!
//! Departments are written short or in full, and two of three offices state the code.

/// The name of a service as one office writes it.
pub(super) fn name(name: &str, division: &str, seed: u64) -> String {
    match seed % 20 {
        0..=7 => name.to_owned(),
        8..=10 => format!("{division}{name}"),
        11 | 12 => other_width(name),
        13 | 14 if name.contains('的') => name.replace('的', ""),
        13 | 14 => format!("{name}办理"),
        15 | 16 => name.replace(['及', '与'], "和"),
        17 => format!("《{name}》"),
        18 => changed_over(name, seed / 20),
        _ => left_out(name, seed / 20),
    }
}

/// The department as one office writes it.
pub(super) fn department(department: &str, division: &str, seed: u64) -> String {
    let plain = department.trim_start_matches("广安区").trim_start_matches('区');
    let full = IN_FULL.iter().find(|(short, _)| *short == plain).map(|(_, full)| *full);
    match (full, seed % 2) {
        (Some(full), 0) => format!("{division}{full}"),
        (Some(_), _) | (None, _) => format!("{division}{plain}"),
    }
}

/// Whether the office states the code.
pub(super) fn states_code(seed: u64) -> bool {
    !seed.is_multiple_of(3)
}

/// What departments of a district are called in full.
const IN_FULL: [(&str, &str); 8] = [
    ("人社局", "人力资源和社会保障局"),
    ("住建局", "住房和城乡建设局"),
    ("市监局", "市场监督管理局"),
    ("卫健局", "卫生健康局"),
    ("文广旅局", "文化广播电视和旅游局"),
    ("教科体局", "教育科技和体育局"),
    ("发改局", "发展和改革局"),
    ("经信局", "经济和信息化局"),
];

fn other_width(name: &str) -> String {
    let other = |letter| match letter {
        '（' => '(',
        '）' => ')',
        '(' => '（',
        ')' => '）',
        '，' => ',',
        ',' => '，',
        same => same,
    };
    name.chars().map(other).collect()
}

fn changed_over(name: &str, seed: u64) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if let Some(place) = place(letters.len().saturating_sub(1), seed) {
        letters.swap(place, place + 1);
    }
    letters.into_iter().collect()
}

fn left_out(name: &str, seed: u64) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if let Some(place) = place(letters.len(), seed) {
        letters.remove(place);
    }
    letters.into_iter().collect()
}

/// A place in a name long enough to be known again.
fn place(places: usize, seed: u64) -> Option<usize> {
    (places > 5).then(|| usize::try_from(seed % places as u64).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_is_drawn() {
        let written: Vec<String> =
            (0..20).map(|seed| name("食品（含保健食品）经营与销售的许可", "武侯区", seed)).collect();
        let expected = [
            (0, "食品（含保健食品）经营与销售的许可"),
            (8, "武侯区食品（含保健食品）经营与销售的许可"),
            (11, "食品(含保健食品)经营与销售的许可"),
            (13, "食品（含保健食品）经营与销售许可"),
            (15, "食品（含保健食品）经营和销售的许可"),
            (17, "《食品（含保健食品）经营与销售的许可》"),
            (18, "品食（含保健食品）经营与销售的许可"),
            (19, "品（含保健食品）经营与销售的许可"),
        ];
        for (seed, name) in expected {
            assert_eq!(written[seed], name);
        }
    }

    #[test]
    fn a_short_name_keeps_its_letters() {
        assert_eq!(
            (name("生育登记", "", 18), name("生育登记", "", 19)),
            ("生育登记".into(), "生育登记".into())
        );
    }

    #[test]
    fn departments_are_of_their_division() {
        assert_eq!(department("区人社局", "武侯区", 0), "武侯区人力资源和社会保障局");
        assert_eq!(department("区人社局", "武侯区", 1), "武侯区人社局");
        assert_eq!(department("广安区税务局", "武侯区", 0), "武侯区税务局");
    }
}
