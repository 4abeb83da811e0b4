//! Which of the gateway's threads this is.

use std::cell::Cell;

thread_local! {
    static PLACE: Cell<usize> = const { Cell::new(0) };
}

/// Says that this thread is the worker of that place, counted from zero: the calls that it attends to have connections to
/// backends of their own. A thread that says nothing shares those of the first.
pub fn work_as(place: usize) {
    PLACE.set(place);
}

/// The place of this thread.
pub(crate) fn place() -> usize {
    PLACE.get()
}
