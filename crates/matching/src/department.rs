//! Departments: before the service in a name, and a department's own name as a place and a function.

use crate::{
    brackets::split,
    fold::{first_unit, fold, is_ideographic},
    lexicon::Lexicon,
    place::leading_place,
    read::joined,
};

/// The most characters of a department that no list knows.
const MAX_UNLISTED: usize = 16;

/// The fewest characters of a service's name that are left after its department.
const MIN_SERVICE_CHARS: usize = 2;

/// What an unlisted department's name ends in; 中心 and 办公室 end other words, too.
const UNLISTED_ENDINGS: [&str; 2] = ["局", "委员会"];

/// The divisions whose name is left out before a department: 市公安局.
const LEVELS: [char; 5] = ['省', '市', '区', '县', '旗'];

/// A department, as far as its name tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DepartmentName {
    /// Where it is, as written after folding; empty when its name doesn't tell.
    pub(crate) place: String,
    /// What it does, in one wording over all places and reforms; never empty unless the name is.
    pub(crate) function: String,
}

/// A department before a service, in a text without its place: how many bytes it takes, and its function.
pub(crate) fn leading_department(
    lexicon: &Lexicon,
    text: &str,
    after_place: bool,
) -> Option<(usize, String)> {
    let level = text.chars().next().filter(|first| LEVELS.contains(first)).map_or(0, char::len_utf8);
    let listed = [0, level].into_iter().find_map(|from| {
        let (length, function) = lexicon.departments.leading(text.get(from..)?, |_, _| true)?;
        Some((from + length, function.clone()))
    });
    let (length, function) = listed.or_else(|| after_place.then(|| unlisted(lexicon, text)).flatten())?;
    let service = text.get(length..)?;
    let joins = lexicon.joining.leading(service, |_, kept| kept.is_empty()).is_some();
    (!joins && service.chars().nth(MIN_SERVICE_CHARS - 1).is_some()).then_some((length, function))
}

fn unlisted(lexicon: &Lexicon, text: &str) -> Option<(usize, String)> {
    let (length, _) = text.char_indices().take(MAX_UNLISTED).skip(2).find_map(|(at, _)| {
        let rest = text.get(at..)?;
        UNLISTED_ENDINGS
            .iter()
            .find(|ending| rest.starts_with(**ending))
            .map(|ending| (at + ending.len(), ending))
    })?;
    let name = text.get(..length)?;
    (lexicon.not_departments.strip(name).is_none() && name.chars().all(is_ideographic))
        .then(|| (length, name.to_owned()))
}

impl Lexicon {
    /// Reads a department's name. Total: what can't be told apart is the function.
    pub(crate) fn department(&self, name: &str) -> DepartmentName {
        let text = fold(name);
        let main = self.singular(&split(&text).main).into_owned();
        if main.chars().next().is_some_and(is_ideographic) {
            self.han_department(&main)
        } else {
            self.latin_department(&main)
        }
    }

    fn han_department(&self, text: &str) -> DepartmentName {
        let text = text.strip_prefix("中华人民共和国").filter(|rest| !rest.is_empty()).unwrap_or(text);
        let whole = || DepartmentName { place: String::new(), function: text.to_owned() };
        let (mut place, mut rest) = self.placed(text);
        // 国家税务总局杭州市税务局, 公安局西湖分局: the place stands after the authority.
        if let Some((length, function)) = self.departments.leading(rest, |_, _| true)
            && let Some(after) = rest.get(length..).filter(|after| !after.is_empty())
        {
            if let Some(branch) = after.strip_suffix("分局") {
                return DepartmentName { place: place + branch, function: function.clone() };
            }
            let (inner, within) = self.placed(after);
            if !inner.is_empty() {
                place.push_str(&inner);
                rest = within;
            }
        }
        let unlevelled =
            rest.strip_prefix(LEVELS).filter(|rest| self.departments.leading(rest, |_, _| true).is_some());
        let rest = unlevelled.unwrap_or(rest);
        if rest.is_empty() {
            return whole();
        }
        // X市役所 and X県庁 are the city and the prefecture themselves.
        let rest = rest.strip_prefix("役所").filter(|rest| !rest.is_empty()).unwrap_or(rest);
        DepartmentName { place, function: self.departments.replace(rest, |_, _| true, |canonical| canonical) }
    }

