//! Numbers and grades in a name: 一级 and 二级, Class X and Class XII are different services.

use std::collections::BTreeSet;

use crate::fold::{each_unit, is_ideographic};

/// Characters after a numeral that make it a grade.
const CLASSES: &str = "级类等种型期";

/// Collects the numbers and grades of a text, in one spelling (`二级` and `2级` are `2级`).
pub(crate) fn numbers(text: &str, into: &mut BTreeSet<String>) {
    let mut units = each_unit(text).peekable();
    while let Some(unit) = units.next() {
        let numeral = han_numeral(unit);
        if numeral.is_none() && !is_number_word(unit) {
            continue;
        }
        let class = units.peek().filter(|next| CLASSES.contains(**next));
        match (numeral, class) {
            (Some(number), Some(class)) => into.insert(format!("{number}{class}")),
            (None, class) => into.insert(format!("{unit}{}", class.unwrap_or(&""))),
            // 统一, 三方: a numeral alone counts nothing.
            (Some(_), None) => false,
        };
    }
}

fn han_numeral(unit: &str) -> Option<&str> {
    Some(match unit {
        "一" => "1",
        "二" | "两" => "2",
        "三" => "3",
        "四" => "4",
        "五" => "5",
        "六" => "6",
        "七" => "7",
        "八" => "8",
        "九" => "9",
        "十" => "10",
        "甲" | "乙" | "丙" | "丁" => unit,
        _ => return None,
    })
}

/// A word with a digit in it, a Roman numeral, or a single letter, as in `Form 16`, `Class XII`, `Category B`.
fn is_number_word(unit: &str) -> bool {
    let mut chars = unit.chars();
    if chars.next().is_none_or(is_ideographic) {
        return false;
    }
    chars.next().is_none()
        || unit.contains(char::is_numeric)
        || matches!(unit, "ii" | "iii" | "iv" | "vi" | "vii" | "viii" | "ix" | "xi" | "xii")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let mut found = BTreeSet::new();
        numbers(text, &mut found);
        found.into_iter().collect()
    }

    #[test]
    fn grades_and_numbers_are_found_and_other_numerals_are_not() {
        assert_eq!(of("第二类精神药品"), ["2类"]);
        assert_eq!(of("2级建造师"), of("二级建造师"));
        assert_eq!(of("统一登记"), [""; 0]);
        assert_eq!(of("class xii marksheet"), ["xii"]);
        assert_eq!(of("form 16"), ["16"]);
    }
}
