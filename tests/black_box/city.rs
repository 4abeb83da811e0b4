//! Demos that several tests share, because starting one takes seconds.

use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::binary::Demo;

/// The demo of Hangzhou that tests write to. Nobody counts what is in it, or changes the sample's own items.
pub(crate) fn busy() -> &'static Demo {
    static BUSY: OnceLock<Shared> = OnceLock::new();
    &BUSY.get_or_init(Shared::start).demo
}

/// The demo of Hangzhou that nobody writes to.
pub(crate) fn quiet() -> &'static Demo {
    static QUIET: OnceLock<Shared> = OnceLock::new();
    &QUIET.get_or_init(Shared::start).demo
}

/// What is in a `static` is never dropped, so that another process has to see to the demo's end.
#[derive(Debug)]
struct Shared {
    demo: Demo,
    _reaper: Child,
}

impl Shared {
    fn start() -> Self {
        let demo = Demo::start(&[]);
        // It reads until the pipe closes, which happens whichever way the tests end. What was killed may still write
        // while its folder is removed.
        let reaper = Command::new("sh")
            .args(["-c", "cat; kill -9 \"$0\"; for _ in 1 2 3; do rm -rf \"$1\" && exit; done"])
            .arg(demo.pid().to_string())
            .arg(demo.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is a shell");
        Self { demo, _reaper: reaper }
    }
}
