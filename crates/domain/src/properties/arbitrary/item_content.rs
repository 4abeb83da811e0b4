//! Any content that JSON can bring.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Number, Value};

use super::{division, note, text};
use crate::item::{
    Access, Audience, Backend, ClaimRequest, EntryPoint, EntryPointChannel, Kind, Level, Material, Office,
    TimeLimits, Timeouts,
};
use crate::{ItemCode, ItemContent, OrganisationCode};

/// Any content, for the most part breaking some rule.
pub(in crate::properties) fn any_content() -> impl Strategy<Value = ItemContent> {
    (headline(), procedure(), reach(), option::of(document())).prop_map(
        |(headline, procedure, (entry_points, backend, access), openapi)| {
            let (name, summary, kind, audience, level, regions, codes, organisation) = headline;
            let (legal_basis, materials, time_limits, fees, steps, office, complaint, keywords) = procedure;
            ItemContent {
                name,
                summary,
                kind,
                audience,
                level,
                regions,
                codes,
                organisation,
                legal_basis,
                materials,
                time_limits,
                fees,
                steps,
                office,
                complaint,
                keywords,
                entry_points,
                backend,
                access,
                openapi,
            }
        },
    )
}

prop_compose! {
    fn headline()(
        name in text(),
        summary in text(),
        kind in select(Kind::ALL.to_vec()),
        audience in btree_set(select(vec![Audience::NaturalPerson, Audience::LegalPerson]), 0..3),
        level in (1u8..=6).prop_map(|level| Level::try_from(level).expect("a level")),
        regions in btree_set(division(), 0..4),
        codes in vec(code(), 0..18),
        organisation in option::of(organisation()),
    ) -> (
        crate::LocalizedText, crate::LocalizedText, Kind, std::collections::BTreeSet<Audience>, Level,
        std::collections::BTreeSet<crate::Division>, Vec<ItemCode>, Option<OrganisationCode>,
    ) {
        (name, summary, kind, audience, level, regions, codes, organisation)
    }
}

prop_compose! {
    fn procedure()(
        legal_basis in vec(text(), 0..3),
        materials in vec((text(), any::<bool>()).prop_map(|(name, required)| Material { name, required }), 0..3),
        time_limits in (any::<Option<u16>>(), any::<Option<u16>>())
            .prop_map(|(promised_days, legal_days)| TimeLimits { promised_days, legal_days }),
        fees in text(),
        steps in vec(text(), 0..3),
        office in (text(), text(), option::of(note()))
            .prop_map(|(address, hours, phone)| Office { address, hours, phone }),
        complaint in text(),
        keywords in btree_set(note(), 0..4),
    ) -> (
        Vec<crate::LocalizedText>, Vec<Material>, TimeLimits, crate::LocalizedText, Vec<crate::LocalizedText>,
        Office, crate::LocalizedText, std::collections::BTreeSet<String>,
    ) {
        (legal_basis, materials, time_limits, fees, steps, office, complaint, keywords)
    }
}

fn reach() -> impl Strategy<Value = (Vec<EntryPoint>, Option<Backend>, Access)> {
    let entry_point = (select(EntryPointChannel::ALL.to_vec()), note())
        .prop_map(|(channel, target)| EntryPoint { channel, target });
    let claim = (note(), text()).prop_map(|(claim, purpose)| ClaimRequest { claim, purpose });
    let access = (option::of(note()), btree_set(note(), 0..3), vec(claim, 0..3))
        .prop_map(|(assurance, scopes, claims)| Access { assurance, scopes, claims });
    (vec(entry_point, 0..3), option::of(backend()), access)
}

fn backend() -> impl Strategy<Value = Backend> {
    let url = prop_oneof![
        "https?://[a-z.\\[\\]:0-9@]{0,12}(/[a-z.%?#]{0,8})?",
        "http://\\[[0-9a-f:]{0,8}\\]?(:[0-9]{0,6})?/?",
        any::<String>(),
    ];
    (url, option::of(note()), any::<[Option<u32>; 3]>()).prop_map(|(base_url, health_path, limits)| {
        let [connect_ms, first_byte_ms, idle_ms] = limits;
        Backend { base_url, health_path, timeouts: Timeouts { connect_ms, first_byte_ms, idle_ms } }
    })
}

fn code() -> impl Strategy<Value = ItemCode> {
    prop_oneof![
        Just(ItemCode::new("cn-basic", "442199806003").expect("well formed")),
        "[0-9A-Z]{1,12}".prop_map(|value| ItemCode::new("local", &value).expect("well formed")),
    ]
}

fn organisation() -> impl Strategy<Value = OrganisationCode> {
    "[0-9A-Z]{1,18}".prop_map(|value| OrganisationCode::new("local", &value).expect("well formed"))
}

/// Any JSON, with whole and broken numbers; not null, which is read as no document at all.
fn document() -> impl Strategy<Value = Box<Value>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |number| Number::from_f64(number).map(Value::Number)),
        "\\PC{0,6}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::Array),
            btree_map("\\PC{0,4}", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().rev().collect())),
        ]
    })
    .prop_filter_map("not null", |value| (!value.is_null()).then(|| Box::new(value)))
}
