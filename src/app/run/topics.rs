//! `airshed topics`: lists, makes and checks the topics of an airshed.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};

use crate::app::support::broker::Broker;
use crate::app::support::config::{Config, Keep};
use crate::app::support::{Failure, output, rules};
use crate::domain::RuleBook;
use crate::io::kafka::{Difference, Topics, Wanted, differences, ensure_topics, missing};

/// Arguments of `topics`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the topics as they are made, with keys and settings. Needs no broker.
    #[command(after_help = "Example: airshed topics list")]
    List(ListArgs),
    /// Make the topics that are missing. Those that exist are not changed.
    #[command(after_help = "Example: airshed topics create --brokers localhost:9092")]
    Create(BrokerArgs),
    /// Compare the topics with how they are made, and print what differs and what to do.
    ///
    /// Exit code 0: nothing is wrong; what may differ is printed. Exit code 1: a topic is missing,
    /// or is kept in a way in which messages are lost or lose their order.
    #[command(after_help = "Example: airshed topics check --config deploy/config.toml")]
    Check(BrokerArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Read prefix, partitions and rules from this configuration of `serve`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct BrokerArgs {
    #[command(flatten)]
    broker: Broker,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct Common {
    /// First part of the names of the topics [default: that of the configuration].
    #[arg(long, value_name = "PREFIX")]
    topic_prefix: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The topics of a configuration.
fn wanted(config: &Config, common: &Common) -> Result<(Topics, Vec<Wanted>), Failure> {
    let prefix = common.topic_prefix.as_deref().unwrap_or(&config.kafka.topic_prefix);
    let folder = Some(&*config.rules.folder).filter(|it: &&Path| !it.as_os_str().is_empty());
    let book = rules::load_with_answers(folder, &rules::Overrides::default())?;
    Ok(topics_of(config, prefix, &book))
}

/// The topics of a configuration with this prefix and rule book.
pub(in crate::app) fn topics_of(
    config: &Config,
    prefix: &str,
    book: &RuleBook,
) -> (Topics, Vec<Wanted>) {
    let topics = Topics::new(prefix);
    let with_log = config.log.keep == Keep::Topic;
    let wanted = topics.all(&book.rules, config.kafka.partitions, with_log);
    (topics, wanted)
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::List(args) => list(args),
        Command::Create(args) => create(args),
        Command::Check(args) => check(args),
    }
}

fn list(args: &ListArgs) -> Result<(), Failure> {
    let (topics, wanted) = wanted(&Config::read(args.config.as_deref())?, &args.common)?;
    if args.common.json {
        let all: Vec<Value> = wanted.iter().map(|it| entry(&topics, it)).collect();
        return output::print_json(&all.into());
    }
    let line = |it: &Wanted| {
        let (kind, settings) = (topics.kind(&it.name), it.settings.pairs());
        let settings: Vec<_> =
            settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let key = kind.map_or("", |it| it.key);
        let (name, partitions) = (&it.name, it.partitions);
        format!("{name:<28} {partitions:>2}  key: {key}; {}", settings.join(" "))
    };
    let lines: Vec<_> = wanted.iter().map(line).collect();
    output::print(&lines.join("\n"))
}

fn entry(topics: &Topics, it: &Wanted) -> Value {
    let kind = topics.kind(&it.name);
    let settings: serde_json::Map<String, Value> = it
        .settings
        .pairs()
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect();
    json!({
        "topic": it.name,
        "holds": kind.map(|it| it.holds),
        "partitions": it.partitions,
        "settings": settings,
        "key": kind.map(|it| it.key),
        "headers": kind.map(|it| it.headers),
        "optional_headers": kind.map(|it| it.optional_headers),
    })
}

fn create(args: &BrokerArgs) -> Result<(), Failure> {
    let (_, wanted) = wanted(&args.broker.config()?, &args.common)?;
    let connection = args.broker.connect_or_give_up()?;
    let missing = missing(&connection, &wanted).map_err(anyhow::Error::new)?;
    ensure_topics(&connection, &missing).map_err(anyhow::Error::new)?;
    let names: Vec<&str> = missing.iter().map(|it| &*it.name).collect();
    let there = wanted.len() - missing.len();
    if args.common.json {
        return output::print_json(&json!({"created": names, "there_before": there}));
    }
    let made: Vec<String> = names.iter().map(|it| format!("created {it}")).collect();
    let last = format!("{} topics created, {there} were there", names.len());
    output::print(format!("{}\n{last}", made.join("\n")).trim_start())
}

fn check(args: &BrokerArgs) -> Result<(), Failure> {
    let (topics, wanted) = wanted(&args.broker.config()?, &args.common)?;
    let connection = args.broker.connect_or_give_up()?;
    let found = differences(&connection, &topics, &wanted).map_err(anyhow::Error::new)?;
    let wrong = found.iter().filter(|it| it.wrong.is_some()).count();
    if args.common.json {
        let differences: Vec<Value> = found.iter().map(difference).collect();
        let (checked, ok) = (wanted.len(), wrong == 0);
        output::print_json(&json!({"ok": ok, "checked": checked, "differences": differences}))?;
    } else {
        let lines: Vec<String> = found.iter().map(words).collect();
        let last = format!(
            "{} topics checked: {wrong} faults, {} other differences",
            wanted.len(),
            found.len() - wrong
        );
        output::print(format!("{}\n{last}", lines.join("\n")).trim_start())?;
    }
    match wrong {
        0 => Ok(()),
        _ => Err(Failure::Refused(format!("{wrong} faults of topics; see above"))),
    }
}

fn difference(it: &Difference) -> Value {
    json!({
        "topic": it.topic, "what": it.what, "is": it.is, "made": it.made, "wrong": it.wrong,
        "remedy": remedy(it),
    })
}

fn words(it: &Difference) -> String {
    let Difference { topic, what, is, made, wrong } = it;
    let head = match (is, wrong) {
        (None, _) => format!("fault: {topic} is missing"),
        (Some(is), Some(wrong)) => format!("fault: {topic} has {what}={is}: {wrong}"),
        (Some(is), None) => format!("differs: {topic} has {what}={is}, is made with {made}"),
    };
    match remedy(it) {
        Some(remedy) => format!("{head}\n  {remedy}"),
        None => head,
    }
}

/// What to do; none: nothing needs to be done.
pub(in crate::app) fn remedy(it: &Difference) -> Option<String> {
    it.wrong?;
    let Difference { topic, what, made, .. } = it;
    Some(match &**what {
        "topic" => "make it with `airshed topics create`".to_owned(),
        "partitions" => "a topic cannot lose partitions: copy its messages to a new topic of one \
                         partition, or delete it if it is empty, then `airshed topics create`"
            .to_owned(),
        _ => format!(
            "kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config \
             {what}={made}"
        ),
    })
}
