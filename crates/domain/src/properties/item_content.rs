//! The laws of an item's content: checking is total, the hash survives JSON.

use proptest::prelude::*;

use super::arbitrary::any_content;
use crate::ItemContent;

proptest! {
    #[test]
    fn any_content_is_checked(content in any_content()) {
        for violation in content.check() {
            prop_assert!(violation.pointer.is_empty() || violation.pointer.starts_with('/'));
        }
    }

    #[test]
    fn the_hash_survives_json(content in any_content()) {
        let bytes = serde_json::to_vec(&content).expect("JSON");
        let read: ItemContent = serde_json::from_slice(&bytes).expect("content");
        prop_assert_eq!(read.hash(), content.hash());
        prop_assert_eq!(read, content);
    }
}
