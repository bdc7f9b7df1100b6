//! From the messages of one stream to commands, in their order.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use crate::domain::{
    Batch, Command, Hour, JurisdictionIndex, Reason, Refusal, Row, Rules, Stream, Tick,
};
use crate::wire::avro::{ByteReader, Malformed};
use crate::wire::stations::Stations;

use super::command::{MESSAGE_MAX, parse_command, read_command};
use super::forecast::parse_forecast;
use super::readings::{Parsed, Refused, parse_time};
use super::schemas::{Framed, Kind, Schemas, UnknownSchema};

/// From the codes in messages to codes in the rule book.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    stations: Stations,
    jurisdictions: BTreeMap<String, JurisdictionIndex>,
}

impl Codes {
    /// Those of these rules.
    pub fn new(rules: &Rules) -> Self {
        let jurisdictions = rules
            .jurisdictions
            .iter()
            .zip(0..)
            .map(|(it, at)| (it.division.to_string(), JurisdictionIndex(at)));
        Self { stations: Stations::new(rules), jurisdictions: jurisdictions.collect() }
    }
}

/// Reads the messages of one stream. Messages of the same hour that follow one another become
/// one batch, a row each, so that messages of one reading stay cheap.
#[derive(Debug)]
pub struct StreamReader {
    stream: Stream,
    codes: Arc<Codes>,
    takes_commands: bool,
    open: Option<Batch>,
    parsed: Parsed,
}

/// A batch of this many readings or rows takes no further message.
const BATCH_MAX: usize = 1 << 16;
/// As many bytes of what cannot be read are shown.
const SHOWN_BYTES: usize = 32;
/// As many letters of what a message or an error says.
const WORDS_MAX: usize = 120;

impl StreamReader {
    /// For one partition of a topic of readings or forecasts.
    pub fn new(stream: Stream, codes: Arc<Codes>) -> Self {
        Self { stream, codes, takes_commands: false, open: None, parsed: Parsed::default() }
    }

    /// For the topic of commands. Commands are read there only, and nothing else but ticks: who may
    /// send readings need not be allowed to give commands.
    pub fn of_commands(stream: Stream, codes: Arc<Codes>) -> Self {
        Self { takes_commands: true, ..Self::new(stream, codes) }
    }

    /// Whether it is for the topic of commands.
    pub fn takes_commands(&self) -> bool {
        self.takes_commands
    }

    /// Other rules from the next message on.
    pub fn adopt(&mut self, codes: Arc<Codes>) {
        self.codes = codes;
    }

    /// Reads the message at this offset, and gives whatever is complete by now. Where its schema
    /// is not known, nothing has happened, and it can be read again once that is learnt.
    pub fn read(
        &mut self,
        offset: u64,
        message: &[u8],
        schemas: &Schemas,
        give: &mut impl FnMut(Command),
    ) -> Result<(), UnknownSchema> {
        if self.takes_commands && message.first() == Some(&b'{') {
            self.json_command(offset, message, give);
            return Ok(());
        }
        let (written, datum) = match schemas.unframe(message)? {
            Framed::Datum(written, datum) => (written, datum),
            Framed::Garbage => {
                self.refuse(offset, "no Avro message", message, give);
                return Ok(());
            }
            Framed::Refused(words) => {
                self.refuse(offset, &words, message, give);
                return Ok(());
            }
        };
        let own = match written.to_own(datum) {
            Ok(own) => own,
            Err(words) => {
                self.refuse(offset, &words, message, give);
                return Ok(());
            }
        };
        let read = match (written.kind(), self.takes_commands) {
            (Kind::Tick, _) => self.tick(offset, &own, give),
            (Kind::Readings, false) => self.readings(offset, &own, give),
            (Kind::Forecast, false) => self.forecast(offset, &own, give),
            (Kind::Command, true) => self.command(offset, &own, give),
            (kind @ (Kind::Readings | Kind::Forecast), true) => {
                let words = format!("{kind} in the topic of commands");
                self.refuse(offset, &words, message, give);
                return Ok(());
            }
            (Kind::Command, false) => {
                self.refuse(offset, "a command outside the topic of commands", message, give);
                return Ok(());
            }
        };
        if let Err(error) = read {
            self.refuse(offset, &error.to_string(), message, give);
        }
        Ok(())
    }

    /// Gives the batch that still waits for a message of its hour.
    pub fn flush(&mut self, give: &mut impl FnMut(Command)) {
        if let Some(batch) = self.open.take() {
            give(Command::Observe(batch));
        }
    }

    fn readings(
        &mut self,
        offset: u64,
        datum: &[u8],
        give: &mut impl FnMut(Command),
    ) -> Result<(), Malformed> {
        self.parsed.read(datum, &self.codes.stations)?;
        let mut parsed = mem::take(&mut self.parsed);
        let mut start = 0;
        for part in &mut parsed.hours {
            let own = start..start + part.readings as usize;
            start = own.end;
            let batch = self.batch_of(part.hour, give);
            batch.rows.push(Row { position: offset, readings: part.readings });
            batch.readings.extend_from_slice(&parsed.readings[own]);
            let (unknown, other) = (mem::take(&mut part.unknown), mem::take(&mut part.other));
            self.refuse_values(offset, part.hour, Reason::UnknownStation, unknown, give);
            self.refuse_values(offset, part.hour, Reason::Unreadable, other, give);
        }
        self.parsed = parsed;
        Ok(())
    }

