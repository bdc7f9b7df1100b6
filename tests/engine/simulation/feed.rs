//! What a simulated world is told: streams of messages, each with a place of its own.

use std::sync::Arc;

use airshed::domain::*;

use super::dice::Dice;
use super::weather::{Weather, book};

/// Everything that can be read, whenever it is read.
pub(crate) struct Feed {
    pub(crate) book: Arc<RuleBook>,
    pub(crate) streams: Vec<Stream>,
    /// By stream; a message's place in the list is its offset.
    pub(crate) messages: Vec<Vec<Message>>,
    /// Whether the wall is the clock; else the streams are.
    pub(crate) by_wall: bool,
    /// Moments, and how much of each stream is written then; with the wall as clock it ticks at
    /// them, and the commands that are written then come behind the tick.
    pub(crate) rounds: Vec<(Timestamp, Vec<usize>)>,
}

impl Feed {
    /// The stream of the commands of bodies. What is in it depends on what they read in the log:
    /// [`rehearse`](super::life::rehearse) writes it.
    pub(crate) fn commands(&self) -> usize {
        self.streams.len() - 1
    }

    /// Writes a message to the end of a stream; its offset is its place.
    pub(crate) fn put(&mut self, stream: usize, mut message: Message) {
        let messages = &mut self.messages[stream];
        let position = messages.len() as u64;
        let source = Some(self.streams[stream].at(position));
        for command in &mut message {
            match command {
                Command::Observe(batch) => batch.rows[0].position = position,
                Command::Tick(tick) => tick.source.clone_from(&source),
                Command::ReceiveForecast(forecast) => forecast.source.clone_from(&source),
                Command::Exclude(exclusion) => exclusion.source.clone_from(&source),
                Command::Refuse(refusal) => refusal.source.clone_from(&source),
                Command::Give(given) => given.source.clone_from(&source),
                Command::Adopt(_) | Command::JoinStreams(_) => unreachable!("not in a stream"),
            }
        }
        messages.push(message);
    }
}

/// Hours after the last one at which streams tick that are their own clock.
pub(crate) const END_H: [i32; 2] = [4, 5];

/// One message; one that speaks of two hours, or that is bad in part, is more than one command.
pub(crate) type Message = Vec<Command>;

/// A feed in the making.
struct Writer {
    dice: Dice,
    weather: Weather,
    zero: Hour,
    feed: Feed,
    /// Streams of readings; then come one of everything else and one of commands.
    partitions: usize,
    /// Messages that come later than they should: hour, stream, what they say.
    late: Vec<(usize, usize, Message)>,
}

impl Feed {
    /// Streams that tell their own time.
    pub(crate) fn of_sources(seed: u64) -> Self {
        Self::of_sources_for(seed, usize::MAX)
    }

    /// The same for so many hours at most.
    pub(crate) fn of_sources_for(seed: u64, hours: usize) -> Self {
        let mut writer = Writer::new(seed, "sources", hours);
        let last = writer.weather.hours;
        for hour in 0..=last {
            writer.hour(hour);
            writer.ticks(hour);
            let (at, written) = (writer.label(hour).end(), writer.written());
            writer.feed.rounds.push((at, written));
        }
        // Two ticks, because the last of them waits for what may still come before it.
        for after_h in END_H {
            for stream in 0..writer.feed.commands() {
                let at = writer.label(last).plus(after_h).end();
                writer.tick(stream, at);
            }
        }
        let end = (writer.label(last).plus(END_H[0]).end(), writer.written());
        writer.feed.rounds.push(end);
        writer.feed
    }

    /// Streams without ticks, and how far each was written when the wall clock ticked.
    pub(crate) fn of_wall(seed: u64) -> Self {
        Self::of_wall_for(seed, usize::MAX)
    }