    /// A place, short forms allowed, and what follows it; no place when nothing follows.
    fn placed<'t>(&self, text: &'t str) -> (String, &'t str) {
        let (place, rest) = text.split_at_checked(leading_place(self, text, true)).unwrap_or(("", text));
        if rest.is_empty() { (String::new(), text) } else { (place.to_owned(), rest) }
    }

    fn latin_department(&self, text: &str) -> DepartmentName {
        let own = |place: &str, function: &str| DepartmentName {
            place: place.to_owned(),
            function: function.to_owned(),
        };
        if let Some((length, ())) = self.place_prefixes.leading(text, |_, ()| true)
            && let (Some(kind), Some(place)) = (text.get(..length), text.get(length..).map(str::trim))
            && !place.is_empty()
        {
            return own(&joined(self, place), &joined(self, kind));
        }
        if let Some((place, kind)) = self.place_suffixes.strip(text).filter(|(place, _)| !place.is_empty()) {
            return own(&joined(self, place.trim()), first_unit(kind).unwrap_or(kind));
        }
        let (place, rest) = self.without_country(text);
        let after =
            self.office_prefixes.leading(rest, |_, ()| true).and_then(|(length, ())| rest.get(length..));
        let bare =
            after.or_else(|| self.office_suffixes.strip(rest).map(|(before, _)| before)).map(str::trim);
        own(place, &joined(self, bare.filter(|bare| !bare.is_empty()).unwrap_or(rest)))
    }

    /// A country at either end of a department's name, and the rest, which is empty only where the name is.
    fn without_country<'t>(&self, text: &'t str) -> (&'t str, &'t str) {
        let before = || {
            let (length, ()) = self.countries.leading(text, |_, ()| true)?;
            text.split_at_checked(length)
        };
        let after = self.country_suffixes.strip(text).map(|(rest, country)| (country, rest));
        let found = after.or_else(before).map(|(country, rest)| (country, rest.trim()));
        found.filter(|(_, rest)| !rest.is_empty()).unwrap_or(("", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn department(name: &str) -> (String, String) {
        let DepartmentName { place, function } = Lexicon::built_in().department(name);
        (place, function)
    }

    fn is(name: &str, place: &str, function: &str) {
        assert_eq!(department(name), (place.to_owned(), function.to_owned()), "{name}");
    }

    #[test]
    fn a_chinese_department_is_a_place_and_a_function() {
        is("杭州市西湖区市场监督管理局", "杭州市西湖区", "市场监督管理局");
        is("杭州市工商行政管理局", "杭州市", "市场监督管理局");
        is("杭州市公安局西湖区分局", "杭州市西湖区", "公安局");
        is("杭州市公安局西湖分局", "杭州市西湖", "公安局");
        is("国家税务总局杭州市税务局", "杭州市", "税务局");
        is("浙江省公安厅", "浙江省", "公安局");
        is("四川农业农村厅", "四川", "农业农村局");
        is("市人社局", "", "人力资源和社会保障局");
        is("县残联", "", "残疾人联合会");
        is("卫健委", "", "卫生健康委员会");
        is("市场监督管理局（知识产权局）", "", "市场监督管理局");
        is("杭州市西湖区翠苑街道办事处", "杭州市西湖区翠苑街道", "办事处");
        is("杭州市", "", "杭州市");
        is("", "", "");
    }

    #[test]
    fn a_japanese_city_hall_keeps_its_section() {
        is("横浜市役所戸籍課", "横浜市", "户籍课");
        is("東京都世田谷区 区民課", "东京都世田谷区", "区民课");
    }

    #[test]
    fn a_latin_department_is_read_where_that_is_safe() {
        is("Ministry of Health", "", "health");
        is("Department of Education", "", "education");
        is("Health Canada", "canada", "health");
        is("City of Toronto", "toronto", "city");
        is("Bristol City Council", "bristol", "city");
        is("Ministère de la Santé", "", "sante");
        is("Ville de Montréal", "montreal", "ville");
        is("Transport for London", "", "transport london");
        is("Ministry", "", "ministry");
    }
}
