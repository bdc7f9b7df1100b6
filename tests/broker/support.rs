//! The broker that the tests share, and names that no other test uses.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, UNIX_EPOCH};

/// The broker of this run.
pub(crate) struct Broker {
    pub(crate) bootstrap: String,
}

static NAMES: AtomicU32 = AtomicU32::new(0);

impl Broker {
    /// The broker that `AIRSHED_TEST_BROKERS` names; without one, says which test is left out.
    #[expect(clippy::disallowed_methods, reason = "Only the caller knows where the broker is.")]
    pub(crate) fn of_test(test: &str) -> Option<Self> {
        let named = std::env::var("AIRSHED_TEST_BROKERS").ok().filter(|it| !it.is_empty());
        if named.is_none() {
            // Written past the harness, which would keep the words of a passing test to itself.
            let words = format!("left out without AIRSHED_TEST_BROKERS: {test}\n");
            std::io::stderr().write_all(words.as_bytes()).unwrap();
        }
        named.map(|bootstrap| Self { bootstrap })
    }
}

/// A name that no other test and no earlier run has used.
#[expect(clippy::disallowed_methods, reason = "Names must differ from one run to the next.")]
pub(crate) fn fresh(place: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let number = NAMES.fetch_add(1, Ordering::Relaxed);
    format!("test.{place}.{}.{}.{number}", now.as_millis(), std::process::id())
}

/// Now, for what takes how long.
#[expect(clippy::disallowed_methods, reason = "A test may look at the clock.")]
pub(crate) fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// A broker of a test's own, which it may kill.
pub(crate) struct OwnBroker {
    pub(crate) bootstrap: String,
    folder: tempfile::TempDir,
}

impl OwnBroker {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bootstrap = control("start", folder.path());
        Self { bootstrap, folder }
    }

    /// Like a power cut for the process; what it had written stays.
    pub(crate) fn kill(&self) {
        control("kill", self.folder.path());
    }

    /// Starts it again later, on the same address with the same data.
    pub(crate) fn start_again_after(&self, pause: Duration) -> JoinHandle<()> {
        let folder = self.folder.path().to_owned();
        std::thread::spawn(move || {
            std::thread::sleep(pause);
            control("start", &folder);
        })
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        control("kill", self.folder.path());
    }
}

fn control(action: &str, folder: &Path) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/kafka/broker");
    let output = Command::new(script).arg(action).arg(folder).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "broker {action}: {words}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Runs a test with the broker, or says that it is left out.
macro_rules! broker_test {
    ($name:ident, |$broker:ident| $body:block) => {
        #[test]
        fn $name() {
            let name = concat!(module_path!(), "::", stringify!($name));
            if let Some(broker) = $crate::support::Broker::of_test(name) {
                let $broker = &broker;
                $body
            }
        }
    };
}

pub(crate) use broker_test;
