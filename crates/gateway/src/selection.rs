//! Which of an entry's offerings serves this caller: by department, then by region.
//!
//! A call that names a department is for that department alone, whoever else serves the region; the rest of the rule
//! then goes on as if nobody else offered the service. This is how one of several departments that serve the same
//! region, as all that serve the whole nation do, is told from the others.
//!
//! The region rule: the most specific division wins, going up the digits from the caller's. What that division's offering then says is
//! the answer, also when it is suspended: the department above is not asked to do what is not its business. Among
//! offerings for the same division those that fail are passed over, down to a floor; then the primary goes first, then
//! the less loaded of two taken at random.

use std::sync::Arc;

use domain::{DepartmentId, Division, LocalizedText};
use serde::Serialize;

use crate::refusal::Refusal;
use crate::{HealthSettings, Offering, Standing, Upstream};

/// The most choices that an answer lists.
const MAX_CHOICES: usize = 200;

/// A division that an entry is offered in, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Choice {
    /// The value to send as `Service-Region`.
    region: Division,
    /// The division's Chinese name, where the code is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    /// The value to send as `Service-Department`, percent-encoded where it isn't ASCII.
    department: String,
    department_name: LocalizedText,
}

/// An offering that takes the call, and where the call goes.
#[derive(Debug)]
pub(crate) struct Chosen<'a> {
    pub(crate) offering: &'a Arc<Offering>,
    pub(crate) upstream: &'a Arc<Upstream>,
    /// Whether the call goes there although the backend's circuit is open.
    pub(crate) forced: bool,
}

/// Chooses by the department and the caller's region, or the only offering when there is no region and no choice left.
pub(crate) fn choose<'a>(
    offerings: &'a [Arc<Offering>],
    department: Option<&DepartmentId>,
    region: Option<&Division>,
    health: &HealthSettings,
) -> Result<Chosen<'a>, Refusal> {
    let all: Vec<_> = offerings.iter().collect();
    if all.is_empty() {
        return Err(Refusal::NotCallable);
    }
    let eligible = match department {
        Some(department) => offered_by(&all, department)?,
        None => all,
    };
    match (region, eligible.as_slice()) {
        (Some(region), _) => among_equals(serving(&eligible, region)?, health),
        (None, [_]) => among_equals(eligible, health),
        (None, _) => Err(Refusal::RegionRequired { choices: choices(&eligible) }),
    }
}

/// The department's own offerings.
fn offered_by<'a>(
    offerings: &[&'a Arc<Offering>],
    department: &DepartmentId,
) -> Result<Vec<&'a Arc<Offering>>, Refusal> {
    let id = department.to_string();
    let own: Vec<_> = offerings.iter().copied().filter(|offering| offering.department.id() == id).collect();
    if own.is_empty() {
        let department = department.clone();
        return Err(Refusal::NotOfferedByDepartment { department, choices: choices(offerings) });
    }
    Ok(own)
}

/// The offerings for the most specific division around `region` that has any.
fn serving<'a>(
    offerings: &[&'a Arc<Offering>],
    region: &Division,
) -> Result<Vec<&'a Arc<Offering>>, Refusal> {
    region
        .lineage()
        .map(|division| {
            offerings.iter().copied().filter(|offering| offering.regions.contains(&division)).collect()
        })
        .find(|serving: &Vec<_>| !serving.is_empty())
        .ok_or_else(|| Refusal::NotOfferedInRegion { region: region.clone(), choices: choices(offerings) })
}

fn among_equals<'a>(equals: Vec<&'a Arc<Offering>>, health: &HealthSettings) -> Result<Chosen<'a>, Refusal> {
    let ready = equals.iter().filter_map(|offering| take_call(offering)).collect();
    let ready = without_doubted(ready, health);
    if let Some(place) =
        ready.iter().position(|chosen| chosen.offering.primary).or_else(|| less_loaded(&ready))
        && let Some(chosen) = ready.into_iter().nth(place)
    {
        return Ok(chosen);
    }
    let notice = equals.into_iter().find_map(|offering| match &offering.standing {
        Standing::Suspended { notice } => Some(notice),
        Standing::Available => None,
    });
    Err(notice.map_or(Refusal::NotCallable, |notice| Refusal::Suspended { notice: notice.clone() }))
}

