//! The command line of `do`, made from the tables of the commands.

use clap::builder::ValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::Map;

use crate::domain::cooperation::{Body, COMMANDS, Definition, Field, Role, Shape};
use crate::domain::{Actor, Status};

use super::running::OverKafka;
use super::{Args, value};
use crate::app::support::moment;

/// The first field without its name.
const FIRST: &str = "first field";
/// The heading of the options that all commands have.
const OF_ALL: &str = "Who gives it, and where";

impl clap::Args for Args {
    fn augment_args(command: Command) -> Command {
        let command = command.subcommand_required(true).arg_required_else_help(true);
        command.subcommands(COMMANDS.iter().map(|it| subcommand(it)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Args {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let unknown = || clap::Error::raw(ErrorKind::MissingSubcommand, "name a command\n");
        let (name, matches) = matches.subcommand().ok_or_else(unknown)?;
        let definition = COMMANDS.iter().find(|it| dashed(it.name) == name).ok_or_else(unknown)?;
        read(definition, matches)
            .map_err(|words| clap::Error::raw(ErrorKind::ValueValidation, words + "\n"))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn read(definition: &'static Definition, matches: &ArgMatches) -> Result<Args, String> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let mut fields = Map::new();
    for (place, field) in definition.fields.iter().enumerate() {
        let mut texts: Vec<&String> = matches.get_many(field.name).into_iter().flatten().collect();
        if place == 0 && texts.is_empty() && takes_a_place(field) {
            texts.extend(matches.get_one::<String>(FIRST));
        }
        let found = value::of(field, &texts)
            .map_err(|words| format!("--{}: {words}", dashed(field.name)))?;
        fields.extend(found.map(|it| (field.name.to_owned(), it)));
    }
    Ok(Args {
        definition,
        fields: fields.into(),
        actor: Actor { body: Body::new(&text("as")), role: text("role"), name: text("by") },
        id: matches.get_one::<String>("id").cloned(),
        given_at: matches.get_one("given").copied(),
        status: if text("status") == "exercise" { Status::Exercise } else { Status::Actual },
        log: matches.get_one("log").cloned(),
        running: <OverKafka as clap::FromArgMatches>::from_arg_matches(matches)
            .map_err(|error| error.to_string())?,
        key: matches.get_one("signing-key").cloned(),
        json: matches.get_flag("json"),
    })
}

fn subcommand(definition: &'static Definition) -> Command {
    let roles: Vec<&str> = definition.roles.iter().map(|it| it.name()).collect();
    let mut command = Command::new(dashed(definition.name))
        .about(definition.about)
        .long_about(format!("{}.\n\nGiven by: {}.", definition.about, roles.join(", ")))
        .after_help(example(definition));
    for (place, field) in definition.fields.iter().enumerate() {
        let is_first = place == 0 && takes_a_place(field);
        if is_first {
            let it = Arg::new(FIRST).value_name(field.name.to_uppercase()).help(value::help(field));
            command = command.arg(it);
        }
        command = command.arg(option(field, is_first));
    }
    let has_key = definition.fields.iter().any(|it| it.name == "key");
    <OverKafka as clap::Args>::augment_args(command.args(of_all(has_key)))
}

/// Whether a field may stand without its name: it is one value.
fn takes_a_place(field: &Field) -> bool {
    !matches!(field.shape, Shape::List(_) | Shape::Fields(_))
}

fn option(field: &'static Field, is_first: bool) -> Arg {
    let may_be_left_out =
        field.optional || matches!(field.shape, Shape::List(it) if it.may_be_empty);
    let is_list = matches!(field.shape, Shape::List(_));
    let option = Arg::new(field.name)
        .long(dashed(field.name))
        .value_name(value::name(field.shape))
        .help(value::help(field))
        .allow_hyphen_values(true)
        .action(if is_list { ArgAction::Append } else { ArgAction::Set });
    if is_first {
        option.required_unless_present(FIRST).conflicts_with(FIRST).help("The same by its name")
    } else {
        option.required(!may_be_left_out)
    }
}

fn of_all(has_key: bool) -> Vec<Arg> {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).help_heading(OF_ALL)
    };
    let roles = Role::ALL.map(Role::name).join(", ");
    let key =
        option("signing-key", "FILE", "The key that signs a checkpoint; see `airshed key new`");
    let path = || value_parser!(std::path::PathBuf);
    vec![
        option("as", "BODY", "The body that gives it: six digits, a province such as 13, or region")
            .required(true),
        option("role", "ROLE", "").help(format!("In which role: {roles}")).required(true),
        option("by", "NAME", "The official's name or title").required(true),
        option("id", "ID", "The id of the command: 1 to 64 letters, digits, '.', '_' and '-'; without it BODY-COMMAND-TIME"),
        option("given", "TIME", "When it is given. Without it now; for a log with the clock of its sources, the clock of the log")
            .value_parser(ValueParser::new(moment::parse)),
        option("status", "STATUS", "actual, or exercise for a drill")
            .value_parser(["actual", "exercise"])
            .default_value("actual"),
        option("log", "DIR", "The folder of the log")
            .required_unless_present_any(["brokers", "config"])
            .value_parser(path()),
        if has_key { key } else { key.visible_alias("key") }.value_parser(path()),
        option("json", "", "Print the records, one JSON object on each line")
            .action(ArgAction::SetTrue),
    ]
}

/// As it is typed, in lines of a length that a terminal has.
fn example(definition: &Definition) -> String {
    let mut words = definition.example.splitn(3, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (body, role, fields) = (word(), word(), word());
    let all = format!("{fields} --as {body} --role {role} --by \"duty officer\" --log winter");
    let mut lines = vec![format!("Example: airshed do {}", dashed(definition.name))];
    for (at, part) in all.split(" --").enumerate() {
        let part = if at == 0 { part.to_owned() } else { format!("--{part}") };
        match lines.last_mut() {
            Some(line) if line.chars().count() + part.chars().count() < WIDTH => {
                line.push(' ');
                line.push_str(&part);
            }
            // A value of JSON that is too long goes on in the next line, within its quotes.
            _ if part.chars().count() > WIDTH => {
                lines.push(format!("    {}", part.replace(",\"", ",\n      \"")));
            }
            _ => lines.push(format!("    {part}")),
        }
    }
    lines.join(" \\\n")
}

const WIDTH: usize = 77;

/// `order_by` is typed as `order-by`.
fn dashed(name: &str) -> String {
    name.replace('_', "-")
}
