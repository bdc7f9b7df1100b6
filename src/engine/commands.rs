//! An inbox with commands of bodies put between its rows: each behind the rows of the instant at
//! which it was given.
//!
//! A file of commands has a clock of its own, moved by its commands and ticks. Its lines come in
//! their order, each when the rows have come to that clock. Before a line the clock of the rows
//! stands at each instant at which it would stand without commands, so that commands change no
//! hour.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::sync::Arc;

use super::{Continued, FileDifference, Inbox, PortError};
use crate::domain::{
    Airshed, Command, FileClock, Parameters, Reason, Refusal, RuleBook, Source, Stream,
    StreamClock, Tick, Timestamp, steps,
};

/// An inbox with the lines of one file of commands between its rows.
#[derive(Debug)]
pub struct WithCommands<I> {
    inbox: I,
    lines: VecDeque<Line>,
    /// What the inbox has given and has not been passed on.
    waiting: VecDeque<Command>,
    /// The rows have ended: lines up to this moment need wait no longer, or all of them.
    ended: Option<Until>,
    parameters: Parameters,
    /// The clock of each stream of rows.
    clocks: BTreeMap<Stream, StreamClock>,
    /// The clock of all.
    clock: Option<Timestamp>,
}

/// Up to when lines may come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Until {
    /// Those before a moment.
    Before(Timestamp),
    /// All.
    Always,
}

/// A line, and what the clock of its file shows with it; none where it shows nothing yet.
#[derive(Clone, Debug)]
struct Line {
    at: Option<Timestamp>,
    command: Command,
}

/// As many lines come at once.
const AT_ONCE: usize = 64;

impl<I: Inbox> WithCommands<I> {
    /// Puts the lines of a file between the rows of an inbox.
    pub fn new(inbox: I, lines: Vec<Command>, parameters: &Parameters) -> Self {
        let mut clock = StreamClock::default();
        let line = |command| {
            let command = refuse_a_far_tick(command, clock, parameters);
            clock = clock.after(&command, parameters);
            Line { at: clock.at, command }
        };
        Self {
            inbox,
            lines: lines.into_iter().map(line).collect(),
            waiting: VecDeque::new(),
            ended: None,
            parameters: parameters.clone(),
            clocks: BTreeMap::new(),
            clock: None,
        }
    }

    /// The inbox behind it.
    pub fn inner(&self) -> &I {
        &self.inbox
    }

    /// The inbox behind it, to be changed.
    pub fn inner_mut(&mut self) -> &mut I {
        &mut self.inbox
    }

    /// Compares the file with what a log holds of it. One that differs goes on as another stream,
    /// from the first line that differs; gives the old and the new stream, and where it differs.
    pub fn continue_from(
        &mut self,
        continued: &Continued,
    ) -> Option<(Stream, Stream, FileDifference)> {
        let before = self.lines.iter().find_map(|it| it.command.source())?.0.clone();
        continued.last(&before)?;
        let difference = continued.compare(&before, self.lines.iter().map(|it| it.command.clone()));
        let stream = match difference {
            None => continued.stream(&before),
            Some(FileDifference { position, .. }) => {
                let is_new = |it: &Line| it.command.source().is_some_and(|it| it.1 >= position);
                self.lines.retain(is_new);
                continued.next_stream(&before)
            }
        };
        for line in &mut self.lines {
            rename(&mut line.command, &stream);
        }
        difference.map(|difference| (before, stream, difference))
    }

    /// Goes on where a log has come to.
    pub fn go_on(&mut self, airshed: &Airshed) {
        self.clock = airshed.clock();
        self.clocks =
            airshed.streams().iter().map(|(it, state)| (it.clone(), state.clock)).collect();
    }

