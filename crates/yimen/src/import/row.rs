//! A row as the register takes it: the department, the local code, and the content in the API's own JSON.
//!
//! Nothing is judged here that the API judges: what can't be understood is handed on as it is, and refused there.

use domain::code::{BASIC_CODE_SCHEME, LOCAL_SCHEME};
use domain::item::{Audience, Kind, Level};
use domain::{Division, ItemCode, LocalizedText, OrganisationCode};
use serde_json::{Map, Value, json};

use super::{Defaults, Field, Record, Refusal};

/// A row that can be handed to the register.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The line on which the row begins, counted from 1.
    pub line: u64,
    /// The document that it comes from, where the import has several.
    pub document: Option<String>,
    /// The department's own code, if the row has one.
    pub department_code: Option<OrganisationCode>,
    /// The department's name.
    pub department_name: LocalizedText,
    /// The division that the department serves, should it have to be enrolled.
    pub region: Division,
    /// The department's own code for the item.
    pub local_code: String,
    /// The item's content as JSON.
    pub content: Value,
}

/// What is derived where a row is silent.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Values for absent fields.
    pub defaults: Defaults,
    /// The scheme of shared codes that are no national basic code.
    pub code_scheme: String,
}

impl Row {
    /// Turns a record into a row.
    pub fn new(record: &Record, rules: &Rules) -> Result<Self, Refusal> {
        record.check(&Field::ALL)?;
        let line = record.line;
        let cell = |field| record.get(field, &rules.defaults);
        let department = cell(Field::Department).ok_or_else(|| {
            Refusal::of_field(line, Field::Department, "required", "the row names no department")
        })?;
        let local_code = cell(Field::Id).or_else(|| cell(Field::ItemCode)).ok_or_else(|| {
            Refusal::of_field(line, Field::Id, "required", "the row has neither id nor itemCode")
        })?;
        let region = region(cell(Field::Region), line)?;
        Ok(Self {
            line,
            document: None,
            department_code: organisation(cell(Field::DepartmentCode), Field::DepartmentCode, line)?,
            department_name: localized(department),
            // One department has one region, whatever its rows serve.
            region: match rules.defaults.get(Field::Region) {
                Some(default) => self::region(Some(default), line)?,
                None => region.clone(),
            },
            local_code: local_code.to_owned(),
            content: content(record, rules, &region)?,
        })
    }

    /// The department as the API takes it.
    pub fn department(&self) -> Value {
        let mut department = json!({ "name": self.department_name, "region": self.region });
        if let Some(code) = &self.department_code {
            department["code"] = json!(code);
        }
        department
    }
}

fn content(record: &Record, rules: &Rules, region: &Division) -> Result<Value, Refusal> {
    let line = record.line;
    let cell = |field| record.get(field, &rules.defaults);
    let mut content = Map::new();
    content.insert("name".to_owned(), json!(cell(Field::Name).map(localized).unwrap_or_default()));
    if let Some(summary) = cell(Field::Summary) {
        content.insert("summary".to_owned(), json!(localized(summary)));
    }
    content.insert("kind".to_owned(), kind(cell(Field::Kind)));
    content.insert("audience".to_owned(), audience(cell(Field::Audience)));
    content.insert("level".to_owned(), level(cell(Field::Level), region));
    content.insert("regions".to_owned(), json!([region]));
    let codes = codes(cell(Field::ItemCode), cell(Field::BasicCode), &rules.code_scheme, line)?;
    if !codes.is_empty() {
        content.insert("codes".to_owned(), json!(codes));
    }
    if let Some(organisation) = organisation(cell(Field::Organisation), Field::Organisation, line)? {
        content.insert("organisation".to_owned(), json!(organisation));
    }
    if let Some(basis) = cell(Field::LegalBasis) {
        content
            .insert("legalBasis".to_owned(), legal_texts(basis).map(|text| json!(localized(text))).collect());
    }
    if let Some(keywords) = cell(Field::Keywords) {
        content.insert("keywords".to_owned(), json!(listed(keywords).collect::<Vec<_>>()));
    }
    if let Some(endpoint) = cell(Field::Endpoint) {
        content.insert("backend".to_owned(), json!({ "baseUrl": endpoint }));
    }
    if let Some(link) = cell(Field::Link) {
        content.insert("entryPoints".to_owned(), json!([{ "channel": "h5", "target": link }]));
    }
    Ok(Value::Object(content))
}

