//! The real program in a world of its own: topics under a fresh prefix, processes that can be
//! killed, and the January of 2019.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::client::DefaultClientContext;
use serde_json::Value;

use airshed::domain::cooperation::What;
use airshed::wire::rule_book::{built_in, parse};
use airshed::wire::trust::message::{SIGNATURE, verify};

use crate::process::Process;
use crate::program::{json, printed};
use crate::support::{Broker, COMMITTED, Message, consume_all, fresh, now};

/// The slowest machine needs less for anything that is waited for here.
const PATIENCE: Duration = Duration::from_secs(150);

/// Where the slice of real readings lies. Without it the test is skipped.
pub(crate) fn january() -> Option<PathBuf> {
    crate::skip::shared_data("cnemc_bth_ring_ep_20190109_0116.csv.gz")
}

/// The last hour of the slice.
const LAST_HOUR: &str = "2019-01-16T23:00:00+08:00";

/// Orders as their receivers see them, by topic: what must be equal, whatever happened.
pub(crate) type Orders = BTreeMap<String, Vec<String>>;

/// One airshed: topics under a prefix of its own, and its configuration.
pub(crate) struct World {
    bootstrap: String,
    prefix: String,
    folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new(bootstrap: &str) -> Self {
        Self::with(bootstrap, |prefix| {
            format!(
                "[kafka]\nbrokers = \"{bootstrap}\"\ntopic_prefix = \"{prefix}\"\n\
                 [rules]\nclock = \"sources\"\n"
            )
        })
    }

    /// By the wall clock, which ticks each second.
    pub(crate) fn by_wall(bootstrap: &str) -> Self {
        Self::with(bootstrap, |prefix| {
            format!(
                "[kafka]\nbrokers = \"{bootstrap}\"\ntopic_prefix = \"{prefix}\"\n\
                 [rules]\nclock = \"wall\"\ntick_s = 1\n"
            )
        })
    }

    /// With the configuration that is deployed, but for the topics.
    pub(crate) fn deployed(bootstrap: &str) -> Self {
        Self::with(bootstrap, |prefix| {
            let deployed = include_str!("../../deploy/config.toml");
            let own = format!("topic_prefix = \"{prefix}\"");
            assert!(deployed.contains("topic_prefix = \"airshed\""));
            deployed.replace("topic_prefix = \"airshed\"", &own)
        })
    }

    fn with(bootstrap: &str, config: impl FnOnce(&str) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let prefix = fresh("world");
        let config = config(&prefix);
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        let key = folder.path().join("key").display().to_string();
        printed(&["key", "new", &key, "--origin", "bth"]);
        Self { bootstrap: bootstrap.to_owned(), prefix, folder }
    }

    /// One that keeps its log in files of that folder.
    pub(crate) fn in_segments(bootstrap: &str, log: &Path) -> Self {
        let world = Self::new(bootstrap);
        let log = format!("[log]\nkeep = \"segments\"\nfolder = \"{}\"\n", log.display());
        world.configure(&log);
        world
    }

    /// Adds sections to its configuration.
    pub(crate) fn configure(&self, sections: &str) {
        let path = self.config();
        let config = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, config + sections).unwrap();
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The file of its configuration.
    pub(crate) fn config(&self) -> String {
        self.of("config.toml")
    }

