//! Which department may learn what: of migrated items, under merged entries, and after another reading of the log.

use domain::item::ApprovalBasis;
use read_model::{DisclosureFilter, Snapshot};
use serde_json::json;

use crate::city::{City, content_with, operator};

fn asking(name: &str, claims: &[&str]) -> domain::ItemContent {
    let claims: Vec<_> =
        claims.iter().map(|claim| json!({"claim": claim, "purpose": {"zh-CN": "登记"}})).collect();
    content_with(json!({"name": {"zh-CN": name}, "access": {"claims": claims}}))
}

fn claims(snapshot: &Snapshot, filter: &DisclosureFilter) -> Vec<String> {
    snapshot.disclosures(filter, None, 100).items.iter().map(|found| found.claim.clone()).collect()
}

#[tokio::test]
async fn a_migration_says_that_it_approved_and_an_alias_leads_to_its_survivor_s_items() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let stays = city.found(&owner, "1", asking("结婚登记", &["name"])).await;
    let gone = city.found(&owner, "2", asking("婚姻登记", &["name", "phone"])).await;
    city.merge(gone, stays).await;
    let now = city.now().await;
    let of = |entry| DisclosureFilter { entry: Some(entry), ..DisclosureFilter::default() };
    assert_eq!(claims(&now, &of(stays)), ["name", "name", "phone"]);
    assert_eq!(claims(&now, &of(gone)), ["name", "name", "phone"]);
    let phone = DisclosureFilter { claim: Some("phone".to_owned()), ..of(gone) };
    let found = now.disclosures(&phone, None, 100).items.remove(0);
    let [approval] = &found.approvals[..] else { panic!("one approval: {:?}", found.approvals) };
    assert_eq!(approval.basis, ApprovalBasis::Migration { source: "test".to_owned() });
    assert_eq!((&approval.by, approval.at), (&Some(operator().id), city.time()));

    // A newer migration drops a claim; whoever reads the log anew sees the same.
    city.pass_days(1);
    city.publish(&owner, "2", asking("婚姻登记", &["name"])).await;
    let now = city.now().await;
    let ended = DisclosureFilter { in_force: Some(false), ..DisclosureFilter::default() };
    let ended = now.disclosures(&ended, None, 100).items;
    assert_eq!((ended.len(), ended[0].claim.as_str()), (1, "phone"));
    assert_eq!(ended[0].end.map(|end| end.at), Some(city.time()));
    assert!(ended[0].since < city.time());
    assert_eq!(*city.replayed().await, *now);
}
