//! One airshed in the cluster: topics under a prefix of its own, invented air, and processes of the
//! real program that can be stopped and killed.

use std::fs::File;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use airshed::wire::rule_book::{built_in, parse};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, Producer as _};

use crate::air::{self, LAST_HOUR};
use crate::cluster::{Cluster, Node};
use crate::history::{History, Message, read_committed};
use crate::process::{Process, now};

/// The slowest machine needs less for anything that is waited for here.
const PATIENCE: Duration = Duration::from_secs(180);
/// What has been appended is sent within this time.
const SETTLES_WITHIN: Duration = Duration::from_secs(30);
pub(crate) const BROKERS: [i32; 3] = [1, 2, 3];

/// Which broker leads which topics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaders {
    /// Readings, forecasts and the log.
    pub(crate) log: i32,
    pub(crate) orders: i32,
    /// The newest states, alerts and refusals.
    pub(crate) current: i32,
}

/// One airshed.
pub(crate) struct World<'a> {
    cluster: &'a Cluster,
    prefix: String,
    folder: tempfile::TempDir,
}

#[expect(clippy::disallowed_methods, reason = "Names must differ from one run to the next.")]
fn fresh(place: &str) -> String {
    static NAMES: AtomicU32 = AtomicU32::new(0);
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let number = NAMES.fetch_add(1, Ordering::Relaxed);
    format!("{place}.{}.{}.{number}", now.as_millis(), std::process::id())
}

/// The broker that coordinates transactions.
pub(crate) fn coordinator(cluster: &Cluster) -> i32 {
    let settings = ClientConfig::new().set("bootstrap.servers", &cluster.bootstrap).clone();
    // The topic of transactions is made for the first one.
    let producer: BaseProducer =
        settings.clone().set("transactional.id", "test.first").create().unwrap();
    let begin = now();
    while let Err(error) = producer.init_transactions(Duration::from_secs(10)) {
        assert!(begin.elapsed() < PATIENCE, "{error}");
    }
    let consumer: BaseConsumer = settings.create().unwrap();
    let topic = "__transaction_state";
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(30)).unwrap();
    metadata.topics()[0].partitions()[0].leader()
}

