//! Reading a name: idempotent, and the same however wide or large its letters are.

#![no_main]

use inputs::Text;
use libfuzzer_sys::fuzz_target;
use matching::{Lexicon, normalise};

fuzz_target!(|name: Text| {
    let once = normalise(&name.0);
    assert_eq!(normalise(once.text()), once, "{name:?}");
    let lexicon = Lexicon::built_in();
    assert!(once.acts().all(|act| act.id(lexicon) != "unknown"));
});