    /// A topic of it.
    pub(crate) fn topic(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    /// A place in the world's folder.
    pub(crate) fn of(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Gives the topic of readings more partitions.
    pub(crate) fn add_partitions(&self, count: usize) {
        let settings = ClientConfig::new().set("bootstrap.servers", &self.bootstrap).clone();
        let admin: AdminClient<DefaultClientContext> = settings.create().unwrap();
        let topic = format!("{}.readings", self.prefix);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let wanted = [NewPartitions::new(&topic, count)];
        let made = runtime.block_on(admin.create_partitions(&wanted, &AdminOptions::new()));
        assert_eq!(made.unwrap(), [Ok(topic)]);
    }

    /// The log is whole, and every decision in it is signed.
    pub(crate) fn check_whole(&self) {
        let (topic, key) = (format!("{}.log", self.prefix), self.of("key.pub"));
        let which = ["log", "verify", "--brokers", &self.bootstrap, "--topic", &topic];
        let told = json(&[&which[..], &["--key", &key, "--json"]].concat());
        let checkpoints = told["checkpoints"].as_u64().unwrap();
        assert!(told["whole"] == true && checkpoints > 0, "{told}");
    }

    /// Each topic of what is published has each message once and in order, and the newest states are
    /// what the log says.
    pub(crate) fn check_published(&self) {
        for kind in ["orders", "alerts", "matters", "current"] {
            let start = format!("{}.{kind}", self.prefix);
            for (topic, told) in consume_all(&self.bootstrap, &start, COMMITTED) {
                let mut last = BTreeMap::new();
                if kind != "current" {
                    assert!(told.iter().all(|it| self.content(it) != it.body), "{topic}: unsigned");
                }
                for message in told {
                    let position = Some(message.position());
                    let before = last.insert(message.key, position).flatten();
                    assert!(before < position, "{topic}: {position:?} after {before:?}");
                }
            }
        }
        assert_eq!(self.current(), self.newest_in_log());
    }

    /// A message without its signature, which must be right if there is one.
    pub(crate) fn content(&self, message: &Message) -> String {
        let mut body: Value = serde_json::from_str(&message.body).unwrap();
        if body.get(SIGNATURE).is_some() {
            let key = std::fs::read_to_string(self.of("key.pub")).unwrap().parse().unwrap();
            let signed = verify(&body, &[key]);
            assert_eq!(signed.map(|it| it.position), Ok(message.position()), "{body}");
            body.as_object_mut().unwrap().remove(SIGNATURE);
        }
        body.to_string()
    }

    /// The newest state of each jurisdiction, by its code.
    fn current(&self) -> BTreeMap<String, [Value; 3]> {
        let topic = format!("{}.current", self.prefix);
        let told = consume_all(&self.bootstrap, &topic, COMMITTED).remove(&topic).unwrap();
        let state = |it: Message| {
            let body: Value = serde_json::from_str(&it.body).unwrap();
            (it.key, ["air", "warning", "order"].map(|part| body[part].clone()))
        };
        told.into_iter().map(state).collect()
    }

    /// The same by the records of the log: the last hour, warning and order of each.
    fn newest_in_log(&self) -> BTreeMap<String, [Value; 3]> {
        let topic = format!("{}.log", self.prefix);
        let which = ["log", "cat", "--brokers", &self.bootstrap, "--topic", &topic, "--json"];
        let rules = parse(built_in()).unwrap().rules;
        let followed = |it: &airshed::domain::Jurisdiction| {
            let followed = &rules.jurisdictions[usize::from(it.follows?.0)];
            Some((it.division.to_string(), followed.division.to_string()))
        };
        let follows: Vec<_> = rules.jurisdictions.iter().filter_map(followed).collect();
        let mut newest = BTreeMap::<String, [Value; 3]>::new();
        for line in printed(&which).lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let body = &record["body"];
            let code = |it: &Value| it["jurisdiction"].as_str().unwrap().to_owned();
            match record["type"].as_str().unwrap() {
                "hour_closed" => {
                    for city in body["jurisdictions"].as_array().unwrap() {
                        let mut air = city.clone();
                        air["hour"] = body["hour"].clone();
                        newest.entry(code(city)).or_default()[0] = air;
                    }
                }
                "warning_decided" => {
                    let lifted = body["kind"] == "lift" || body["act"] == "lift";
                    let warning = if lifted { Value::Null } else { body.clone() };
                    let about = code(body);
                    let with = follows.iter().filter(|it| it.1 == about).map(|it| it.0.clone());
                    for code in with.chain([about.clone()]) {
                        newest.entry(code).or_default()[1] = warning.clone();
                    }
                }
                "order_set_issued" => {
                    for order in body["orders"].as_array().unwrap() {
                        newest.entry(code(order)).or_default()[2] = order.clone();
                    }
                }
                _ => {}
            }
        }
        newest
    }

    /// Sends the slice; the hours come `speed` times as fast as they did.
    pub(crate) fn feed(&self, file: &Path, speed: &str) -> Process {
        self.feed_with(file, speed, "hindsight:120")
    }

    /// The same with another outlook.
    pub(crate) fn feed_with(&self, file: &Path, speed: &str, outlook: &str) -> Process {
        let mut arguments = vec!["feed".to_owned(), file.display().to_string()];
        let options = [
            ("--brokers", &*self.bootstrap),
            ("--topic-prefix", &self.prefix),
            ("--speed", speed),
            ("--outlook", outlook),
        ];
        arguments.extend(options.iter().flat_map(|(name, it)| [*name, it]).map(str::to_owned));
        self.start(&arguments)
    }

    /// Sends a file as fast as it can, one reading a message, without forecasts.
    pub(crate) fn feed_plain(&self, file: &Path) -> Process {
        self.feed_plain_with(file, &[])
    }

    /// The same with more options.
    pub(crate) fn feed_plain_with(&self, file: &Path, more: &[&str]) -> Process {
        let file = file.display().to_string();
        let arguments = ["feed", &file, "--brokers", &self.bootstrap];
        let arguments = [&arguments[..], &["--topic-prefix", &self.prefix], more].concat();
        self.start(&arguments.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
    }

    /// The log as JSON, a record a line.
    pub(crate) fn log(&self) -> String {
        let topic = format!("{}.log", self.prefix);
        printed(&["log", "cat", "--brokers", &self.bootstrap, "--topic", &topic, "--json"])
    }

    pub(crate) fn serve(&self) -> Process {
        self.serve_with(|_| {})
    }

    /// The same after something was done to the command.
    pub(crate) fn serve_with(&self, prepare: impl FnOnce(&mut Command)) -> Process {
        let (config, key) = (self.of("config.toml"), self.of("key"));
        let arguments = ["serve", "--config", &config, "--key", &key];
        self.start_with(&arguments.map(str::to_owned), prepare)
    }

    /// Without a key, and with more arguments.
    pub(crate) fn serve_plainly(&self, more: &[&str]) -> Process {
        let config = self.config();
        let arguments = ["serve", "--config", &config].into_iter().chain(more.iter().copied());
        self.start(&arguments.map(str::to_owned).collect::<Vec<_>>())
    }

    /// Starts the program where the environment says which broker it is.
    pub(crate) fn start(&self, arguments: &[String]) -> Process {
        self.start_with(arguments, |_| {})
    }

    /// The same after something was done to the command.
    pub(crate) fn start_with(
        &self,
        arguments: &[String],
        prepare: impl FnOnce(&mut Command),
    ) -> Process {
        let words = self.folder.path().join(fresh("words"));
        let file = std::fs::File::create(&words).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_airshed"));
        command
            .args(arguments)
            .env("AIRSHED_BROKERS", &self.bootstrap)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file);
        prepare(&mut command);
        Process::start(&mut command, words, PATIENCE)
    }

    /// What was decided, without the facts: one line of JSON each.
    pub(crate) fn decisions(&self) -> Vec<Value> {
        let topic = format!("{}.log", self.prefix);
        decided(&["--brokers", &self.bootstrap, "--topic", &topic])
    }

    /// The same of a play of a file on this disk.
    pub(crate) fn played(&self, file: &Path, outlook: &str) -> Vec<Value> {
        let (file, log) = (file.display().to_string(), self.of("played"));
        // Without a command, but with bodies that are asked, as `serve` asks them.
        let commands = self.of("commands.jsonl");
        std::fs::write(&commands, "").unwrap();
        let arguments = ["play", &file, "--log", &log, "--outlook", outlook, "--quiet"];
        printed(&[&arguments[..], &["--commands", &commands]].concat());
        decided(&[&log])
    }

    /// Returns when the last hour of the slice has been closed and told.
    pub(crate) fn await_last_hour(&self, serving: &mut Process) {
        self.await_hour(serving, LAST_HOUR);
    }

    /// The same for another hour.
    pub(crate) fn await_hour(&self, serving: &mut Process, hour: &str) {
        if let Some(status) = self.await_hour_or_end(serving, hour) {
            panic!("serve ended with {status}: {}", serving.words());
        }
    }

    /// The same for the last hour, or when it has ended: then how it did.
    pub(crate) fn await_last_hour_or_end(&self, serving: &mut Process) -> Option<ExitStatus> {
        self.await_hour_or_end(serving, LAST_HOUR)
    }

    fn await_hour_or_end(&self, serving: &mut Process, hour: &str) -> Option<ExitStatus> {
        let begin = now();
        let current = format!("{}.current", self.prefix);
        loop {
            if let Some(status) = serving.ended() {
                return Some(status);
            }
            let told = consume_all(&self.bootstrap, &current, COMMITTED);
            let told = told.get(&current).map(Vec::as_slice).unwrap_or_default();
            // Those that follow another have no air of their own: the last word may be theirs.
            if told.iter().any(|it| it.body.contains(&format!("\"hour\":\"{hour}\""))) {
                return None;
            }
            let last = told.last().map(|it| it.body.chars().take(300).collect::<String>());
            assert!(begin.elapsed() < PATIENCE, "still at {last:?}: {}", serving.words());
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// All orders until now. Places in the log differ from run to run, by what was read at once.
    pub(crate) fn orders(&self) -> Orders {
        let start = format!("{}.orders.", self.prefix);
        let told = consume_all(&self.bootstrap, &start, COMMITTED);
        let order = |it: &Message| {
            let mut body: Value = serde_json::from_str(&it.body).unwrap();
            body.as_object_mut().unwrap().remove("position").unwrap();
            body.as_object_mut().unwrap().remove(SIGNATURE);
            format!("{} {} {body}", it.headers["ce_id"], it.headers["epoch"])
        };
        told.into_iter()
            .map(|(topic, it)| (topic[start.len()..].to_owned(), it.iter().map(order).collect()))
            .filter(|(_, orders): &(String, Vec<String>)| !orders.is_empty())
            .collect()
    }
}

/// The decisions of a log, without what differs from run to run: where a record stands, when it
/// was taken in, and by what it was caused; and without what falls due for bodies, because the clock
/// of a file and that of a feed move in other steps.
fn decided(log: &[&str]) -> Vec<Value> {
    const FACTS: [&str; 8] = [
        "rule_book_adopted",
        "streams_joined",
        "ticked",
        "readings_received",
        "forecast_received",
        "interval_excluded",
        "input_refused",
        "command_given",
    ];
    let all = printed(&[&["log", "cat", "--json"], log].concat());
    let records = all.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let decisions = records.filter(|it| {
        let kind = it["type"].as_str().unwrap();
        !FACTS.contains(&kind) && !What::NAMES.contains(&kind)
    });
    let plain = |mut record: Value| {
        for field in ["position", "recorded_at", "correlation", "causation"] {
            record.as_object_mut().unwrap().remove(field);
        }
        record
    };
    decisions.map(plain).collect()
}

/// What the slice leads to when nothing goes wrong.
pub(crate) fn undisturbed(broker: &Broker, file: &Path) -> &'static Orders {
    static ORDERS: OnceLock<Orders> = OnceLock::new();
    ORDERS.get_or_init(|| {
        let world = World::new(&broker.bootstrap);
        assert!(world.feed(file, "max").await_end().success());
        let mut serving = world.serve();
        world.await_last_hour(&mut serving);
        serving.ask_to_end();
        assert!(serving.await_end().success(), "{}", serving.words());
        let orders = world.orders();
        assert!(orders.len() >= 10, "a region is ordered: {:?}", orders.keys());
        orders
    })
}

pub(crate) fn check_same(orders: &Orders, expected: &Orders) {
    assert_eq!(orders.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (jurisdiction, expected) in expected {
        assert_eq!(&orders[jurisdiction], expected, "orders to {jurisdiction}");
    }
}

impl Process {
    /// Returns when it has said something like this.
    pub(crate) fn await_words(&self, words: &str) {
        self.await_count(words, 1);
    }

    /// The same so many times.
    pub(crate) fn await_count(&self, words: &str, count: usize) {
        let begin = now();
        while self.words().matches(words).count() < count {
            assert!(begin.elapsed() < Duration::from_secs(60), "{}", self.words());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn ask_to_end(&self) {
        self.signal("TERM");
    }

    /// Lets it do nothing at all until [`Self::wake`].
    pub(crate) fn stall(&self) {
        self.signal("STOP");
    }

    pub(crate) fn wake(&self) {
        self.signal("CONT");
    }

    /// Ends it as a service manager does, so that what it has published does not change any more.
    pub(crate) fn end(&mut self) {
        self.ask_to_end();
        assert!(self.await_end().success(), "{}", self.words());
    }
}