impl<'a> World<'a> {
    /// A world whose air follows from a seed. Topics are led by these brokers, or, without
    /// `leaders`, by any.
    pub(crate) fn new(cluster: &'a Cluster, seed: u64, leaders: Option<Leaders>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let prefix = fresh("world");
        let config = format!(
            "[kafka]\nbrokers = \"{}\"\ntopic_prefix = \"{prefix}\"\npartitions = 2\n\
             [rules]\nclock = \"sources\"\n",
            cluster.bootstrap
        );
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        air::write(&folder.path().join("air.csv"), seed);
        let world = Self { cluster, prefix, folder };
        if let Some(leaders) = leaders {
            world.make_topics(leaders);
        }
        world
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn make_topics(&self, leaders: Leaders) {
        let mut topics = vec![
            ("readings".to_owned(), leaders.log),
            ("forecasts".to_owned(), leaders.log),
            ("log".to_owned(), leaders.log),
            ("current".to_owned(), leaders.current),
            ("refused".to_owned(), leaders.current),
        ];
        for jurisdiction in &parse(built_in()).unwrap().rules.jurisdictions {
            topics.push((format!("orders.{}", jurisdiction.division), leaders.orders));
            topics.push((format!("alerts.{}", jurisdiction.division), leaders.current));
        }
        let settings =
            ClientConfig::new().set("bootstrap.servers", &self.cluster.bootstrap).clone();
        let admin: AdminClient<DefaultClientContext> = settings.create().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(60)));
        for (name, leader) in topics {
            // The first replica leads.
            let followers = BROKERS.into_iter().filter(|it| *it != leader);
            let replicas: Vec<_> = [leader].into_iter().chain(followers).collect();
            let (assignment, topic) = ([&*replicas], format!("{}.{name}", self.prefix));
            let policy = if name == "current" { "compact" } else { "delete" };
            let wanted = NewTopic::new(&topic, 1, TopicReplication::Variable(&assignment))
                .set("cleanup.policy", policy)
                .set("retention.ms", "-1")
                .set("max.message.bytes", "16777216");
            let made = runtime.block_on(admin.create_topics(&[wanted], &options)).unwrap();
            assert_eq!(made, [Ok(topic.clone())]);
        }
    }

    /// Sends the air; the hours come `speed` times as fast as they did.
    pub(crate) fn feed(&self, speed: &str) -> Process {
        let (file, prefix) = (self.path("air.csv"), &self.prefix);
        let arguments = ["feed", &file, "--brokers", &self.cluster.bootstrap];
        let options = ["--topic-prefix", prefix, "--speed", speed, "--partitions", "2"];
        let outlook = ["--pack", "100", "--outlook", "hindsight:72"];
        self.start(Node::C, &[&arguments[..], &options, &outlook].concat())
    }

    pub(crate) fn serve(&self, node: Node) -> Process {
        self.start(node, &["serve", "--config", &self.path("config.toml")])
    }

    fn start(&self, node: Node, arguments: &[&str]) -> Process {
        let words = self.folder.path().join(fresh("words"));
        let mut command = self.cluster.command_at(node, env!("CARGO_BIN_EXE_airshed"));
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&words).unwrap());
        Process::start(&mut command, words, PATIENCE)
    }

    /// The messages that `current` holds now.
    pub(crate) fn current(&self) -> Vec<Message> {
        let topic = format!("{}.current", self.prefix);
        read_committed(&self.cluster.bootstrap, &topic).remove(&topic).unwrap_or_default()
    }

    /// Returns when the last hour has been closed and its state has been sent. A process that ends
    /// before must have been taken over, and one must be left.
    pub(crate) fn await_last_hour(&self, processes: &mut [Process]) {
        self.await_current(processes, |all| {
            all.iter().any(|it| it.body["air"]["hour"] == LAST_HOUR)
        });
    }

    /// The same for whatever `current` should hold.
    pub(crate) fn await_current(
        &self,
        processes: &mut [Process],
        is_it: impl Fn(&[Message]) -> bool,
    ) {
        let begin = now();
        while !is_it(&self.current()) {
            for process in processes.iter_mut() {
                if process.ended().is_some() {
                    process.check_fenced();
                }
            }
            let over = processes.iter_mut().filter_map(Process::ended).count();
            let words =
                || processes.iter().map(Process::words).collect::<Vec<_>>().join("-- next\n");
            assert!(over < processes.len(), "all have ended: {}", words());
            assert!(begin.elapsed() < PATIENCE, "no end: {}", words());
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// The log as JSON, a record a line.
    fn log(&self) -> String {
        let topic = format!("{}.log", self.prefix);
        let which = ["--brokers", &self.cluster.bootstrap, "--topic", &topic, "--json"];
        let program = env!("CARGO_BIN_EXE_airshed");
        let output = Command::new(program).args(["log", "cat"]).args(which).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The offset after the last message of the log.
    pub(crate) fn log_end(&self) -> i64 {
        let settings =
            ClientConfig::new().set("bootstrap.servers", &self.cluster.bootstrap).clone();
        let consumer: BaseConsumer = settings.create().unwrap();
        let topic = format!("{}.log", self.prefix);
        consumer.fetch_watermarks(&topic, 0, Duration::from_secs(30)).unwrap().1
    }

    /// Whether the last hour has been closed, and its state has been sent.
    pub(crate) fn has_last_hour(&self) -> bool {
        self.current().iter().any(|it| it.body["air"]["hour"] == LAST_HOUR)
    }

    /// Everything that has been sent and appended.
    pub(crate) fn history(&self) -> History {
        History::new(&self.cluster.bootstrap, &self.prefix, &self.log())
    }

    /// Judges what was received, when all has been sent and again when the processes have ended.
    /// Those that have been taken over must say so.
    pub(crate) fn end_and_judge(&self, mut processes: Vec<Process>) -> History {
        let begin = now();
        while !self.history().faults().is_empty() && begin.elapsed() < SETTLES_WITHIN {
            std::thread::sleep(Duration::from_millis(300));
        }
        let mut words = String::new();
        for process in &mut processes {
            if process.ended().is_none() {
                process.signal("TERM");
            }
            if !process.await_end().success() {
                process.check_fenced();
            }
            words = format!("{words}-- a process\n{}", process.words());
        }
        let history = self.history();
        let faults = history.faults();
        assert!(faults.is_empty(), "{faults:#?}\n{words}");
        history
    }
}

impl Process {
    /// Returns when it has written something like this.
    pub(crate) fn await_words(&mut self, words: &str) {
        let begin = now();
        while !self.words().contains(words) {
            assert!(begin.elapsed() < PATIENCE, "not {words:?}: {}", self.words());
            self.check_runs();
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn check_runs(&mut self) {
        if let Some(status) = self.ended() {
            panic!("ended with {status}: {}", self.words());
        }
    }

    /// Another process has taken over: it ends, and says so.
    pub(crate) fn await_fenced(&mut self) {
        self.await_end();
        self.check_fenced();
    }

    /// It has ended because another process has taken over.
    pub(crate) fn check_fenced(&mut self) {
        let code = self.ended().unwrap().code();
        assert_eq!(code, Some(1), "{}", self.words());
        assert!(self.words().contains("another engine has taken over"), "{}", self.words());
    }
}
