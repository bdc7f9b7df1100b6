//! `airshed do`: a body gives a command. One subcommand for each command, made from the table of
//! its fields.

mod arguments;
mod folder;
mod outcome;
mod remedy;
mod running;
mod value;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::domain::cooperation::{Body, Definition};
use crate::domain::{Actor, CommandGiven, Status, Timestamp};
use crate::engine::Entry;

use crate::app::support::Failure;
pub(in crate::app) use remedy::remedy;
use running::OverKafka;

/// The arguments of `do`.
#[derive(Debug)]
pub(in crate::app) struct Args {
    definition: &'static Definition,
    fields: Value,
    actor: Actor,
    id: Option<String>,
    given_at: Option<Timestamp>,
    status: Status,
    /// None: the command goes to a running `serve`.
    log: Option<PathBuf>,
    running: OverKafka,
    key: Option<PathBuf>,
    json: bool,
}

/// What carries a command to a log and brings back what became of it.
trait Door {
    /// When a command is given that does not say when.
    fn now(&self) -> Timestamp;
    /// Carries it. Gives back what was recorded, the command itself included.
    fn carry(&mut self, given: CommandGiven) -> Result<Vec<Arc<Entry>>, Failure>;
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let mut door: Box<dyn Door> = match (args.running.open()?, &args.log) {
        (Some(running), _) => Box::new(running),
        (None, Some(log)) => Box::new(folder::open(log, args.key.as_deref())?),
        (None, None) => {
            return Err(Failure::Usage("name the folder of the log, or --brokers".into()));
        }
    };
    let given = args.given(door.now());
    outcome::print(&door.carry(given)?, args.json)
}

#[expect(clippy::disallowed_methods, reason = "Here the wall clock enters, as a value.")]
fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Args {
    /// The envelope of the command.
    fn given(&self, now: Timestamp) -> CommandGiven {
        let given_at = self.given_at.unwrap_or(now);
        let Self { definition, fields, actor, id, status, .. } = self;
        CommandGiven {
            at: given_at,
            id: id.clone().unwrap_or_else(|| own_id(&actor.body, definition.name, given_at)),
            actor: actor.clone(),
            given_at,
            status: *status,
            command: definition.name.into(),
            fields: Arc::new(fields.clone()),
            source: None,
        }
    }
}

/// `130100-acknowledge-20251204T091000.000`
fn own_id(body: &Body, command: &str, given_at: Timestamp) -> String {
    let text = given_at.to_string();
    let time: String = text.trim_end_matches("+08:00").replace(['-', ':'], "");
    let millis = if time.contains('.') { "" } else { ".000" };
    format!("{body}-{command}-{time}{millis}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_body_command_and_time() {
        let check = |time: &str, expected: &str| {
            let at = Timestamp::parse(time).unwrap();
            assert_eq!(own_id(&Body::new("130100"), "acknowledge", at), expected);
        };
        check("2025-12-04T09:10:00+08:00", "130100-acknowledge-20251204T091000.000");
        check("2025-12-04T01:10:00.025Z", "130100-acknowledge-20251204T091000.025");
    }
}