    /// The same for so many hours at most.
    pub(crate) fn of_wall_for(seed: u64, hours: usize) -> Self {
        let mut writer = Writer::new(seed, "wall", hours);
        for hour in 0..writer.weather.hours {
            let from: Vec<usize> = writer.feed.messages.iter().map(Vec::len).collect();
            writer.hour(hour);
            for (at_min, of_ten) in [(5, 3), (20, 9), (40, 10), (62, 10)] {
                let at = writer.label(hour).end().plus_minutes(at_min);
                let written = from.iter().zip(&writer.feed.messages);
                let written = written.map(|(from, all)| from + (all.len() - from) * of_ten / 10);
                let written = written.collect();
                // Now and then the program does not run for some hours.
                let stopped = writer.weather.hours / 2..writer.weather.hours / 2 + 4;
                let is_stopped = writer.weather.hours.is_multiple_of(3) && stopped.contains(&hour);
                if writer.dice.chance(900) && !is_stopped {
                    writer.feed.rounds.push((at, written));
                }
            }
        }
        let end = (writer.label(writer.weather.hours + 3).end(), writer.written());
        writer.feed.rounds.push(end);
        writer.feed
    }
}

impl Writer {
    fn new(seed: u64, clock: &str, hours: usize) -> Self {
        let mut dice = Dice::new(seed).other(1);
        let book = book(&mut dice, clock);
        let mut weather = Weather::new(&mut dice, &book.rules);
        weather.hours = weather.hours.min(hours);
        let partitions = 1 + dice.below(3);
        let of_partition = |it| Stream::topic("airshed.readings", it);
        let mut streams: Vec<Stream> = (0..3).map(of_partition).take(partitions).collect();
        streams.push(Stream::topic("airshed.forecasts", 0));
        streams.push(Stream::topic("airshed.commands", 0));
        let zero = Hour::of_beijing(Date::new(2019, 1, 1).unwrap(), 0).unwrap();
        let messages = vec![Vec::new(); streams.len()];
        let by_wall = clock == "wall";
        let feed = Feed { book, streams, messages, by_wall, rounds: Vec::new() };
        Self { dice, weather, zero, feed, partitions, late: Vec::new() }
    }

    /// How much of each stream is written.
    fn written(&self) -> Vec<usize> {
        self.feed.messages.iter().map(Vec::len).collect()
    }

    fn label(&self, hour: usize) -> Hour {
        self.zero.plus(i32::try_from(hour).unwrap())
    }

    /// All that is said about an hour, but the time.
    fn hour(&mut self, hour: usize) {
        let (come, wait) = std::mem::take(&mut self.late).into_iter().partition(|it| it.0 <= hour);
        self.late = wait;
        for (_, stream, message) in come {
            self.put(stream, message);
        }
        // Now and then the whole network says nothing for some hours.
        let silent = self.weather.hours / 3..self.weather.hours / 3 + 7;
        if !(self.weather.hours.is_multiple_of(4) && silent.contains(&hour)) {
            for stream in 0..self.partitions {
                self.readings(stream, hour);
            }
        }
        self.others(hour);
    }

    /// The readings of a partition's stations: a few stations a message.
    fn readings(&mut self, stream: usize, hour: usize) {
        let stations = self.feed.book.rules.stations.len();
        let here: Vec<usize> = (0..stations).filter(|it| it % self.partitions == stream).collect();
        let pack = 1 + self.dice.below(4);
        for some in here.chunks(pack) {
            let mut readings = Vec::new();
            for station in some {
                self.station(*station, hour, &mut readings);
            }
            let message = vec![self.batch(stream, hour, readings.clone())];
            match self.dice.below(40) {
                0 => self.late.push((hour + 1 + self.dice.below(3), stream, message)),
                1 => {
                    self.put(stream, message.clone());
                    self.put(stream, message);
                }
                2 => self.bad_in_part(stream, hour, message),
                3 => self.with_hour_before(stream, hour, readings),
                4 => self.again_otherwise(stream, hour, &readings),
                _ => self.put(stream, message),
            }
        }
    }

    fn station(&mut self, station: usize, hour: usize, readings: &mut Vec<Reading>) {
        let city = self.feed.book.rules.stations[station].jurisdiction;
        let ug_m3 = self.weather.ug_m3(city, hour);
        for pollutant in [Pollutant::Pm25, Pollutant::Pm10] {
            let more = if pollutant == Pollutant::Pm10 { 400 } else { 0 };
            let tenths = match self.dice.below(60) {
                0 => continue,
                1 => MISSING,
                2 => self.dice.one_of(&[0, -5, 20_000]),
                _ => ug_m3 * 10 + more + self.dice.between(-30, 30),
            };
            let station = StationIndex(u16::try_from(station).unwrap());
            let outcome = Outcome::Taken;
            readings.push(Reading { tenths, station, revision: 0, pollutant, outcome });
        }
    }

