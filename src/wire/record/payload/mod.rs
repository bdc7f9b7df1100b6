//! One file a payload, with everything about it side by side: bytes, JSON, words, samples.
//!
//! The table at the end gives each kind its place and its name in the schema. From it follow
//! writing, reading, JSON and words; the compiler names a kind without a row, and a test holds the
//! table against the schema. Payloads appear in the order of the table.

mod command_given;
mod cooperation;
mod data_insufficient;
mod forecast_received;
mod hour_amended;
mod hour_closed;
mod input_refused;
mod interval_excluded;
mod order;
mod order_amended;
mod order_confirmed;
mod order_set_issued;
mod readings_received;
mod review_due;
mod rule_book_adopted;
mod same_air_unlike_grade;
mod station_silence;
mod streams_joined;
mod ticked;
mod warning_decided;

use serde_json::Value;

use crate::domain::cooperation::What;
use crate::domain::{ActKind, AirEvent, Event, Fact, ResponseEvent, StationEvent, WarningEvent};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::names::Names;
#[cfg(test)]
use super::samples::Sample;

pub(crate) use forecast_received::{parse_outlook_hour, put_outlook_hour};
pub(super) use hour_closed::city_hour;
pub(super) use order::{floor_order, order};
pub(crate) use order_amended::{parse_act_summary, put_act_summary};
pub(super) use readings_received::ug_m3;
pub use rule_book_adopted::{RuleFile, RuleFiles};

/// All that is known outside the domain of what one kind of record holds.
pub(crate) trait Payload: Sized {
    /// Writes the fields in the order of the schema.
    fn put(&self, put: &mut Put<'_>);
    /// Reads what [`Payload::put`] wrote.
    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed>;
    /// The body for scripts and other programs.
    fn json(&self, names: Names<'_>) -> Value;
    /// One line for people.
    fn words(&self, names: Names<'_>) -> String;
    /// Where the input stood; null for what did not come from outside.
    fn source(&self) -> Value {
        Value::Null
    }
}

/// A body; a rule book is not parsed before the check of its record has been seen to fit.
pub(super) enum Body<'a> {
    Event(Event),
    Rules(&'a str, Vec<RuleFile>),
}

/// The place of the rule book, which is read in two steps.
const RULE_BOOK: u8 = 0;
/// The place of the first kind that is decided about what bodies do; the others follow it.
const COOPERATION: u8 = 19;

macro_rules! table {
    ($($place:literal $name:literal $part:ident $of:ident $kind:ident,)+) => {
        /// The names of the kinds in the schema, in the order of their places.
        pub(super) const NAMES: &[&str] = &["rule_book_adopted", $($name),+];

        pub(super) fn put_event(put: &mut Put<'_>, event: &Event) {
            match event {
                Event::Fact(Fact::RuleBookAdopted(book)) => {
                    put.place(RULE_BOOK);
                    rule_book_adopted::put(put, book);
                }
                $(Event::$part($of::$kind(it)) => {
                    put.place($place);
                    it.put(put);
                })+
                Event::Cooperation(event) => cooperation::put(put, COOPERATION, event),
            }
        }

        pub(super) fn parse_body<'a>(reader: &mut ByteReader<'a>) -> Result<Body<'a>, Malformed> {
            let event = match reader.long()? {
                0 => {
                    let (digest, files) = rule_book_adopted::parse(reader)?;
                    return Ok(Body::Rules(digest, files));
                }
                $($place => Event::$part($of::$kind(Payload::parse(reader)?)),)+
                place if place >= i64::from(COOPERATION) => {
                    cooperation::parse(reader, place - i64::from(COOPERATION))?.into()
                }
                _ => return Err(reader.wrong("no such kind of record before this")),
            };
            Ok(Body::Event(event))
        }

        pub(super) fn json(event: &Event, names: Names<'_>) -> Value {
            match event {
                Event::Fact(Fact::RuleBookAdopted(book)) => rule_book_adopted::json(book),
                $(Event::$part($of::$kind(it)) => it.json(names),)+
                Event::Cooperation(event) => cooperation::json(event),
            }
        }

        /// What an event says, in one line.
        pub(crate) fn words(event: &Event, names: Names<'_>) -> String {
            match event {
                Event::Fact(Fact::RuleBookAdopted(book)) => rule_book_adopted::words(book),
                $(Event::$part($of::$kind(it)) => it.words(names),)+
                Event::Cooperation(event) => cooperation::words(event),
            }
        }

        pub(super) fn source(event: &Event) -> Value {
            match event {
                Event::Fact(Fact::RuleBookAdopted(_)) => Value::Null,
                $(Event::$part($of::$kind(it)) => it.source(),)+
                Event::Cooperation(_) => Value::Null,
            }
        }

        /// One event of each kind, in the order of their places.
        #[cfg(test)]
        pub(super) fn one_of_each() -> Vec<Event> {
            vec![
                Event::Fact(Fact::RuleBookAdopted(rule_book_adopted::sample())),
                $(Event::$part($of::$kind(Sample::sample()))),+
            ]
            .into_iter()
            .chain(cooperation::samples::one_of_each().map(Event::from))
            .collect()
        }

        /// Any event.
        #[cfg(test)]
        pub(super) fn any_event() -> impl proptest::strategy::Strategy<Value = Event> {
            use proptest::strategy::{Strategy as _, Union};
            Union::new([
                rule_book_adopted::any().prop_map(|it| Event::Fact(Fact::RuleBookAdopted(it))).boxed(),
                $(Sample::any().prop_map(|it| Event::$part($of::$kind(it))).boxed()),+,
                cooperation::samples::any_event().prop_map(Event::from).boxed(),
            ])
        }
    };
}

table! {
    1 "streams_joined" Fact Fact StreamsJoined,
    2 "ticked" Fact Fact Ticked,
    3 "readings_received" Fact Fact ReadingsReceived,
    4 "forecast_received" Fact Fact ForecastReceived,
    5 "interval_excluded" Fact Fact IntervalExcluded,
    6 "input_refused" Fact Fact InputRefused,
    7 "station_silent" Station StationEvent Silent,
    8 "station_heard" Station StationEvent Heard,
    9 "hour_closed" Air AirEvent HourClosed,
    10 "warning" Warning WarningEvent WarningDecided,
    11 "order_set_issued" Response ResponseEvent OrderSetIssued,
    12 "review_due" Warning WarningEvent ReviewDue,
    13 "hour_amended" Air AirEvent HourAmended,
    14 "order_confirmed_by_amendment" Response ResponseEvent OrderConfirmedByAmendment,
    15 "order_amended" Response ResponseEvent OrderAmended,
    16 "data_insufficient" Air AirEvent DataInsufficient,
    17 "same_air_unlike_grade" Warning WarningEvent SameAirUnlikeGrade,
    18 "command_given" Fact Fact CommandGiven,
}

/// The types of records, by which they are named outside: a warning has one for each act.
pub fn types() -> impl Iterator<Item = &'static str> {
    NAMES.iter().chain(What::NAMES).flat_map(|name| match *name {
        "warning" => ActKind::ALL.map(ActKind::record_type).to_vec(),
        name => vec![name],
    })
}
