//! What matching promises, through its public interface only.

mod batch;
mod index;
mod names;
mod properties;
mod real_lists;
mod reasons;

use matching::{Profile, SharedCode};

/// A profile of a name alone.
fn named(name: &str) -> Profile {
    Profile { name: name.to_owned(), ..Profile::default() }
}

/// A profile of a name under a shared code.
fn coded(name: &str, code: &str) -> Profile {
    let codes = vec![SharedCode { scheme: "cn-basic".to_owned(), value: code.to_owned() }];
    Profile { codes, ..named(name) }
}
