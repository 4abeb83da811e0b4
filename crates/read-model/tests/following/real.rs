//! The items of a real district, where they are beside the repository.

use std::path::Path;
use std::sync::Arc;

use domain::{DepartmentId, EntryId};
use read_model::SearchQuery;
use tokio::task::JoinSet;

use crate::city::{City, content, names};

/// Columns of the list.
const DEPARTMENT: usize = 0;
const NAME: usize = 2;
const CODE: usize = 3;
/// Items that are registered at the same time.
const AT_ONCE: usize = 32;

async fn register(city: Arc<City>, owner: DepartmentId, code: String, name: String) -> EntryId {
    city.found(&owner, &code, content(&name, "511602")).await
}

#[tokio::test]
async fn every_item_of_a_real_district_is_found_by_a_part_of_its_name() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cn-guangan-items/items.csv");
    let Ok(mut list) = csv::Reader::from_path(&list) else {
        println!("not tested: {} is not there", list.display());
        return;
    };
    let city = Arc::new(City::new().await);
    let mut owners = std::collections::BTreeMap::new();
    let (mut registering, mut registered) = (JoinSet::new(), Vec::new());
    for (line, row) in list.records().enumerate() {
        let row = row.expect("a row");
        let owner = match owners.get(&row[DEPARTMENT]) {
            Some(owner) => DepartmentId::clone(owner),
            None => {
                let owner = city.enrol(&row[DEPARTMENT], "511602").await;
                owners.insert(row[DEPARTMENT].to_owned(), owner.clone());
                owner
            }
        };
        let code = format!("{line} {}", &row[CODE]);
        registering.spawn(register(Arc::clone(&city), owner, code, row[NAME].to_owned()));
        registered.push(row[NAME].to_owned());
        if registering.len() == AT_ONCE {
            registering.join_next().await.expect("one is under way").expect("registered");
        }
    }
    while let Some(done) = registering.join_next().await {
        done.expect("registered");
    }
    city.searchable().await;
    for part in ["养老", "驾驶证", "食品经营", "社保", "社会保险", "残疾", "许可证"] {
        let query = SearchQuery { text: part.to_owned(), limit: 1000, ..SearchQuery::default() };
        let found = names(&city.model.search(&query).expect("searched").entries);
        for name in registered.iter().filter(|name| name.contains(part)) {
            assert!(found.contains(name), "{part} finds {name}");
        }
        assert!(found.len() < registered.len() / 2, "{part} tells items apart");
    }
    assert_eq!(*city.now().await, *city.replayed().await);
}