fn take_call(offering: &Arc<Offering>) -> Option<Chosen<'_>> {
    match (&offering.standing, &offering.upstream) {
        (Standing::Available, Some(upstream)) => Some(Chosen { offering, upstream, forced: false }),
        (Standing::Available, None) | (Standing::Suspended { .. }, _) => None,
    }
}

/// Passes over the doubted among several, down to the floor; whoever would be asked again first comes back first. Where
/// all would be passed over, none is.
fn without_doubted<'a>(ready: Vec<Chosen<'a>>, health: &HealthSettings) -> Vec<Chosen<'a>> {
    let is_undoubted = |chosen: &Chosen<'_>| chosen.upstream.health().is_undoubted(health);
    if ready.len() < 2 || ready.iter().all(is_undoubted) {
        return ready;
    }
    let floor = ready.len() * usize::from(health.floor_percent) / 100;
    let (mut kept, mut doubted): (Vec<_>, Vec<_>) = ready.into_iter().partition(is_undoubted);
    if !kept.is_empty() {
        doubted.sort_by_key(|chosen| chosen.upstream.health().due_in());
        doubted.truncate(floor.saturating_sub(kept.len()));
    }
    kept.extend(doubted.into_iter().map(|chosen| {
        let forced = floor > 0 && !chosen.upstream.health().is_closed();
        Chosen { forced, ..chosen }
    }));
    kept
}