    /// Whether rows have come of the inbox that have not been passed on.
    pub fn holds_rows(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The rows have ended: from now on lines come without them.
    pub fn end(&mut self, until: Until) {
        self.ended = Some(until);
    }

    /// Whether a line may come without further rows.
    pub fn has_lines(&self) -> bool {
        self.lines.front().is_some_and(|it| self.may_come_at_the_end(it))
    }

    fn may_come_at_the_end(&self, line: &Line) -> bool {
        match self.ended {
            None => false,
            Some(Until::Before(moment)) => line.at.is_none_or(|at| at < moment),
            Some(Until::Always) => true,
        }
    }

    /// What an input makes of the clock of its stream, where that moves.
    fn moved(&self, command: &Command) -> Option<(Stream, StreamClock)> {
        let (stream, _) = command.source()?;
        let clock = self.clocks.get(stream).copied().unwrap_or_default();
        let after = clock.after(command, &self.parameters);
        (after > clock).then(|| (stream.clone(), after))
    }

    /// Lines that come before a moment, with the stands of the clock of the rows before them.
    fn lines_before(&mut self, moment: Timestamp) -> Vec<Command> {
        let is_stepping = self.parameters.closing.file_clock == FileClock::Steps;
        let mut given = Vec::new();
        while given.len() < AT_ONCE
            && self.is_line_before(moment)
            && let Some(line) = self.lines.pop_front()
        {
            if let (Some(from), Some(to), true) = (self.clock, line.at, is_stepping) {
                let stands = steps(from, to, &self.parameters);
                given.extend(stands.map(|at| Command::Tick(Tick { at, source: None })));
            }
            self.clock = self.clock.max(line.at);
            given.push(line.command);
        }
        given
    }

    fn is_line_before(&self, moment: Timestamp) -> bool {
        self.lines.front().is_some_and(|it| it.at.is_none_or(|at| at < moment))
    }

    /// What has come of the inbox up to the next line, or the lines that come first.
    fn next_part(&mut self) -> Vec<Command> {
        let mut part: Vec<Command> = Vec::new();
        while let Some(command) = self.waiting.pop_front() {
            let moved = self.moved(&command);
            let moment = moved.as_ref().and_then(|(_, clock)| clock.at);
            // What one position says stays together.
            let may_part = part.last().is_none_or(|it| !share_a_position(it, &command));
            if let Some(moment) = moment
                && may_part
                && self.is_line_before(moment)
            {
                self.waiting.push_front(command);
                return if part.is_empty() { self.lines_before(moment) } else { part };
            }
            self.clocks.extend(moved);
            self.clock = self.clock.max(moment);
            part.push(command);
        }
        part
    }
}

impl<I: Inbox> Inbox for WithCommands<I> {
    fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
        self.lines.retain(|line| {
            let Some((stream, position)) = line.command.source() else { return true };
            let last = taken.iter().find(|(it, _)| it == stream).map(|it| it.1);
            last.is_none_or(|last| position > last)
        });
        self.waiting.clear();
        self.inbox.resume(taken)
    }

    fn adopt(&mut self, book: &Arc<RuleBook>) {
        self.inbox.adopt(book);
    }

    fn poll(&mut self) -> Result<Vec<Command>, PortError> {
        if self.lines.is_empty() {
            let waiting: Vec<Command> = mem::take(&mut self.waiting).into();
            return if waiting.is_empty() { self.inbox.poll() } else { Ok(waiting) };
        }
        if self.waiting.is_empty() {
            self.waiting = self.inbox.poll()?.into();
        }
        let part = self.next_part();
        if !part.is_empty() || self.ended.is_none() {
            return Ok(part);
        }
        let mut part = Vec::new();
        while part.len() < AT_ONCE
            && self.has_lines()
            && let Some(line) = self.lines.pop_front()
        {
            part.push(line.command);
        }
        Ok(part)
    }

    fn hold(&mut self, streams: &[Stream]) -> Result<(), PortError> {
        self.inbox.hold(streams)
    }
}

fn share_a_position(one: &Command, other: &Command) -> bool {
    let (Some((one, last)), Some((stream, _))) = (one.source(), other.source()) else {
        return false;
    };
    one == stream && other.first_position() <= Some(last)
}

/// A tick that is too far ahead of the lines before it would end the play.
fn refuse_a_far_tick(command: Command, clock: StreamClock, parameters: &Parameters) -> Command {
    let max_jump_h = parameters.closing.max_jump_h;
    let is_far = |at: Timestamp| clock.at.is_some_and(|shown| at > shown.plus_hours(max_jump_h));
    let Command::Tick(Tick { at, source }) = &command else { return command };
    if !is_far(*at) {
        return command;
    }
    let excerpt =
        format!("a tick to {at}, over {max_jump_h} h (max_jump_h) after the line before it");
    let (reason, source) = (Reason::FromTheFuture, source.clone());
    Command::Refuse(Refusal { reason, source, hour: None, excerpt, count: 1 })
}

