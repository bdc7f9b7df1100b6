//! The command line: one variant and one file for each subcommand.

use clap::{CommandFactory as _, Parser, Subcommand};

use super::support::Failure;

/// Grades the air of all jurisdictions of an airshed and issues synchronized orders to them.
#[derive(Debug, Parser)]
#[command(name = "airshed", version, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play an invented winter episode into a log. Needs no broker, no server and no setup.
    #[command(after_help = "Example: airshed demo --seed 7 --log winter")]
    Demo(super::run::demo::Args),
    /// Play files of readings into a log, in event time.
    #[command(
        after_help = "Example: airshed play readings.csv.gz --log january --outlook hindsight:120"
    )]
    Play(super::run::play::Args),
    /// Draw a log as SVG: a row for each jurisdiction, bars for warnings, lines for order sets.
    #[command(after_help = "Example: airshed picture winter -o winter.svg")]
    Picture(super::read::picture::Args),
    /// Show a log as a page in the browser: map, orders, timeline, and a slider through time.
    #[command(after_help = "Example: airshed look winter")]
    Look(super::read::look::Args),
    /// Show the warnings of a log as CAP messages (Common Alerting Protocol 1.2), or write them.
    ///
    /// Each issue is an alert, each further act an update, each lift a cancellation. With --to, each
    /// message is a file, and feed.xml is an Atom feed of them. Messages of a log with a key carry the
    /// checkpoint that covers their record.
    #[command(after_help = "Example: airshed cap winter --to warnings")]
    Cap(super::read::cap::Args),
    /// Fold a log to its last state; with --check, repeat every decision and compare.
    #[command(after_help = "Example: airshed replay january --check")]
    Replay(super::read::replay::Args),
    /// Repeat the decisions of a log under other rules and compare the orders. Sends nothing.
    #[command(
        after_help = "Example: airshed what-if january --standard BTH-2016 --set merge_gap_h=24"
    )]
    WhatIf(super::read::what_if::Args),
    /// Show the state at one time, as it was known at another time.
    #[command(after_help = "Example: airshed state january --happened-at 2019-01-12T16:00")]
    State(super::read::state::Args),
    /// Show what an order set, a warning or an hour is based on.
    #[command(after_help = "Example: airshed explain january order-set 1")]
    Explain(super::read::explain::Args),
    /// Show the order board: each order with its answer, and all that waits for an answer.
    #[command(after_help = "Example: airshed matters episode --as 130100")]
    Matters(super::read::matters::Args),
    /// Score how bodies answered in a period: in time, reported, executed, verified, overdue.
    Score(super::read::score::Args),
    /// Verify the forecasts in a log: hits, misses, false alarms, bias and accuracy.
    #[command(after_help = "Example: airshed skill may --above 100")]
    Skill(super::read::skill::Args),
    /// Print, check, prove, copy or repair a log.
    #[command(after_help = "Example: airshed log cat january --json | head")]
    Log(super::log::Args),
    /// Make keys that sign the checkpoints of a log.
    #[command(after_help = "Example: airshed key new bth.key --origin airshed.example/bth")]
    Key(super::trust::key::Args),
    /// Make, list and revoke the tokens and certificates of those who call over HTTP.
    #[command(after_help = "Example: airshed token new --body 130100 --role officer \\\n    \
                      --name \"duty officer\" --expires 2027-01-01")]
    Token(super::trust::token::Args),
    /// Check a bundle of evidence. Needs neither the log nor a network.
    #[command(after_help = "Example: airshed verify-bundle order.json --key bth.key.pub")]
    VerifyBundle(super::trust::verify_bundle::Args),
    /// Check orders, alerts and CAP messages as they were received, by the public key of the log.
    VerifyOrder(super::trust::verify_order::Args),
    /// Co-sign a checkpoint if its log continues the last one seen.
    #[command(
        after_help = "Example: airshed witness --key w.key --state seen.note new.note --proof proof"
    )]
    Witness(super::trust::witness::Args),
    Index(super::law::index::Args),
    Standard(super::law::standard::Args),
    /// Read readings from Kafka, write the log and send orders, until stopped.
    #[command(after_help = "Example: airshed serve --config deploy/config.toml")]
    Serve(super::run::serve::Args),
    /// Check the configuration of `serve`, or show each value and where it comes from.
    #[command(after_help = "Example: airshed config show")]
    Config(super::operate::config::Args),
    /// Show how far the webhooks of `serve` have come; list dead ones and try them again.
    #[command(after_help = "Example: airshed hooks list --config hooks.toml")]
    Hooks(super::operate::hooks::Args),
    /// Check what `serve` needs: broker, topics, registry, clock, disk, key, tokens, certificates, port.
    ///
    /// Takes the configuration and the flags of `serve`, and changes nothing. Each line begins with ok,
    /// warning, wrong, or - for what was not checked, and says what to do. Exit code 0: nothing is
    /// wrong; 1: something is; 2: wrong usage, or a configuration that cannot be read.
    #[command(after_help = "Example: airshed doctor --config serve.toml --key bth.key")]
    Doctor(super::operate::doctor::Args),
    /// Send files of readings to the topics, with the clock of the files.
    ///
    /// A feed that was interrupted, even by kill -9, resumes when it is started again with the same
    /// files and options. It first compares the topics with the files and skips what has been sent.
    /// A file that has grown is sent from its old end on.
    #[command(after_help = "Example: airshed feed january.csv --brokers localhost:9092 --pack 100")]
    Feed(super::run::feed::Args),
    /// List, make and check the topics of an airshed.
    #[command(after_help = "Example: airshed topics list")]
    Topics(super::run::topics::Args),
    /// Load a running `serve` with invented readings, measure how long orders take, check each one.
    Load(super::run::load::Args),
    /// Give a command of a body: acknowledge an order, object to it, report, inspect and so on.
    ///
    /// Prints what it leads to. Exit code 0: it is taken; 1: it is refused, with the reason and what
    /// would be right; 2: wrong usage.
    #[command(
        name = "do",
        after_help = "Example: airshed do acknowledge 3-130400 --as 130400 --role officer \\\n    \
                      --by \"duty officer\" --log winter"
    )]
    Do(super::answer::Args),
    /// Print the OpenAPI document of the HTTP API of `serve`.
    #[command(after_help = "Example: airshed openapi > openapi.json")]
    Openapi,
    /// Write manual pages, one for each command.
    #[command(after_help = "Example: airshed man man1")]
    Man(super::operate::man::Args),
    /// Print shell completions.
    #[command(after_help = "Example: airshed completions bash > airshed.bash")]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