/// Text under the language that its script tells: Chinese where it has a Chinese character, else English.
pub fn localized(text: &str) -> LocalizedText {
    let is_han = |c: char| matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    if text.chars().any(is_han) { LocalizedText::zh(text) } else { LocalizedText::of("en", text) }
}

fn region(text: Option<&str>, line: u64) -> Result<Division, Refusal> {
    text.map_or_else(|| Ok(Division::national()), str::parse)
        .map_err(|error| Refusal::of_field(line, Field::Region, "division", error.to_string()))
}

fn organisation(text: Option<&str>, field: Field, line: u64) -> Result<Option<OrganisationCode>, Refusal> {
    text.map(|value| OrganisationCode::recognise(value, LOCAL_SCHEME))
        .transpose()
        .map_err(|error| Refusal::of_field(line, field, "organisation-code", error.to_string()))
}

fn kind(text: Option<&str>) -> Value {
    match text.map(|text| Kind::recognise(text).ok_or(text)) {
        None => json!(Kind::PublicService),
        Some(Ok(kind)) => json!(kind),
        Some(Err(text)) => json!(text),
    }
}

fn audience(text: Option<&str>) -> Value {
    match text {
        None => json!([Audience::NaturalPerson, Audience::LegalPerson]),
        Some(text) => listed(text)
            .map(|part| Audience::recognise(part).map_or_else(|| json!(part), |a| json!(a)))
            .collect(),
    }
}

fn level(text: Option<&str>, region: &Division) -> Value {
    match text.map(|text| text.parse::<u8>().map_err(|_| text)) {
        None => json!(Level::of_depth(region.depth())),
        Some(Ok(level)) => json!(level),
        Some(Err(text)) => json!(text),
    }
}

/// The codes of a row, each under the scheme that its form tells, none twice.
fn codes(item: Option<&str>, basic: Option<&str>, other: &str, line: u64) -> Result<Vec<ItemCode>, Refusal> {
    let mut codes = Vec::new();
    if let Some(value) = item {
        let code = standard_item_code(value).map_or_else(|| ItemCode::new(LOCAL_SCHEME, value), Ok);
        codes
            .push(code.map_err(|error| Refusal::of_field(line, Field::ItemCode, "code", error.to_string()))?);
    }
    if let Some(value) = basic {
        let code = ItemCode::new(BASIC_CODE_SCHEME, value).or_else(|_| ItemCode::new(other, value));
        let code =
            code.map_err(|error| Refusal::of_field(line, Field::BasicCode, "code", error.to_string()))?;
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    Ok(codes)
}

/// The 业务办理项编码 or 实施编码 that a cell holds, if its form tells.
pub fn standard_item_code(value: &str) -> Option<ItemCode> {
    ["cn-handling", "cn-implementation"].into_iter().find_map(|scheme| ItemCode::new(scheme, value).ok())
}

/// The laws and articles in one cell. Their own text has commas, so only what can't be in a citation separates them.
pub fn legal_texts(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '；', '|', '\n', '\r']).map(str::trim).filter(|part| !part.is_empty())
}