fn rename(command: &mut Command, stream: &Stream) {
    let source: Option<&mut Source> = match command {
        Command::Give(it) => it.source.as_mut(),
        Command::Tick(it) => it.source.as_mut(),
        Command::Refuse(it) => it.source.as_mut(),
        Command::Adopt(_)
        | Command::JoinStreams(_)
        | Command::Observe(_)
        | Command::ReceiveForecast(_)
        | Command::Exclude(_) => None,
    };
    if let Some(source) = source {
        source.stream = stream.clone();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::cooperation::Body;
    use crate::domain::{Actor, Batch, CommandGiven, Hour, Row, Status};

    /// Rows as `a8` (of hour 8, which has come at 8:30), or `a8+9` for one that says two hours.
    struct Rows(VecDeque<Vec<Command>>, usize);

    impl Inbox for Rows {
        fn adopt(&mut self, _: &Arc<RuleBook>) {}

        fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
            let last = |it: &Command| {
                let (stream, position) = it.source().unwrap();
                taken.iter().any(|(taken, last)| taken == stream && position <= *last)
            };
            self.0.retain(|it| !last(&it[0]));
            Ok(())
        }

        fn poll(&mut self) -> Result<Vec<Command>, PortError> {
            let count = self.1.min(self.0.len());
            Ok(self.0.drain(..count).flatten().collect())
        }
    }

    fn rows(text: &str, at_once: usize) -> Rows {
        let mut all = VecDeque::new();
        for (row, position) in text.split_whitespace().zip(1..) {
            let hours = row[1..].split('+').map(|hour| {
                let (stream, hour) = (Stream::file(&row[..1]), Hour(hour.parse().unwrap()));
                let rows = vec![Row { position, readings: 0 }];
                Command::Observe(Batch { stream, hour, rows, readings: Vec::new() })
            });
            all.push_back(hours.collect());
        }
        Rows(all, at_once)
    }

    /// `9:10` was given then, `9:10.` is a tick, `!` cannot be read.
    fn lines(text: &str) -> Vec<Command> {
        let stream = Stream::file("commands");
        let line = |(word, position): (&str, u64)| {
            let source = Some(stream.at(position));
            if word == "!" {
                let (reason, excerpt) = (Reason::Unreadable, String::new());
                return Command::Refuse(Refusal { reason, source, hour: None, excerpt, count: 1 });
            }
            let time = word.trim_end_matches('.');
            let (hour, minute) = time.split_once(':').unwrap();
            let minutes = hour.parse::<i32>().unwrap() * 60 + minute.parse::<i32>().unwrap();
            let at = Timestamp::default().plus_minutes(minutes);
            if word.ends_with('.') {
                return Command::Tick(Tick { at, source });
            }
            let actor = Actor { body: Body::new("13"), role: String::new(), name: String::new() };
            Command::Give(Box::new(CommandGiven {
                at,
                id: word.to_owned(),
                actor,
                given_at: at,
                status: Status::Actual,
                command: "sign".into(),
                fields: Arc::new(json!({})),
                source,
            }))
        };
        text.split_whitespace().zip(1..).map(line).collect()
    }

    fn tell(command: &Command) -> String {
        let time = |at: Timestamp| format!("{}:{:02}", at.0 / 3_600_000, at.0 / 60_000 % 60);
        match command {
            Command::Observe(batch) => format!("{}{}", batch.stream, batch.hour.0),
            Command::Give(given) => time(given.given_at),
            Command::Tick(Tick { at, source: None }) => format!("({})", time(*at)),
            Command::Tick(tick) => format!("{}.", time(tick.at)),
            Command::Refuse(refused) => format!("!{}", refused.source.as_ref().unwrap().position),
            Command::Adopt(_)
            | Command::JoinStreams(_)
            | Command::ReceiveForecast(_)
            | Command::Exclude(_) => unreachable!("no other command here"),
        }
    }

    fn inbox(of_rows: &str, of_lines: &str, at_once: usize) -> WithCommands<Rows> {
        WithCommands::new(rows(of_rows, at_once), lines(of_lines), &Parameters::defaults())
    }

    /// The takes up to the end of all.
    fn takes(inbox: &mut WithCommands<Rows>) -> Vec<Vec<Command>> {
        let mut takes = Vec::new();
        loop {
            let take = inbox.poll().unwrap();
            if take.is_empty() && inbox.inner().0.is_empty() {
                if inbox.ended == Some(Until::Always) {
                    return takes;
                }
                inbox.end(Until::Always);
            }
            takes.push(take);
        }
    }

    #[track_caller]
    fn check(of_rows: &str, of_lines: &str, expected: &str) {
        for at_once in [1, 2, 3, 100] {
            let whole: Vec<Command> =
                takes(&mut inbox(of_rows, of_lines, at_once)).into_iter().flatten().collect();
            let lines: Vec<String> = whole.iter().map(tell).collect();
            assert_eq!(lines.join(" "), expected, "{at_once}");
        }
    }

    #[test]
    fn a_line_comes_behind_the_rows_of_its_instant() {
        check("a8 a9 a10", "8:40 9:10", "a8 8:40 (9:00) 9:10 a9 a10");
        check("a8 b8 a9 b9", "8:30 9:30", "a8 b8 8:30 a9 b9 9:30");
        check("a8 a9", "7:00 8:00.", "7:00 (8:00) 8:00. a8 a9");
        check("a8 a9", "9:40 12:00. 12:01", "a8 a9 9:40 12:00. 12:01");
    }

    #[test]
    fn lines_keep_their_order_and_bad_ones_their_place() {
        check("a8 a9 a10", "9:40 8:40 ! 9:50", "a8 a9 9:40 8:40 !3 9:50 a10");
        check("a8 a9", "! 8:40", "!1 a8 8:40 a9");
        // 720 h is the most that a line may jump.
        check("a8 a9", "8:40 900:00. 8:50", "a8 8:40 !2 8:50 a9");
        check("a8 a9", "8:40 900:00 8:50", "a8 8:40 900:00 8:50 a9");
    }

    #[test]
    fn what_one_row_says_stays_together() {
        check("a8 a9+10 a11", "9:40", "a8 a9 a10 9:40 a11");
    }

    #[test]
    fn a_row_from_the_future_moves_nothing() {
        check("a8 a900 a9", "8:40", "a8 a900 8:40 a9");
    }

    /// As a log knows it: the last position and the clock of each stream, and the clock of all.
    #[derive(Default)]
    struct Log {
        taken: BTreeMap<Stream, u64>,
        clocks: BTreeMap<Stream, StreamClock>,
        clock: Option<Timestamp>,
    }

    impl Log {
        fn take(&mut self, command: &Command) {
            let Some((stream, position)) = command.source() else {
                let Command::Tick(tick) = command else { panic!("{command:?}") };
                self.clock = self.clock.max(Some(tick.at));
                return;
            };
            self.taken.insert(stream.clone(), position);
            let clock = self.clocks.entry(stream.clone()).or_default();
            *clock = clock.after(command, &Parameters::defaults());
            self.clock = self.clock.max(clock.at);
        }
    }

    #[test]
    fn a_play_that_stopped_goes_on_with_the_next_line() {
        for at_once in [1, 2, 100] {
            let inbox =
                || inbox("a8 b8 a9+10 a900 b9 a11", "8:40 ! 9:10 9:40. 10:50 12:00.", at_once);
            let whole = takes(&mut inbox());
            for stop in 0..=whole.len() {
                let mut log = Log::default();
                whole[..stop].iter().flatten().for_each(|it| log.take(it));
                let mut resumed = inbox();
                let taken: Vec<_> = log.taken.into_iter().collect();
                resumed.resume(&taken).unwrap();
                (resumed.clock, resumed.clocks) = (log.clock, log.clocks);
                let rest: Vec<Command> = takes(&mut resumed).into_iter().flatten().collect();
                assert_eq!(rest, whole[stop..].concat(), "{at_once} {stop}");
            }
        }
    }
}
