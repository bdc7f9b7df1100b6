//! The orders that must come: the same engine over the same inputs, in memory and without a broker.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{Batch, Command, Row, Stream, Tick, Timestamp};
use crate::engine::projection::{Channel, Grounds, Involved, Marks, messages};
use crate::engine::{Engine, Entry, EventLog, Needs, Outbox, PortError, Position, Record, Records};
use crate::io::kafka::Topics;
use crate::io::memory::MemoryInbox;
use crate::wire::publication;

use super::comparison::ExpectedOrder;
use super::plan::{HourInputs, Plan};

/// Computes the orders of the first so many hours, by id.
pub(super) fn expected_orders(
    plan: &Plan,
    topics: &Topics,
    hours: u64,
) -> Result<BTreeMap<String, ExpectedOrder>, PortError> {
    let orders = Orders::new(topics);
    let book = Arc::clone(&plan.book);
    let mut engine =
        Engine::open(book, Timestamp::default(), MemoryInbox::default(), NoLog, orders)?;
    let mut partitions = Partitions::new(topics, plan.partitions());
    engine.submit(vec![Command::JoinStreams(partitions.streams())], None)?;
    for number in 0..hours {
        engine.submit(partitions.commands(plan.hour(number)), None)?;
    }
    Ok(engine.into_parts().2.found)
}

/// The partitions of the inputs, and the next offset in each.
struct Partitions {
    readings: Vec<(Stream, u64)>,
    forecasts: (Stream, u64),
    commands: (Stream, u64),
}

impl Partitions {
    fn new(topics: &Topics, partitions: usize) -> Self {
        let numbers = (0_i32..).take(partitions);
        Self {
            readings: numbers.map(|it| (Stream::topic(&topics.readings(), it), 0)).collect(),
            forecasts: (Stream::topic(&topics.forecasts(), 0), 0),
            commands: (Stream::topic(&topics.commands(), 0), 0),
        }
    }

    fn all(&mut self) -> impl Iterator<Item = &mut (Stream, u64)> {
        self.readings.iter_mut().chain([&mut self.forecasts, &mut self.commands])
    }

    fn streams(&mut self) -> Vec<Stream> {
        self.all().map(|it| it.0.clone()).collect()
    }

    /// What `serve` makes of the messages of an hour.
    fn commands(&mut self, inputs: HourInputs) -> Vec<Command> {
        let mut commands = Vec::new();
        if let Some(mut forecast) = inputs.forecast {
            forecast.source = Some(self.forecasts.0.at(self.forecasts.1));
            self.forecasts.1 += 1;
            commands.push(Command::ReceiveForecast(forecast));
        }
        for (partition, readings) in inputs.messages {
            let Some((stream, next)) = self.readings.get_mut(partition) else { continue };
            let count = u32::try_from(readings.len()).unwrap_or(u32::MAX);
            let rows = vec![Row { position: *next, readings: count }];
            *next += 1;
            let stream = stream.clone();
            commands.push(Command::Observe(Batch { stream, hour: inputs.hour, rows, readings }));
        }
        for (stream, next) in self.all() {
            let source = Some(stream.at(*next));
            *next += 1;
            commands.push(Command::Tick(Tick { at: inputs.tick, source }));
        }
        commands
    }
}

/// A log that remembers nothing.
struct NoLog;

impl EventLog for NoLog {
    fn append(&mut self, _: &[Record]) -> Result<(), PortError> {
        Ok(())
    }

    fn read(&self, _: Position) -> Result<Records<'_>, PortError> {
        Ok(Box::new(std::iter::empty()))
    }
}

/// Remembers the orders.
struct Orders {
    topics: Topics,
    grounds: Grounds,
    found: BTreeMap<String, ExpectedOrder>,
}

impl Orders {
    fn new(topics: &Topics) -> Self {
        Self { topics: topics.clone(), grounds: Grounds::default(), found: BTreeMap::new() }
    }
}

impl Outbox for Orders {
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        Ok(Position::default())
    }

    fn needs(&self, _: &Marks) -> Needs {
        Needs::Nothing
    }

    fn recall(&mut self, _: &Arc<Entry>) -> Result<(), PortError> {
        Ok(())
    }

    fn publish(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        self.grounds.note(&entry.record);
        // Orders go to those whom they bind, whoever has a part in what else.
        for message in messages(entry, &self.grounds, &Involved::default()) {
            if matches!(message.channel, Channel::Orders(_)) {
                let mut body = publication::message(&message);
                if let Some(fields) = body.as_object_mut() {
                    fields.shift_remove("position");
                }
                let topic = self.topics.of(&message.channel);
                self.found.insert(message.id(), ExpectedOrder { topic, body });
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::support::rules::{Overrides, load_with_answers};

    #[test]
    fn an_episode_imposes_raises_and_lifts_and_another_seed_does_it_otherwise() {
        let orders = |seed, pack| {
            let overrides = Overrides::default().set("clock", "\"sources\"");
            let book = load_with_answers(None, &overrides).unwrap();
            let stations = crate::app::run::load::plan::stations(&book.rules, None).unwrap();
            let plan = Plan::new(book, stations, (pack, 4), seed);
            expected_orders(&plan, &Topics::new("load"), 312).unwrap()
        };
        let first = orders(7, 1);
        let acts: std::collections::BTreeSet<_> =
            first.values().map(|it| it.body["act"].as_str().unwrap().to_owned()).collect();
        assert!(first.len() > 30, "{}", first.len());
        for act in ["impose", "lift"] {
            assert!(acts.contains(act), "{acts:?}");
        }
        assert!(first.iter().all(|(id, it)| it.body["order"] == **id));
        assert_eq!(orders(7, 5), first);
        assert_ne!(orders(8, 1), first);
    }
}
