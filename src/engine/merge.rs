//! One order out of many streams: by clock, rows before ticks, then by stream.
//!
//! When the sources are the clock, an hour must close alike however the streams race. So an input
//! waits until every joined stream has shown a clock at which nothing earlier can come any more.
//! How much may wait is bounded: a stream that is too far ahead is held until the others follow.

use std::collections::{BTreeMap, VecDeque};

use crate::domain::{Airshed, ClockRule, Command, Parameters, Stream, StreamClock, Timestamp};

/// Inputs that wait for their turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merge {
    /// Empty: inputs pass in the order in which they come.
    queues: BTreeMap<Stream, StreamQueue>,
    /// Inputs that no queue holds back.
    passing: VecDeque<Command>,
    /// Whether the inputs passed so far end with a whole position of every stream.
    whole: bool,
}

#[derive(Clone, Debug, Default)]
struct StreamQueue {
    /// The clock after the last input that was let through.
    passed: StreamClock,
    /// The clock after the last input that waits.
    clock: StreamClock,
    /// Inputs with the clock of their stream after them.
    waiting: VecDeque<(StreamClock, Command)>,
    /// How many values wait.
    values: usize,
    /// Nothing more is taken from the stream until the others have followed.
    held: bool,
    /// The stream has joined no longer.
    left: bool,
}

/// Streams that are behind, and what waits for them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lag {
    /// The streams that are waited for, each with the time its clock shows; none before its first
    /// row or tick.
    pub behind: Vec<(Stream, Option<Timestamp>)>,
    /// Values that wait.
    pub values: usize,
    /// Streams that are not taken from because too much of theirs waits.
    pub held: usize,
}

impl Merge {
    /// Starts where the log ends.
    pub(crate) fn resume(airshed: &Airshed) -> Self {
        let mut merge = Self::default();
        merge.join(airshed);
        merge
    }

    /// Knows the streams that have joined. One that has left is no longer waited for.
    pub(crate) fn join(&mut self, airshed: &Airshed) {
        let by_sources = airshed
            .rules()
            .is_some_and(|rules| rules.parameters.closing.clock == ClockRule::Sources);
        let joined = if by_sources { airshed.joined() } else { &[] };
        for (stream, queue) in &mut self.queues {
            queue.left = !joined.contains(stream);
        }
        // What states the id of a topic brings nothing, and is not waited for.
        for stream in joined.iter().filter(|it| it.as_topic_id().is_none()) {
            let shown = airshed.streams().get(stream).map(|it| it.clock).unwrap_or_default();
            let queue = StreamQueue { passed: shown, clock: shown, ..StreamQueue::default() };
            self.queues.entry(stream.clone()).or_insert(queue);
        }
    }

    /// Takes inputs in. Without rules nothing waits.
    pub(crate) fn put(&mut self, commands: Vec<Command>, parameters: Option<&Parameters>) {
        let Some(parameters) = parameters.filter(|_| !self.queues.is_empty()) else {
            self.passing.extend(commands);
            return;
        };
        for command in commands {
            let queue = command.source().and_then(|(stream, _)| self.queues.get_mut(stream));
            match queue {
                Some(queue) => queue.put(command, parameters),
                None => self.passing.push_back(command),
            }
        }
    }

    /// The next input in the order, once its turn has come.
    pub(crate) fn next(&mut self) -> Option<Command> {
        if let Some(command) = self.passing.pop_front() {
            self.whole = self.passing.is_empty();
            return Some(command);
        }
        let stream = {
            let queues =
                self.queues.iter().filter(|(_, queue)| !queue.left || !queue.waiting.is_empty());
            let keys = queues.map(|(stream, queue)| (queue.key(), stream, queue));
            let (_, stream, queue) = keys.min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)))?;
            if queue.waiting.is_empty() {
                return None;
            }
            stream.clone()
        };
        let queue = self.queues.get_mut(&stream)?;
        let (clock, command) = queue.waiting.pop_front()?;
        queue.passed = clock;
        queue.values -= command.values();
        let next = queue.waiting.front().and_then(|(_, it)| it.first_position());
        self.whole = next.is_none_or(|next| !reaches(&command, Some(next)));
        Some(command)
    }

    /// Whether the log may end with the last input: everything that its position says has passed.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Inputs that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queues.values().map(|queue| queue.waiting.len()).sum()
    }

    /// Holds the streams of which more waits than their share of `values_max`, and releases each
    /// when half of that has passed. Returns the streams that are held now, if others than before.
    ///
    /// Of a stream that is waited for nothing waits, so it is never held.
    pub(crate) fn hold(&mut self, values_max: usize) -> Option<Vec<Stream>> {
        let share = values_max.checked_div(self.queues.len())?.max(1);
        let mut changed = false;
        for queue in self.queues.values_mut() {
            let too_much =
                if queue.held { queue.values > share / 2 } else { queue.values >= share };
            let held = too_much && !queue.left;
            changed |= held != queue.held;
            queue.held = held;
        }
        let held = self.queues.iter().filter(|(_, queue)| queue.held);
        changed.then(|| held.map(|(stream, _)| stream.clone()).collect())
    }

    /// The streams that hold inputs of others back; none where nothing waits.
    pub(crate) fn lag(&self) -> Option<Lag> {
        let first =
            self.queues.values().filter(|it| !it.waiting.is_empty()).map(StreamQueue::key).min()?;
        let behind = self
            .queues
            .iter()
            .filter(|(_, queue)| queue.waiting.is_empty() && !queue.left && queue.passed <= first);
        Some(Lag {
            behind: behind.map(|(stream, queue)| (stream.clone(), queue.passed.at)).collect(),
            values: self.queues.values().map(|queue| queue.values).sum(),
            held: self.queues.values().filter(|queue| queue.held).count(),
        })
    }
}

