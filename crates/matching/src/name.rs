//! Reads a service's name: which act, on which object, with which restrictions.

use std::{collections::BTreeSet, hash::Hash};

use crate::{
    brackets::{Split, is_note, split},
    department::leading_department,
    facets,
    fold::fold,
    lexicon::{Act, Lexicon, Marker},
    place::leading_place,
    read::{reworded, without_acts},
};

/// A name taken apart, so that wording doesn't matter and meaning isn't blurred.
///
/// `社会保障卡申领（首次）` and `社保卡首次申领` are equal in every part but [`text`](Self::text). Two names are compared only when
/// one [`Lexicon`] read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormalisedName {
    text: String,
    place: String,
    department: String,
    object: String,
    acts: BTreeSet<Act>,
    qualifiers: BTreeSet<String>,
    markers: BTreeSet<Marker>,
    numbers: BTreeSet<String>,
}

/// Normalises a name with the words that are built in. See [`normalise_with`].
#[must_use]
pub fn normalise(name: &str) -> NormalisedName {
    normalise_with(Lexicon::built_in(), name)
}

/// Normalises a name. Idempotent: normalising the [`text`](NormalisedName::text) of a normalised name gives it again.
///
/// Total: an empty or senseless name gives an empty object, and a long one takes time proportional to its length.
#[must_use]
pub fn normalise_with(lexicon: &Lexicon, name: &str) -> NormalisedName {
    let text = fold(name);
    let Split { main, mut brackets } = split(&text);
    brackets.retain(|bracket| !is_note(lexicon, bracket));
    let mut main = read_main(lexicon, &reworded(lexicon, &main));
    let mut qualifiers = BTreeSet::new();
    for bracket in brackets {
        let bracket = reworded(lexicon, &bracket);
        if main.place.is_empty() && leading_place(lexicon, &bracket, false) == bracket.len() {
            main.place = bracket;
            continue;
        }
        let qualifier = without_acts(lexicon, &bracket, &mut main.acts);
        if !qualifier.is_empty() {
            qualifiers.insert(qualifier);
        }
    }
    let (mut markers, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for part in std::iter::once(&main.object).chain(&qualifiers) {
        lexicon.marker_terms.find(part, |marker| markers.extend(marker));
        facets::numbers(part, &mut numbers);
    }
    let Main { place, department, object, acts } = main;
    NormalisedName { text, place, department, object, acts, qualifiers, markers, numbers }
}

impl NormalisedName {
    /// Everything that names are compared by.
    pub(crate) fn meaning(&self) -> impl Eq + Hash + '_ {
        (&self.object, &self.acts, &self.qualifiers, &self.markers, &self.numbers)
    }

    /// The whole name in one spelling: Unicode form, width, case, brackets, marks, white space.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The divisions with which the name begins, or which stand alone in brackets: `杭州市西湖区`. Empty when none do.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The department before the service, in one wording over all reforms: `市场监督管理局` in `工商局食品经营许可`. Empty
    /// when there is none.
    #[must_use]
    pub fn department(&self) -> &str {
        &self.department
    }

    /// What the service is about: synonyms in one form, Latin words in the singular, without place,
    /// department, acts, brackets and words that say nothing.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.object
    }

    /// The acts that the name states, in a fixed order. Empty when it states none, as in `取水许可`.
    pub fn acts(&self) -> impl Iterator<Item = Act> {
        self.acts.iter().copied()
    }

    /// What stands in brackets and restricts the service, in a fixed order, as in `（动物饲养场）`.
    pub fn qualifiers(&self) -> impl Iterator<Item = &str> {
        self.qualifiers.iter().map(String::as_str)
    }

    /// The acts that the name means: one without an act means the first issue.
    pub(crate) fn meant_acts(&self) -> BTreeSet<Act> {
        if self.acts.is_empty() { BTreeSet::from([Act::ISSUE]) } else { self.acts.clone() }
    }

    pub(crate) fn qualifier_set(&self) -> &BTreeSet<String> {
        &self.qualifiers
    }

    pub(crate) fn markers(&self) -> &BTreeSet<Marker> {
        &self.markers
    }

    pub(crate) fn numbers(&self) -> &BTreeSet<String> {
        &self.numbers
    }
}

/// What stands outside brackets, read.
#[derive(Debug, Default)]
struct Main {
    place: String,
    department: String,
    object: String,
    acts: BTreeSet<Act>,
}

/// Reads a reworded text. A place or department that leaves no service is the service's own object: 杭州市注销.
fn read_main(lexicon: &Lexicon, text: &str) -> Main {
    let after_place = leading_place(lexicon, text, false);
    let rest = text.get(after_place..).unwrap_or_default().trim_start();
    let place = text.get(..after_place).unwrap_or_default();
    if let Some((length, department)) = leading_department(lexicon, rest, after_place > 0) {
        let main = read_service(lexicon, rest.get(length..).unwrap_or_default());
        if !main.object.is_empty() {
            return Main { place: place.to_owned(), department, ..main };
        }
    }
    let main = read_service(lexicon, rest);
    if main.object.is_empty() && after_place > 0 {
        return read_service(lexicon, text);
    }
    Main { place: place.to_owned(), ..main }
}

