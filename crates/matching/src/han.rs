//! Traditional Chinese and Japanese forms of Han characters, read as the simplified form.

use std::sync::LazyLock;

const HAN_TSV: &str = include_str!("../data/han.tsv");

/// The first character of the blocks that the table covers: CJK Extension A and the unified ideographs.
const FIRST: u32 = 0x3400;
const LAST: u32 = 0x9FFF;

/// What every character from `FIRST` to `LAST` is read as.
static READ_AS: LazyLock<Vec<char>> = LazyLock::new(|| {
    let mut table: Vec<char> = (FIRST..=LAST).filter_map(char::from_u32).collect();
    for line in HAN_TSV.lines().filter(|line| !line.starts_with('#')) {
        let mut chars = line.chars();
        if let (Some(variant), Some('\t'), Some(form)) = (chars.next(), chars.next(), chars.next())
            && let Some(place) = place(variant).and_then(|place| table.get_mut(place))
        {
            *place = form;
        }
    }
    table
});

fn place(c: char) -> Option<usize> {
    u32::from(c).checked_sub(FIRST).and_then(|place| usize::try_from(place).ok())
}

/// The form in which a Han character is compared; every other character is itself.
pub(crate) fn simplified(c: char) -> char {
    place(c).and_then(|place| READ_AS.get(place)).copied().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_and_japanese_forms_are_read_as_the_simplified_one() {
        let read = |text: &str| text.chars().map(simplified).collect::<String>();
        assert_eq!(read("變更登錄證區廣發轉"), "变更登录证区广发转");
        assert_eq!(read("変更登録証区広発転"), "变更登录证区广发转");
        assert_eq!(read("図書館の駅、沢辺 労働 ab"), "图书馆の驿、泽边 劳动 ab");
        assert_eq!(read("变更登记不予许可芸"), "变更登记不予许可芸");
    }

    #[test]
    fn every_row_is_read_and_a_form_is_final() {
        let mut rows = 0;
        for line in HAN_TSV.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<Vec<char>> = line.split('\t').map(|column| column.chars().collect()).collect();
            let [variant, form] = columns.as_slice() else { panic!("{line:?} has not two columns") };
            let ([variant], [form]) = (variant.as_slice(), form.as_slice()) else { panic!("{line:?}") };
            assert_eq!(simplified(*variant), *form, "{line:?}");
            assert_eq!(simplified(*form), *form, "{line:?}");
            rows += 1;
        }
        assert!(rows > 3_000, "{rows} rows");
    }
}