pub(super) fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Demo(args) => super::run::demo::run(&args),
        Command::Play(args) => super::run::play::run(&args),
        Command::Picture(args) => super::read::picture::run(&args),
        Command::Look(args) => super::read::look::run(&args),
        Command::Cap(args) => super::read::cap::run(&args),
        Command::Replay(args) => super::read::replay::run(&args),
        Command::WhatIf(args) => super::read::what_if::run(&args),
        Command::State(args) => super::read::state::run(&args),
        Command::Explain(args) => super::read::explain::run(&args),
        Command::Matters(args) => super::read::matters::run(&args),
        Command::Score(args) => super::read::score::run(&args),
        Command::Skill(args) => super::read::skill::run(&args),
        Command::Log(args) => super::log::run(&args),
        Command::Key(args) => super::trust::key::run(&args),
        Command::Token(args) => super::trust::token::run(&args),
        Command::VerifyOrder(args) => super::trust::verify_order::run(&args),
        Command::VerifyBundle(args) => super::trust::verify_bundle::run(&args),
        Command::Witness(args) => super::trust::witness::run(&args),
        Command::Index(args) => super::law::index::run(&args),
        Command::Standard(args) => super::law::standard::run(&args),
        Command::Serve(args) => super::run::serve::run(&args),
        Command::Config(args) => super::operate::config::run(&args),
        Command::Hooks(args) => super::operate::hooks::run(&args),
        Command::Doctor(args) => super::operate::doctor::run(&args),
        Command::Feed(args) => super::run::feed::run(&args),
        Command::Topics(args) => super::run::topics::run(&args),
        Command::Load(args) => super::run::load::run(&args),
        Command::Do(args) => super::answer::run(&args),
        Command::Openapi => super::support::output::print(super::api::document().trim_end()),
        Command::Man(args) => super::operate::man::run(&args, Cli::command()),
        Command::Completions { shell } => {
            let mut command = Cli::command();
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, "airshed", &mut script);
            super::support::output::print(&String::from_utf8_lossy(&script))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All subcommands of a command, with their paths.
    fn commands(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
        for it in command.get_subcommands() {
            let path = format!("{path} {}", it.get_name());
            found.push((path.clone(), it.clone()));
            commands(it, &path, found);
        }
    }

    /// The words of a shell line without expansions, up to a pipe or a redirection.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut quote) = (vec![String::new()], None);
        for it in line.chars() {
            match (quote, it) {
                (None, '"' | '\'') => quote = Some(it),
                (Some(begun), _) if begun == it => quote = None,
                (None, ' ') => words.push(String::new()),
                _ => words.last_mut().unwrap().push(it),
            }
        }
        assert!(quote.is_none(), "{line}");
        words.retain(|it| !it.is_empty());
        words.into_iter().take_while(|it| !["|", ">"].contains(&&**it)).collect()
    }

    #[test]
    fn every_command_has_an_example_that_can_be_pasted() {
        let mut all = Vec::new();
        commands(&Cli::command(), "airshed", &mut all);
        assert!(all.len() > 25, "{}", all.len());
        for (path, command) in all {
            let long = command
                .get_after_long_help()
                .or(command.get_after_help())
                .map(ToString::to_string)
                .unwrap_or_default();
            // A line that ends with a backslash goes on in the next one.
            let whole = long.replace(" \\\n", " ").replace(",\n", ",");
            let help = whole.lines().find(|it| it.starts_with("Example: ")).unwrap_or_default();
            let first = long.lines().find(|it| it.starts_with("Example: ")).unwrap_or_default();
            let example =
                help.strip_prefix("Example: ").unwrap_or_else(|| panic!("{path}: {long}"));
            let words = words(example);
            // `explain` takes the log before its subcommand.
            let mut rest = words.iter();
            let has_all = path.split(' ').all(|name| rest.any(|it| it == name));
            assert!(has_all, "{path}: {example}");
            assert!(first.chars().count() <= 80 && !help.contains('`'), "{path}: {help}");
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{example}: {error}");
            }
        }
    }
}
