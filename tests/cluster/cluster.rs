//! The cluster of this run: three brokers in network namespaces, started by the first test that
//! needs them. It ends with this process, however that ends.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::skip;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/kafka/cluster");

/// A place in the cluster's network.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Node {
    /// A broker, by its number.
    Broker(i32),
    /// Where the program runs.
    A,
    /// Where another process of the program runs.
    B,
    /// Where the test itself is. Never cut off.
    C,
}

impl Node {
    fn name(self) -> String {
        match self {
            Self::Broker(number) => number.to_string(),
            Self::A => "a".into(),
            Self::B => "b".into(),
            Self::C => "c".into(),
        }
    }
}

/// The brokers, to one test at a time: what one cuts would stand in the way of another.
pub(crate) struct Cluster {
    folder: PathBuf,
    pub(crate) bootstrap: String,
    _alone: MutexGuard<'static, ()>,
}

impl Cluster {
    /// The cluster in the folder that `AIRSHED_TEST_CLUSTER` names. Without it, and where the
    /// machine cannot run one, the test is skipped. The calling thread enters the network.
    pub(crate) fn of_test() -> Option<Self> {
        static ALONE: Mutex<()> = Mutex::new(());
        static STARTED: OnceLock<String> = OnceLock::new();
        let folder = skip::cluster_folder()?;
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(reason) = control(&["possible"]) {
            skip::skip_even_in_ci(&reason);
            return None;
        }
        let (name, own_id) = (folder.display().to_string(), std::process::id().to_string());
        let start = || control(&["start", &name, &own_id]).unwrap();
        let bootstrap = STARTED.get_or_init(start).clone();
        let cluster = Self { folder, bootstrap, _alone: alone };
        cluster.heal();
        cluster.enter(Node::C);
        Some(cluster)
    }

    /// Moves the calling thread, and all threads and processes that it starts, to a node.
    fn enter(&self, node: Node) {
        let name = self.control("namespace", &[&node.name()]);
        let namespace = File::open(Path::new("/run/netns").join(name)).unwrap();
        let kind = Some(LinkNameSpaceType::Network);
        move_into_link_name_space(namespace.as_fd(), kind).unwrap();
    }

    /// Nothing passes between two nodes any more. What `one` sends is lost first.
    pub(crate) fn cut(&self, one: Node, other: Node) {
        self.control("cut", &[&one.name(), &other.name()]);
    }

    /// One node cannot call a broker any more, not even to fetch its messages as a follower. The
    /// broker can still call it.
    pub(crate) fn cut_calls(&self, from: Node, broker: i32) {
        self.control("cut-calls", &[&from.name(), &broker.to_string()]);
    }

    pub(crate) fn heal(&self) {
        self.control("heal", &[]);
    }

    /// A command that will run at a node. The process has the id of the command that is started.
    pub(crate) fn command_at(&self, node: Node, program: &str) -> Command {
        let mut command = Command::new(SCRIPT);
        command.arg("in").arg(&self.folder).arg(node.name()).arg(program);
        command
    }

    fn control(&self, action: &str, arguments: &[&str]) -> String {
        let folder = self.folder.display().to_string();
        control(&[&[action, &folder], arguments].concat()).unwrap()
    }
}

/// Runs the script; gives back what it prints, or what it complains about.
fn control(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(SCRIPT).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}
