//! The sample catalogue of Hangzhou: made up where it holds codes, and plainly labelled so.

use std::collections::BTreeSet;

use domain::item::{
    Access, Audience, Backend, ClaimRequest, EntryPoint, EntryPointChannel, Kind, Level, Material, Office,
    TimeLimits, Timeouts,
};
use domain::{DepartmentId, Division, ItemCode, ItemContent, LocalCode, LocalizedText, OrganisationCode};
use serde::Deserialize;

use crate::failure::Failure;

const HANGZHOU: &str = include_str!("../../sample/hangzhou.json");
/// Where backends say how they are.
pub const HEALTH_PATH: &str = "/status";
/// Pages for phones; the top-level name can't exist (RFC 2606).
const PAGES: &str = "https://h5.hangzhou.invalid";

/// A catalogue to start with.
#[derive(Debug, Deserialize)]
pub struct Sample {
    /// The departments.
    pub departments: Vec<SampleDepartment>,
    services: Vec<Service>,
}

/// A department of the sample.
#[derive(Debug, Clone, Deserialize)]
pub struct SampleDepartment {
    /// A short name, in this file only.
    pub slug: String,
    /// Its organisation code.
    pub code: OrganisationCode,
    /// Its name.
    pub name: LocalizedText,
    /// The division that it serves.
    pub region: Division,
}

impl SampleDepartment {
    /// Its identifier.
    pub fn id(&self) -> DepartmentId {
        self.code.clone().into()
    }
}

/// A service, with everybody who offers it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    basic_code: Option<String>,
    kind: Kind,
    audience: BTreeSet<Audience>,
    name: LocalizedText,
    summary: LocalizedText,
    keywords: BTreeSet<String>,
    legal_basis: Vec<String>,
    materials: Vec<String>,
    promised_days: Option<u16>,
    legal_days: Option<u16>,
    assurance: Option<String>,
    claims: Vec<ClaimRequest>,
    offerings: Vec<Offering>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offering {
    department: String,
    level: Level,
    regions: BTreeSet<Division>,
    local_code: LocalCode,
    name: Option<LocalizedText>,
    online: bool,
}

/// An item that a department of the sample registers.
#[derive(Debug, Clone)]
pub struct SampleItem {
    /// The department's place in [`Sample::departments`].
    pub department: usize,
    /// The department's own code for it.
    pub local_code: LocalCode,
    /// Its content.
    pub content: ItemContent,
}

impl Sample {
    /// The sample that comes with the binary.
    pub fn hangzhou() -> Result<Self, Failure> {
        serde_json::from_str(HANGZHOU).map_err(|error| Failure::because("the sample can't be read", &error))
    }

    /// Every item, with backends at `origins`: for each department, in their order, the address of its service.
    pub fn items(&self, origins: &[String]) -> Result<Vec<SampleItem>, Failure> {
        self.services
            .iter()
            .flat_map(|service| service.offerings.iter().map(move |offering| (service, offering)))
            .map(|(service, offering)| {
                let department = self
                    .departments
                    .iter()
                    .position(|department| department.slug == offering.department)
                    .ok_or_else(|| {
                        Failure::new(format!("the sample has no department {}", offering.department))
                    })?;
                let origin = origins.get(department).map(String::as_str);
                let content = service.content(offering, &self.departments[department], origin)?;
                Ok(SampleItem { department, local_code: offering.local_code.clone(), content })
            })
            .collect()
    }
}

impl Service {
    fn content(
        &self,
        offering: &Offering,
        department: &SampleDepartment,
        origin: Option<&str>,
    ) -> Result<ItemContent, Failure> {
        let code = self.basic_code.as_deref().map(|code| ItemCode::new("cn-basic", code)).transpose();
        let codes = code.map_err(|error| Failure::because("the sample has a wrong code", &error))?;
        let origin = origin.filter(|_| offering.online);
        Ok(ItemContent {
            name: offering.name.clone().unwrap_or_else(|| self.name.clone()),
            summary: self.summary.clone(),
            kind: self.kind,
            audience: self.audience.clone(),
            level: offering.level,
            regions: offering.regions.clone(),
            codes: codes.into_iter().collect(),
            organisation: None,
            legal_basis: self.legal_basis.iter().map(LocalizedText::zh).collect(),
            materials: self
                .materials
                .iter()
                .map(|name| Material { name: LocalizedText::zh(name), required: true })
                .collect(),
            time_limits: TimeLimits { promised_days: self.promised_days, legal_days: self.legal_days },
            fees: LocalizedText::zh("不收费").with("en", "Free of charge"),
            steps: Vec::new(),
            office: Office {
                address: LocalizedText::default(),
                hours: LocalizedText::zh("工作日 9:00–12:00，13:30–17:00")
                    .with("en", "Working days 9:00–12:00, 13:30–17:00"),
                phone: None,
            },
            complaint: LocalizedText::default(),
            keywords: self.keywords.clone(),
            entry_points: entry_points(offering, department, origin.is_some()),
            backend: origin.map(|origin| Backend {
                base_url: format!("{origin}/{}", offering.local_code),
                health_path: Some(HEALTH_PATH.to_owned()),
                timeouts: Timeouts::default(),
            }),
            access: Access {
                assurance: self.assurance.clone(),
                scopes: BTreeSet::new(),
                claims: self.claims.clone(),
            },
            openapi: None,
        })
    }
}

fn entry_points(offering: &Offering, department: &SampleDepartment, online: bool) -> Vec<EntryPoint> {
    let window = format!("{}办事窗口", department.name.default_text());
    let mut points = vec![EntryPoint { channel: EntryPointChannel::Window, target: window }];
    if online {
        let page = format!("{PAGES}/{}", offering.local_code);
        points.push(EntryPoint { channel: EntryPointChannel::H5, target: page });
        points.push(EntryPoint { channel: EntryPointChannel::Api, target: "applications".to_owned() });
    }
    points
}

#[cfg(test)]
mod tests {
    use domain::ItemId;

    use super::*;

    fn everything() -> (Sample, Vec<SampleItem>) {
        let sample = Sample::hangzhou().expect("the sample can be read");
        let origins: Vec<_> =
            (1..=sample.departments.len()).map(|n| format!("http://127.0.0.1:{n}")).collect();
        let items = sample.items(&origins).expect("every offering has its department");
        (sample, items)
    }

    #[test]
    fn every_item_of_the_sample_may_be_registered() {
        let (sample, items) = everything();
        assert!(sample.departments.len() >= 15);
        assert!((150..=250).contains(&items.len()), "{}", items.len());
        for item in &items {
            assert_eq!(item.content.check(), [], "{}", item.local_code);
        }
    }

    #[test]
    fn no_item_is_there_twice_and_no_department_either() {
        let (sample, items) = everything();
        let departments: BTreeSet<_> = sample.departments.iter().map(SampleDepartment::id).collect();
        assert_eq!(departments.len(), sample.departments.len());
        let ids: BTreeSet<_> = items
            .iter()
            .map(|item| ItemId::new(&sample.departments[item.department].id(), &item.local_code))
            .collect();
        assert_eq!(ids.len(), items.len());
    }

    #[test]
    fn several_districts_offer_one_service_and_some_can_not_be_called() {
        let (sample, items) = everything();
        assert!(sample.services.iter().filter(|service| service.offerings.len() >= 2).count() >= 30);
        assert!(items.iter().any(|item| item.content.backend.is_none()));
        assert!(items.iter().any(|item| item.content.backend.is_some()));
    }
}
