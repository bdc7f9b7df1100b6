//! The feed: the airshed's clock, and what each stream has brought.

use std::collections::BTreeMap;

use super::{Batch, ClockRule, Fact, Rules, Source, Stream, StreamClock, Tick};

/// The clocks and the position of every stream.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Feed {
    /// The airshed's clock; with the wall as clock its last tick, else that of the last input.
    pub(crate) clock: StreamClock,
    pub(crate) streams: BTreeMap<Stream, StreamState>,
    /// The streams that must agree before an hour closes; empty: in the order they come.
    pub(crate) joined: Vec<Stream>,
}

/// What a stream has brought so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StreamState {
    /// Its clock.
    pub clock: StreamClock,
    /// The last line or offset that is in the log.
    pub taken: Option<u64>,
}

impl Feed {
    /// How each fact moves the feed.
    pub(super) fn evolve(&mut self, fact: &Fact, rules: Option<&Rules>) {
        match fact {
            Fact::RuleBookAdopted(_) => {}
            Fact::StreamsJoined(streams) => self.joined.clone_from(streams),
            Fact::Ticked(tick) => self.tick(tick),
            Fact::ReadingsReceived(batch) => self.receive(batch, rules),
            Fact::ForecastReceived(it) => self.note(it.source.as_ref()),
            Fact::IntervalExcluded(it) => self.note(it.source.as_ref()),
            Fact::InputRefused(it) => self.note(it.source.as_ref()),
            Fact::CommandGiven(it) => self.note(it.source.as_ref()),
        }
    }

    /// The clock of a stream.
    pub(super) fn clock_of(&self, stream: &Stream) -> StreamClock {
        self.streams.get(stream).map(|it| it.clock).unwrap_or_default()
    }

    fn tick(&mut self, tick: &Tick) {
        let Some(source) = &tick.source else {
            self.clock = self.clock.after_tick(tick.at);
            return;
        };
        let stream = self.stream(&source.stream, source.position);
        stream.clock = stream.clock.after_tick(tick.at);
        let clock = stream.clock;
        self.move_to(clock);
    }

    fn receive(&mut self, batch: &Batch, rules: Option<&Rules>) {
        let stream = match batch.rows.last() {
            Some(row) => Some(self.stream(&batch.stream, row.position)),
            None => self.streams.get_mut(&batch.stream),
        };
        let parameters = rules.map(|it| &it.parameters);
        let by_sources = parameters.filter(|it| it.closing.clock == ClockRule::Sources);
        let (Some(stream), Some(parameters)) = (stream, by_sources) else { return };
        if let Some(clock) = stream.clock.after_row(batch.hour, parameters) {
            stream.clock = clock;
            self.move_to(clock);
        }
    }

    fn note(&mut self, source: Option<&Source>) {
        if let Some(source) = source {
            self.stream(&source.stream, source.position);
        }
    }

    /// A stream after an input at a position.
    fn stream(&mut self, stream: &Stream, position: u64) -> &mut StreamState {
        let state = self.streams.entry(stream.clone()).or_default();
        // A refusal may name a row of the batch before it: positions do not go back.
        state.taken = state.taken.max(Some(position));
        state
    }

    fn move_to(&mut self, clock: StreamClock) {
        self.clock = self.clock.max(clock);
    }
}