impl StreamQueue {
    /// Puts an input behind those that wait.
    ///
    /// What belongs to one message goes through as one, at its latest clock. The log knows one
    /// position a stream: after a restart, half a message in it would count as the whole.
    fn put(&mut self, command: Command, parameters: &Parameters) {
        self.clock = self.clock.after(&command, parameters);
        self.values += command.values();
        let first = command.first_position();
        let mut sharing = Vec::new();
        while let Some((clock, waits)) = self.waiting.pop_back() {
            if clock == self.clock || !reaches(&waits, first) {
                self.waiting.push_back((clock, waits));
                break;
            }
            let (before, shared) = parted(waits, first);
            sharing.push(shared);
            if let Some(before) = before {
                self.waiting.push_back((clock, before));
                break;
            }
        }
        let together = sharing.into_iter().rev().chain([command]);
        self.waiting.extend(together.map(|it| (self.clock, it)));
    }

    /// The clock of its next input; where none waits, the earliest that the next can have.
    fn key(&self) -> StreamClock {
        self.waiting.front().map_or(self.passed, |(clock, _)| *clock)
    }
}

impl Command {
    /// How much it holds: rows, and the values in them.
    pub(crate) fn values(&self) -> usize {
        match self {
            Self::Observe(batch) => batch.rows.len() + batch.readings.len(),
            Self::ReceiveForecast(forecast) => {
                1 + forecast.outlooks.iter().map(|it| it.hours.len()).sum::<usize>()
            }
            Self::Adopt(_)
            | Self::JoinStreams(_)
            | Self::Tick(_)
            | Self::Exclude(_)
            | Self::Refuse(_)
            | Self::Give(_) => 1,
        }
    }
}

/// Whether a command changes how those after it are put in order.
pub(super) fn joins(command: &Command) -> bool {
    matches!(command, Command::JoinStreams(_) | Command::Adopt(_))
}

/// Cuts commands so that each that changes the order stands alone.
pub(super) fn parts(commands: Vec<Command>) -> Vec<Vec<Command>> {
    if !commands.iter().any(joins) {
        return vec![commands];
    }
    let mut parts = vec![Vec::new()];
    for command in commands {
        if joins(&command) {
            parts.extend([vec![command], Vec::new()]);
        } else if let Some(part) = parts.last_mut() {
            part.push(command);
        }
    }
    parts
}

/// Whether an input contains a position or later ones.
fn reaches(command: &Command, position: Option<u64>) -> bool {
    command.source().is_some_and(|(_, last)| Some(last) >= position)
}