/// The place of the less loaded of two different offerings taken at random ("the power of two choices"): as good as
/// asking all, at the cost of asking two.
fn less_loaded(ready: &[Chosen<'_>]) -> Option<usize> {
    match ready.len() {
        0 => None,
        1 => Some(0),
        count => {
            let one = rand::random_range(0..count);
            let other = (one + rand::random_range(1..count)) % count;
            [one, other]
                .into_iter()
                .min_by_key(|place| ready.get(*place).map(|chosen| chosen.upstream.in_flight()))
        }
    }
}

fn choices(offerings: &[&Arc<Offering>]) -> Vec<Choice> {
    let mut choices: Vec<Choice> = offerings
        .iter()
        .flat_map(|offering| {
            offering.regions.iter().map(|region| Choice {
                region: region.clone(),
                name: region.name(),
                department: offering.department.id().to_owned(),
                department_name: offering.department.name().clone(),
            })
        })
        .collect();
    choices.sort();
    choices.dedup();
    choices.truncate(MAX_CHOICES);
    choices
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::ItemId;

    use super::*;
    use crate::{Access, Department, UpstreamTimeouts};

    fn offering(name: &str, regions: &[&str]) -> Offering {
        let department = format!("local:{name}").parse().expect("well formed");
        Offering {
            item: ItemId::new(&department, &"1".parse().expect("well formed")),
            department: Arc::new(Department::new(&department, LocalizedText::zh(name))),
            regions: regions.iter().map(|region| division(region)).collect(),
            primary: false,
            standing: Standing::Available,
            upstream: Some(Arc::new(
                Upstream::new("http://b.example", UpstreamTimeouts::default()).expect("a base URL"),
            )),
            access: Access::default(),
            tally: crate::Tally::default(),
        }
    }

    fn division(text: &str) -> Division {
        text.parse().expect("well formed")
    }

    fn suspended(name: &str, regions: &[&str]) -> Offering {
        Offering {
            standing: Standing::Suspended { notice: LocalizedText::zh("停") },
            ..offering(name, regions)
        }
    }

    fn uncallable(name: &str, regions: &[&str]) -> Offering {
        Offering { upstream: None, ..offering(name, regions) }
    }

    fn primary(offering: Offering) -> Offering {
        Offering { primary: true, ..offering }
    }

    /// The department that takes the call, or the code of the refusal.
    fn answer(offerings: Vec<Offering>, region: Option<&str>) -> String {
        answer_of(None, offerings, region)
    }

    /// The same for a call that may name a department.
    fn answer_of(department: Option<&str>, offerings: Vec<Offering>, region: Option<&str>) -> String {
        let department = department.map(|name| format!("local:{name}").parse().expect("well formed"));
        let offerings: Vec<_> = offerings.into_iter().map(Arc::new).collect();
        match choose(
            &offerings,
            department.as_ref(),
            region.map(division).as_ref(),
            &HealthSettings::default(),
        ) {
            Ok(chosen) => chosen.offering.department.id().replace("local:", ""),
            Err(refusal) => refusal.outcome().code.to_owned(),
        }
    }

    #[test]
    fn the_region_rule() {
        let table = || {
            vec![
                offering("nation", &["000000"]),
                offering("province", &["330000"]),
                offering("city", &["330100"]),
                offering("xihu", &["330106"]),
                offering("beishan", &["330106001"]),
            ]
        };
        for (region, expected) in [
            (Some("330106001002"), "beishan"),
            (Some("330106001"), "beishan"),
            (Some("330106002"), "xihu"),
            (Some("330106"), "xihu"),
            (Some("330110"), "city"),
            (Some("330100"), "city"),
            (Some("330200"), "province"),
            (Some("440100"), "nation"),
            (Some("000000"), "nation"),
            (None, "region-required"),
        ] {
            assert_eq!(answer(table(), region), expected, "{region:?}");
        }
    }

    #[test]
    fn the_named_department_alone_is_asked() {
        let table = || {
            vec![
                primary(offering("nation", &["000000"])),
                offering("rival", &["000000"]),
                offering("区经信局", &["330106"]),
                offering("two", &["330100"]),
                offering("two", &["330106"]),
                suspended("closed", &["000000"]),
                uncallable("paper", &["000000"]),
            ]
        };
        for (department, region, expected) in [
            (Some("rival"), None, "rival"),
            (Some("rival"), Some("000000"), "rival"),
            (Some("rival"), Some("330106"), "rival"),
            (Some("nation"), Some("330106001"), "nation"),
            (Some("区经信局"), None, "区经信局"),
            (Some("区经信局"), Some("330106"), "区经信局"),
            (Some("区经信局"), Some("330110"), "not-offered-in-region"),
            (Some("two"), None, "region-required"),
            (Some("two"), Some("330106"), "two"),
            (Some("two"), Some("440100"), "not-offered-in-region"),
            (Some("closed"), None, "suspended"),
            (Some("closed"), Some("330106"), "suspended"),
            (Some("paper"), Some("000000"), "not-callable"),
            (Some("nobody"), None, "not-offered-by-department"),
            (Some("nobody"), Some("330106"), "not-offered-by-department"),
            (Some("RIVAL"), None, "not-offered-by-department"),
            (None, Some("000000"), "nation"),
            (None, None, "region-required"),
        ] {
            assert_eq!(answer_of(department, table(), region), expected, "{department:?} {region:?}");
        }
        assert_eq!(answer_of(Some("rival"), Vec::new(), None), "not-callable");
    }

    #[test]
    fn the_most_specific_of_the_department_s_offerings_takes_the_call() {
        let offerings =
            [offering("two", &["330100"]), offering("two", &["330106"]), offering("one", &["330106001"])];
        let offerings = offerings.map(Arc::new);
        let department = "local:two".parse().expect("well formed");
        for (region, place) in [("330106001", 1), ("330106", 1), ("330110", 0)] {
            let chosen =
                choose(&offerings, Some(&department), Some(&division(region)), &HealthSettings::default())
                    .expect("it is served");
            assert!(Arc::ptr_eq(chosen.offering, &offerings[place]), "{region}");
        }
    }

    #[test]
    fn the_only_offering_needs_no_region_but_heeds_one() {
        assert_eq!(answer(vec![offering("xihu", &["330106"])], None), "xihu");
        assert_eq!(answer(vec![offering("xihu", &["330106"])], Some("330110")), "not-offered-in-region");
        assert_eq!(answer(vec![offering("xihu", &["330106"])], Some("330100")), "not-offered-in-region");
        assert_eq!(answer(Vec::new(), None), "not-callable");
    }

    #[test]
    fn a_suspended_or_uncallable_offering_answers_for_its_division() {
        let city = || offering("city", &["330100"]);
        assert_eq!(answer(vec![city(), suspended("xihu", &["330106"])], Some("330106")), "suspended");
        assert_eq!(answer(vec![city(), uncallable("xihu", &["330106"])], Some("330106")), "not-callable");
        assert_eq!(answer(vec![city(), suspended("xihu", &["330106"])], Some("330110")), "city");
        assert_eq!(answer(vec![suspended("xihu", &["330106"])], None), "suspended");
    }

    #[test]
    fn among_equals_the_primary_goes_first_as_long_as_it_takes_calls() {
        let equals = |first: Offering| vec![offering("other", &["330106"]), first];
        assert_eq!(answer(equals(primary(offering("first", &["330106"]))), Some("330106")), "first");
        assert_eq!(answer(equals(primary(suspended("first", &["330106"]))), Some("330106")), "other");
        assert_eq!(answer(equals(primary(uncallable("first", &["330106"]))), Some("330106")), "other");
    }

    #[test]
    fn of_two_equals_the_less_loaded_takes_the_call() {
        let offerings: Vec<_> = [offering("busy", &["330106"]), offering("idle", &["330106"])]
            .into_iter()
            .map(Arc::new)
            .collect();
        offerings[0].upstream.as_ref().expect("an upstream").enters();
        for _ in 0..32 {
            let chosen = choose(&offerings, None, Some(&division("330106")), &HealthSettings::default())
                .expect("both take calls");
            assert_eq!(chosen.offering.department.id(), "local:idle");
        }
    }

    #[test]
    fn where_all_equals_are_doubted_none_is_passed_over() {
        let settings = HealthSettings::default();
        let names = ["a", "b", "c"];
        let chosen_of = |doubt: fn(&Upstream, &HealthSettings), settings: &HealthSettings| {
            let offerings = names.map(|name| Arc::new(offering(name, &["330106"])));
            for offering in &offerings {
                doubt(offering.upstream.as_ref().expect("an upstream"), settings);
            }
            let seen: BTreeSet<_> = (0..256)
                .map(|_| {
                    let chosen = choose(&offerings, None, Some(&division("330106")), settings);
                    let chosen = chosen.expect("all take calls");
                    (chosen.offering.department.id().to_owned(), chosen.forced)
                })
                .collect();
            seen
        };
        let all = |forced: bool| names.map(|name| (format!("local:{name}"), forced)).into();
        let probes_fail = |upstream: &Upstream, settings: &HealthSettings| {
            for _ in 0..settings.probe_failures {
                upstream.health().probed(false, settings);
            }
        };
        let circuit_opens = |upstream: &Upstream, settings: &HealthSettings| {
            for _ in 0..settings.failures_in_a_row {
                upstream.health().failed(crate::health::Admission::Plain, "backend-unreachable", settings);
            }
        };
        assert_eq!(chosen_of(probes_fail, &settings), all(false));
        assert_eq!(chosen_of(circuit_opens, &settings), all(true));
        let unforced = HealthSettings { floor_percent: 0, ..settings };
        assert_eq!(chosen_of(circuit_opens, &unforced), all(false));
    }

    #[test]
    fn equals_share_the_calls() {
        let offerings: Vec<_> =
            ["a", "b", "c"].into_iter().map(|name| Arc::new(offering(name, &["330106"]))).collect();
        let seen: BTreeSet<_> = (0..256)
            .map(|_| {
                choose(&offerings, None, Some(&division("330106")), &HealthSettings::default())
                    .expect("all take calls")
            })
            .map(|chosen| chosen.offering.department.id().to_owned())
            .collect();
        assert_eq!(seen.len(), 3);
    }

    #[test]
    fn choices_are_listed_once_in_order() {
        let offerings =
            [offering("b", &["330110", "330106"]), offering("a", &["330106"]), offering("a", &["330106"])];
        let offerings = offerings.map(Arc::new);
        let found = choices(&offerings.each_ref());
        let short: Vec<_> = found
            .iter()
            .map(|choice| (choice.region.as_str(), choice.name, choice.department.as_str()))
            .collect();
        assert_eq!(
            short,
            [
                ("330106", Some("西湖区"), "local:a"),
                ("330106", Some("西湖区"), "local:b"),
                ("330110", Some("余杭区"), "local:b")
            ]
        );
    }
}