    /// A message that also names a station that nobody knows.
    fn bad_in_part(&mut self, stream: usize, hour: usize, mut message: Message) {
        let refusal = self.refusal(stream, Reason::UnknownStation, Some(self.label(hour)));
        let place = self.dice.below(2);
        message.insert(place, Command::Refuse(refusal));
        self.put(stream, message);
    }

    /// A message that speaks of two hours.
    fn with_hour_before(&mut self, stream: usize, hour: usize, readings: Vec<Reading>) {
        let mut before = readings.clone();
        for reading in before.iter_mut().filter(|it| it.tenths != MISSING) {
            reading.tenths += self.dice.between(0, 1);
            reading.revision = 1;
        }
        let mut message = vec![self.batch(stream, hour, readings)];
        message.insert(self.dice.below(2), self.batch(stream, hour.saturating_sub(1), before));
        self.put(stream, message);
    }

    /// The same stations again, with other values and revisions.
    fn again_otherwise(&mut self, stream: usize, hour: usize, readings: &[Reading]) {
        let versions = 2 + self.dice.below(2);
        for _ in 0..versions {
            let mut version = readings.to_vec();
            for reading in version.iter_mut().filter(|it| it.tenths != MISSING) {
                reading.tenths += self.dice.one_of(&[0, 0, 7, -7]);
                reading.revision = u16::try_from(self.dice.below(3)).unwrap();
            }
            let message = vec![self.batch(stream, hour, version)];
            self.put(stream, message);
        }
    }

    /// Forecasts, exclusions and what is no message at all.
    fn others(&mut self, hour: usize) {
        let stream = self.partitions;
        if hour.is_multiple_of(6) && self.dice.chance(800) {
            let outlooks = self.weather.forecast(&mut self.dice, hour, self.zero);
            let issued_at = self.label(hour).end();
            let maker = if self.dice.chance(700) { "CNEMC" } else { "Hebei" }.into();
            let forecast = Forecast { issued_at, maker, source: None, outlooks };
            let message = vec![Command::ReceiveForecast(forecast)];
            match self.dice.below(8) {
                0 => self.late.push((hour + 2, stream, message)),
                _ => self.put(stream, message),
            }
        }
        if self.dice.chance(10) {
            let jurisdiction = JurisdictionIndex(u16::try_from(self.dice.below(13)).unwrap());
            let first = self.label(hour).plus(-self.dice.between(0, 20));
            let last = first.plus(self.dice.between(0, 16));
            let (kind, evidence) = (ExclusionKind::Sand, "lidar".to_owned());
            let exclusion = Exclusion { jurisdiction, first, last, kind, evidence, source: None };
            self.put(stream, vec![Command::Exclude(exclusion)]);
        }
        if self.dice.chance(20) {
            let stream = self.dice.below(stream + 1);
            let refusal = self.refusal(stream, Reason::Unreadable, None);
            self.put(stream, vec![Command::Refuse(refusal)]);
        }
    }

    /// Most streams tick when the rows of an hour are out, and again when its grace is over.
    fn ticks(&mut self, hour: usize) {
        let parameters = &self.feed.book.rules.parameters;
        let after_min = [parameters.closing.publish_delay_min, parameters.closing.grace_min];
        for at_min in after_min {
            for stream in 0..self.feed.commands() {
                if self.dice.chance(850) {
                    let at = self.label(hour).end().plus_minutes(at_min);
                    self.tick(stream, at);
                }
            }
        }
    }

    fn tick(&mut self, stream: usize, at: Timestamp) {
        self.put(stream, vec![Command::Tick(Tick { at, source: None })]);
    }

    fn batch(&self, stream: usize, hour: usize, readings: Vec<Reading>) -> Command {
        let rows = vec![Row { position: 0, readings: u32::try_from(readings.len()).unwrap() }];
        let stream = self.feed.streams[stream].clone();
        Command::Observe(Batch { stream, hour: self.label(hour), rows, readings })
    }

    fn refusal(&self, stream: usize, reason: Reason, hour: Option<Hour>) -> Refusal {
        let source = Some(self.feed.streams[stream].at(0));
        Refusal { reason, source, hour, excerpt: "9999A=85".to_owned(), count: 1 }
    }

    fn put(&mut self, stream: usize, message: Message) {
        self.feed.put(stream, message);
    }
}