/// The parts of a list in one cell, as Chinese and English write them.
pub fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '；', ',', '，', '、', '|']).map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use domain::ItemContent;

    use super::*;

    fn row(cells: &[(Field, &str)], defaults: &str) -> Result<Row, Refusal> {
        let mut record = Record::new(7);
        for (field, text) in cells {
            record.set(*field, text);
        }
        let defaults = defaults.parse().expect("well formed");
        Row::new(&record, &Rules { defaults, code_scheme: "sichuan".to_owned() })
    }

    fn content(row: &Row) -> ItemContent {
        serde_json::from_value(row.content.clone()).expect("content as the API takes it")
    }

    #[test]
    fn what_is_silent_is_derived() {
        let cells =
            [(Field::Department, "区经信局"), (Field::Name, "企业投资项目备案"), (Field::ItemCode, "511Z-1")];
        let row = row(&cells, "region=511602000000").expect("enough");
        let content = content(&row);
        assert_eq!(row.local_code, "511Z-1");
        assert_eq!((row.department_code, row.region.as_str()), (None, "511602"));
        assert_eq!(content.level.get(), 4);
        assert_eq!((content.kind, content.audience.len()), (Kind::PublicService, 2));
        assert_eq!(content.codes, [ItemCode::new("local", "511Z-1").expect("a code")]);
        assert_eq!(content.check(), []);
    }

    #[test]
    fn codes_go_under_the_scheme_that_their_form_tells() {
        let all = |item, basic| {
            let row = row(
                &[
                    (Field::Department, "d"),
                    (Field::Name, "n"),
                    (Field::ItemCode, item),
                    (Field::BasicCode, basic),
                ],
                "",
            );
            content(&row.expect("enough")).codes.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(all("a", "442199806003"), ["local:a", "cn-basic:442199806003"]);
        assert_eq!(
            all("12441500196720244T3442199806003", "511Z07001006"),
            ["cn-implementation:12441500196720244T3442199806003", "sichuan:511Z07001006"]
        );
    }

    #[test]
    fn organisations_without_a_valid_credit_code_keep_theirs_as_local() {
        let organisation = |code| {
            let row = row(
                &[
                    (Field::Department, "d"),
                    (Field::Name, "n"),
                    (Field::Id, "1"),
                    (Field::Organisation, code),
                ],
                "",
            );
            content(&row.expect("enough")).organisation.map(|code| code.to_string())
        };
        assert_eq!(organisation("12441500196720244T").as_deref(), Some("uscc:12441500196720244T"));
        assert_eq!(organisation("8282348").as_deref(), Some("local:8282348"));
        assert_eq!(organisation(" "), None);
    }

    #[test]
    fn spreadsheets_words_are_understood_and_others_are_handed_on() {
        let of = |kind, audience| {
            let cells = [
                (Field::Department, "d"),
                (Field::Name, "n"),
                (Field::Id, "1"),
                (Field::Kind, kind),
                (Field::Audience, audience),
            ];
            row(&cells, "").expect("enough").content
        };
        let understood = of("行政许可", "自然人；企业");
        assert_eq!(
            (&understood["kind"], &understood["audience"]),
            (&json!("01"), &json!(["natural-person", "legal-person"]))
        );
        let strange = of("99", "everybody");
        assert_eq!((&strange["kind"], &strange["audience"]), (&json!("99"), &json!(["everybody"])));
        assert!(serde_json::from_value::<ItemContent>(strange).is_err());
    }

    #[test]
    fn laws_are_told_apart_and_keep_their_commas() {
        let basis = "《食品安全法》第三十五条，第三十六条；《食品经营许可管理办法》第二条\nFood Safety Act";
        let cells =
            [(Field::Department, "d"), (Field::Name, "n"), (Field::Id, "1"), (Field::LegalBasis, basis)];
        let row = row(&cells, "").expect("enough");
        let texts: Vec<_> =
            content(&row).legal_basis.iter().map(|text| text.default_text().to_owned()).collect();
        let expected =
            ["《食品安全法》第三十五条，第三十六条", "《食品经营许可管理办法》第二条", "Food Safety Act"];
        assert_eq!(texts, expected);
    }

    #[test]
    fn names_without_chinese_are_english() {
        assert_eq!(localized("Driving License").get("en"), Some("Driving License"));
        assert_eq!(localized("A级证").get("zh-CN"), Some("A级证"));
    }

    #[test]
    fn refusals_name_line_field_and_rule() {
        let refusal = |cells: &[(Field, &str)]| {
            let refusal = row(cells, "").expect_err("wrong");
            let error = refusal.errors.into_iter().next().expect("one thing is wrong");
            (refusal.line, error.field.unwrap_or_default(), error.code)
        };
        let is = |field: &str, code: &str| (7, field.to_owned(), code.to_owned());
        assert_eq!(refusal(&[(Field::Id, "1")]), is("department", "required"));
        assert_eq!(refusal(&[(Field::Department, "d")]), is("id", "required"));
        assert_eq!(
            refusal(&[(Field::Department, "d"), (Field::Id, "1"), (Field::Region, "33")]),
            is("region", "division")
        );
    }
}