    /// The open batch, if it is of this hour and has room; else a new one.
    fn batch_of(&mut self, hour: Hour, give: &mut impl FnMut(Command)) -> &mut Batch {
        let fits = |it: &Batch| {
            it.hour == hour && it.rows.len() < BATCH_MAX && it.readings.len() < BATCH_MAX
        };
        if !self.open.as_ref().is_some_and(fits) {
            self.flush(give);
        }
        let stream = &self.stream;
        self.open.get_or_insert_with(|| Batch {
            stream: stream.clone(),
            hour,
            rows: Vec::new(),
            readings: Vec::new(),
        })
    }

    fn forecast(
        &mut self,
        offset: u64,
        datum: &[u8],
        give: &mut impl FnMut(Command),
    ) -> Result<(), Malformed> {
        let mut reader = ByteReader::new(datum);
        let place = |code: &str| self.codes.jurisdictions.get(code).copied();
        let (forecast, unknown) = parse_forecast(&mut reader, self.stream.at(offset), place)?;
        whole(&reader)?;
        self.flush(give);
        give(Command::ReceiveForecast(forecast));
        if !unknown.is_empty() {
            let excerpt: String =
                format!("jurisdiction {}", unknown.join(" ")).chars().take(WORDS_MAX).collect();
            self.give_refusal(offset, Reason::Unreadable, None, &excerpt, unknown.len(), give);
        }
        Ok(())
    }

    fn tick(
        &mut self,
        offset: u64,
        datum: &[u8],
        give: &mut impl FnMut(Command),
    ) -> Result<(), Malformed> {
        let mut reader = ByteReader::new(datum);
        let at = parse_time(&mut reader)?;
        whole(&reader)?;
        self.flush(give);
        give(Command::Tick(Tick { at, source: Some(self.stream.at(offset)) }));
        Ok(())
    }

    fn command(
        &mut self,
        offset: u64,
        datum: &[u8],
        give: &mut impl FnMut(Command),
    ) -> Result<(), Malformed> {
        let mut reader = ByteReader::new(datum);
        if datum.len() > MESSAGE_MAX {
            return Err(reader.wrong("a command longer than a command may be"));
        }
        let given = parse_command(&mut reader, self.stream.at(offset))?;
        whole(&reader)?;
        self.flush(give);
        give(Command::Give(Box::new(given)));
        Ok(())
    }

    fn json_command(&mut self, offset: u64, message: &[u8], give: &mut impl FnMut(Command)) {
        match read_command(message, Some(self.stream.at(offset))) {
            Ok(given) => {
                self.flush(give);
                give(Command::Give(Box::new(given)));
            }
            Err(error) => {
                let excerpt = error.with_excerpt(message);
                self.give_refusal(offset, Reason::Unreadable, None, &excerpt, 1, give);
            }
        }
    }

    fn refuse_values(
        &mut self,
        offset: u64,
        hour: Hour,
        reason: Reason,
        refused: Refused,
        give: &mut impl FnMut(Command),
    ) {
        let Refused { count, excerpt } = refused;
        if count > 0 {
            self.flush(give);
            let (source, hour) = (Some(self.stream.at(offset)), Some(hour));
            give(Command::Refuse(Refusal { reason, source, hour, excerpt, count }));
        }
    }

    /// A whole message that is not taken.
    fn refuse(&mut self, offset: u64, words: &str, message: &[u8], give: &mut impl FnMut(Command)) {
        let mut excerpt: String = words.chars().take(WORDS_MAX).collect();
        excerpt.push_str(": ");
        excerpt += &hex(&message[..message.len().min(SHOWN_BYTES)]);
        if message.len() > SHOWN_BYTES {
            excerpt += "... of ";
            excerpt += &message.len().to_string();
            excerpt += " bytes";
        }
        self.give_refusal(offset, Reason::Unreadable, None, &excerpt, 1, give);
    }

    fn give_refusal(
        &mut self,
        offset: u64,
        reason: Reason,
        hour: Option<Hour>,
        excerpt: &str,
        count: usize,
        give: &mut impl FnMut(Command),
    ) {
        self.flush(give);
        let (source, excerpt) = (Some(self.stream.at(offset)), excerpt.into());
        give(Command::Refuse(Refusal { reason, source, hour, excerpt, count: count as u64 }));
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|it| [it >> 4, it & 15]);
    digits.map(|it| char::from(DIGITS[usize::from(it)])).collect()
}

fn whole(reader: &ByteReader<'_>) -> Result<(), Malformed> {
    if reader.rest().is_empty() { Ok(()) } else { Err(reader.wrong("more bytes than a message")) }
}