fn read_service(lexicon: &Lexicon, text: &str) -> Main {
    let mut main = Main::default();
    main.object = without_acts(lexicon, text, &mut main.acts);
    main
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(name: &str) -> (String, Vec<&'static str>, Vec<String>) {
        let lexicon = Lexicon::built_in();
        let name = normalise(name);
        (
            name.object().to_owned(),
            name.acts().map(|act| act.id(lexicon)).collect(),
            name.qualifiers().map(str::to_owned).collect(),
        )
    }

    #[test]
    fn wordings_of_one_service_have_the_same_parts() {
        for (a, b) in [
            ("食品经营许可新办审批", "食品（含保健食品）经营许可核发"),
            ("科研和教学所需毒性药品购用审批", "科研和教学用毒性药品购买审批"),
            ("社会保障卡申领（首次）", "社保卡首次申领"),
            ("补领居民身份证", "身份证补领"),
            ("个体工商户开业登记", "个体工商户设立登记"),
            ("公共场所卫生许可（新证）", "公共场所卫生许可证核发"),
            ("放射诊疗许可证遗失补办（县级）", "《放射诊疗许可》补发"),
            ("Renewal of Driving Licence", "DRIVING LICENSE – renewal"),
            ("Application for a Driver's Licence", "Driving License"),
        ] {
            assert_eq!(parts(a), parts(b), "{a} / {b}");
        }
    }

    #[test]
    fn the_act_is_read_and_the_object_is_left() {
        assert_eq!(parts("养蜂证换证"), ("养蜂证".into(), vec!["replace"], vec![]));
        assert_eq!(
            parts("客运车辆道路运输证办理（转出）"),
            ("客运车辆道路运输证".into(), vec!["transfer-out"], vec![])
        );
        assert_eq!(
            parts("教师资格证书补发、换发"),
            ("教师资格证".into(), vec!["reissue", "replace"], vec![])
        );
        assert_eq!(parts("动物防疫条件合格证核发（隔离场所）").2, ["隔离场所"]);
        assert_eq!(parts("劳务派遣经营许可（市级/县级权限）").2, [""; 0]);
    }

    #[test]
    fn place_and_department_stand_apart() {
        let parts = |name: &str| {
            let name = normalise(name);
            [name.place(), name.department(), name.object()].map(str::to_owned)
        };
        let (service, market) = ("食品经营许可", "市场监督管理局");
        assert_eq!(parts("杭州市西湖区市场监督管理局食品经营许可核发"), ["杭州市西湖区", market, service]);
        assert_eq!(parts("市工商局食品经营许可（杭州市）"), ["杭州市", market, service]);
        assert_eq!(parts("杭州市城市更新局危房认定"), ["杭州市", "城市更新局", "危房认定"]);
        assert_eq!(parts("北京市居住证"), ["北京市", "", "居住证"]);
        // What would leave no service is the service's object; what only sounds like a department stays.
        assert_eq!(parts("杭州市注销"), ["", "", "杭州市"]);
        assert_eq!(parts("公安局注销"), ["", "", "公安局"]);
        assert_eq!(parts("税务局和公安局联合检查"), ["", "", "税务局公安局联合检查"]);
        assert_eq!(parts("邮政局所撤销"), ["", "", "邮政局所"]);
        assert_eq!(parts("城市道路挖掘许可"), ["", "", "城市道路挖掘许可"]);
    }

    #[test]
    fn a_word_is_an_act_where_it_stands_as_one() {
        for (name, object, acts) in [
            ("Change of address", "address", &["change"][..]),
            ("Climate change fund", "climate change fund", &[]),
            ("Duplicate of driving licence", "driving license", &["reissue"]),
            ("Duplicate payments", "duplicate payment", &[]),
            ("Apply to renew your permits", "permit", &["renew"]),
            ("Urban renewal", "urban renewal", &[]),
            ("Class A licence", "class a license", &[]),
            ("Demande de renouvellement d'un permis", "permis", &["renew"]),
            ("Délivrance du passeport", "passeport", &["issue"]),
            ("城市更新项目", "城市更新项目", &[]),
            ("驾驶证补（换）发", "驾驶证", &["reissue", "replace"]),
            ("運転免許証の再交付", "运转免许", &["reissue"]),
            ("住民票の写しの交付申請", "住民票", &["issue"]),
        ] {
            assert_eq!(parts(name), (object.to_owned(), acts.to_vec(), vec![]), "{name}");
        }
    }

    #[test]
    fn scripts_and_accents_do_not_matter() {
        for (a, b) in [
            ("居住證變更登記", "居住证变更登记"),
            ("営業許可の変更", "营业许可变更"),
            ("Permis de pêche à l’étranger", "PERMIS DE PECHE A L'ETRANGER"),
            ("Fishing Permits", "fishing permit"),
        ] {
            assert_eq!(parts(a), parts(b), "{a} / {b}");
        }
    }

    #[test]
    fn senseless_names_have_an_empty_object() {
        for name in ["", "  ", "（）", "🚗🚗", "\u{0}\u{7}", "!!!", "))((", "注销"] {
            assert_eq!(normalise(name).object(), "", "{name:?}");
        }
        assert_eq!(normalise("（车辆）").object(), "车辆");
        assert_eq!(normalise("申请").object(), "申请");
    }

    proptest! {
        #[test]
        fn normalising_is_idempotent(name in r"[\PC\p{Han}()（）《》\p{C}]{0,40}") {
            let once = normalise(&name);
            prop_assert_eq!(&normalise(once.text()), &once);
        }
    }
}