/// The rows before a position, and those from it on.
fn parted(command: Command, position: Option<u64>) -> (Option<Command>, Command) {
    match (command, position) {
        (Command::Observe(mut batch), Some(position)) => {
            let shared = Command::Observe(batch.split_off(position));
            ((!batch.rows.is_empty()).then_some(Command::Observe(batch)), shared)
        }
        (other, _) => (None, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Batch, Hour, Row, Tick, Timestamp};

    #[test]
    fn an_input_waits_for_slower_streams() {
        check(&["a5", "a6"], "");
        check(&["a5", "a6", "b5"], "a5 b5");
        check(&["b5", "a5", "a6", "b6", "a7", "b7"], "a5 b5 a6 b6 a7");
    }

    #[test]
    fn a_tick_ends_its_instant() {
        check(&["a5", "a5.", "b5", "b5."], "a5 b5 a5.");
        check(&["b5", "b5.", "a5", "a5."], "a5 b5 a5.");
    }

    #[test]
    fn a_late_row_keeps_the_place_of_its_stream() {
        check(&["a5", "a6", "a4", "b5", "b6", "b7"], "a5 b5 a6 a4");
        check(&["a5", "a6", "a4", "a7", "b5", "b6", "b7"], "a5 b5 a6 a4 b6 a7");
    }

    #[test]
    fn what_one_message_says_goes_through_as_one() {
        check(&["a5+6", "b5", "b6", "b7"], "b5 a5 a6");
        check(&["a6+5", "b5", "b6", "b7"], "b5 a6 a5");
        // The batch before it ends with a row of the same message.
        check(&["a555+6", "b5", "b6", "b7"], "a55 b5 a5 a6");
    }

    #[test]
    fn a_stream_that_has_left_is_not_waited_for() {
        let parameters = Parameters::defaults();
        let mut merge = two_queues();
        let passed = |merge: &mut Merge, text: &str| -> Vec<String> {
            pass(merge, commands(text, 0, &parameters)).iter().map(tell).collect()
        };
        assert_eq!(passed(&mut merge, "a6"), Vec::<String>::new());
        merge.join(&Airshed::default());
        assert_eq!(passed(&mut merge, "b7"), ["a6", "b7"]);
    }

    /// `a5` is a row of hour 5 in stream a, `a5.` a tick at its publication; `a55+6` are two rows
    /// of hour 5 in one batch, and the message of the second speaks of hour 6 too.
    fn check(inputs: &[&str], expected: &str) {
        let parameters = Parameters::defaults();
        let mut merge = two_queues();
        let mut passed = Vec::new();
        for (input, position) in inputs.iter().zip((0..).step_by(10)) {
            let commands = commands(input, position, &parameters);
            passed.extend(pass(&mut merge, commands).iter().map(tell));
        }
        assert_eq!(passed.join(" "), expected, "{inputs:?}");
    }

    fn two_queues() -> Merge {
        let queues = ["a", "b"].map(|name| (Stream::file(name), StreamQueue::default()));
        Merge { queues: queues.into(), ..Merge::default() }
    }

    /// Everything that passes once these inputs have come.
    fn pass(merge: &mut Merge, commands: Vec<Command>) -> Vec<Command> {
        merge.put(commands, Some(&Parameters::defaults()));
        std::iter::from_fn(|| merge.next()).collect()
    }

    #[test]
    fn a_stream_is_held_while_too_much_of_it_waits_and_never_the_one_behind() {
        let parameters = Parameters::defaults();
        let mut merge = two_queues();
        let names = |held: Option<Vec<Stream>>| {
            held.map(|it| it.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        let mut put = |text: &str, position| {
            pass(&mut merge, commands(text, position, &parameters));
            // Five values each.
            let held = names(merge.hold(10));
            let lag = merge.lag().map(|it| {
                let behind: Vec<_> = it.behind.iter().map(|(it, _)| it.to_string()).collect();
                format!("{} {} {}", behind.join(" "), it.values, it.held)
            });
            (held, lag.unwrap_or_default())
        };
        let is = |held: Option<&str>, lag: &str| (held.map(str::to_owned), lag.to_owned());
        assert_eq!(put("a5555", 0), is(None, "b 4 0"));
        assert_eq!(put("a666", 10), is(Some("a"), "b 7 1"));
        assert_eq!(put("a7", 20), is(None, "b 8 1"));
        // Four have passed, but more than half of five still wait.
        assert_eq!(put("b5", 0), is(None, "b 4 1"));
        assert_eq!(put("b6", 10), is(Some(""), "b 1 0"));
        assert_eq!(put("b8", 20), is(None, "a 1 0"));
    }

    #[test]
    fn the_log_may_end_only_where_a_position_does() {
        let parameters = Parameters::defaults();
        let mut merge = two_queues();
        for (text, position) in [("a5+6", 0), ("a7", 10), ("b8", 0)] {
            merge.put(commands(text, position, &parameters), Some(&parameters));
        }
        let mut whole = Vec::new();
        while let Some(command) = merge.next() {
            whole.push((tell(&command), merge.is_whole()));
        }
        let expected = [("a5", false), ("a6", true), ("a7", true)];
        assert_eq!(whole, expected.map(|(it, whole)| (it.to_owned(), whole)));
    }

    fn commands(text: &str, first: u64, parameters: &Parameters) -> Vec<Command> {
        let hour = |text: &str| Hour(text[..1].parse().unwrap());
        let (stream, text) = (Stream::file(&text[..1]), &text[1..]);
        if text.ends_with('.') {
            let at = hour(text).end().plus_minutes(parameters.closing.publish_delay_min);
            return vec![Command::Tick(Tick { at, source: Some(stream.at(first)) })];
        }
        let mut position = first;
        let mut batches = Vec::new();
        for rows in text.split('+') {
            let last = position + rows.len() as u64 - 1;
            let hour = hour(rows);
            let rows = (position..=last).map(|position| Row { position, readings: 0 }).collect();
            let batch = Batch { stream: stream.clone(), hour, rows, readings: Vec::new() };
            batches.push(Command::Observe(batch));
            position = last;
        }
        batches
    }

    fn tell(command: &Command) -> String {
        match command {
            Command::Observe(batch) => {
                let hours = batch.hour.0.to_string().repeat(batch.rows.len());
                format!("{}{hours}", batch.stream)
            }
            Command::Tick(tick) => {
                let Timestamp(ms) = tick.at;
                format!("{}{}.", tick.source.as_ref().unwrap().stream, ms / 3_600_000)
            }
            Command::Adopt(_)
            | Command::JoinStreams(_)
            | Command::ReceiveForecast(_)
            | Command::Exclude(_)
            | Command::Give(_)
            | Command::Refuse(_) => unreachable!("no other command here"),
        }
    }
}
