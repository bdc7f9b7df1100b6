//! From a record to the messages that are sent of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::cooperation::Body;
use crate::domain::{
    AirEvent, AmendmentEffect, Division, Event, Fact, FloorOrder, JurisdictionIndex, Order,
    OrderSet, ResponseEvent, Rules, Timestamp, WarningEvent, WarningId,
};
use crate::engine::{Entry, Record};

use super::involved::Involved;
use super::sight::Sight;

/// Where a message goes. Each channel has its messages in the order of the log.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Channel {
    /// The orders to one jurisdiction.
    Orders(Division),
    /// What was decided about the warnings of one jurisdiction.
    Alerts(Division),
    /// Inputs that were refused.
    Refused,
    /// What bodies do, as one of them sees it.
    Matters(Body),
}

/// What is sent of one record in one channel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Where it goes.
    pub channel: Channel,
    /// The record.
    pub entry: Arc<Entry>,
    /// When it was decided; for a refused input, when that happened.
    pub time: Timestamp,
    /// Of an order set, the order of this channel; those of the track of floors come last.
    order: Option<usize>,
    /// The clause of the last act on the warning of the order.
    pub clause: Option<Arc<str>>,
    /// What a body sees of a record of joint control.
    pub sight: Option<Sight>,
}

impl Message {
    /// The order of this channel and its set; none where the message is the record as a whole.
    pub fn order(&self) -> Option<(&OrderSet, &Order)> {
        let Event::Response(ResponseEvent::OrderSetIssued(set)) = &self.entry.record.event else {
            return None;
        };
        Some((set, set.orders.get(self.order?)?))
    }

    /// The order of the track of floors of this channel and its set.
    pub fn floor_order(&self) -> Option<(&OrderSet, &FloorOrder)> {
        let Event::Response(ResponseEvent::OrderSetIssued(set)) = &self.entry.record.event else {
            return None;
        };
        Some((set, set.floor_orders.get(self.order?.checked_sub(set.orders.len())?)?))
    }

    /// A name that no other message has.
    pub fn id(&self) -> String {
        let position = self.entry.record.position.0;
        if let (Channel::Orders(division), Some((set, _))) = (&self.channel, self.floor_order()) {
            return format!("{}-{division}-f", set.epoch);
        }
        match (&self.channel, self.order()) {
            (Channel::Orders(division), Some((set, _))) => format!("{}-{division}", set.epoch),
            (Channel::Orders(division) | Channel::Alerts(division), _) => {
                format!("{position}-{division}")
            }
            (Channel::Matters(body), _) => format!("{position}-{body}"),
            (Channel::Refused, _) => position.to_string(),
        }
    }
}

/// Everything that is sent of a record; `grounds` and `involved` have taken the record in.
pub fn messages(entry: &Arc<Entry>, grounds: &Grounds, involved: &Involved) -> Vec<Message> {
    let Some(rules) = entry.rules() else { return Vec::new() };
    let Some(time) = decided_at(&entry.record) else { return Vec::new() };
    let message = |channel, order, sight| {
        let entry = Arc::clone(entry);
        let mut message = Message { channel, entry, time, order, clause: None, sight };
        message.clause = message.order().and_then(|(_, it)| grounds.clause(it.warning)).cloned();
        message
    };
    let channels = channels(&entry.record.event, rules);
    let receivers = involved.receivers(&entry.record, rules);
    let channels = channels.into_iter().map(|(channel, order)| message(channel, order, None));
    let matters = receivers
        .into_iter()
        .map(|(body, sight)| message(Channel::Matters(body), None, Some(sight)));
    channels.chain(matters).collect()
}

fn decided_at(record: &Record) -> Option<Timestamp> {
    match &record.event {
        Event::Response(ResponseEvent::OrderSetIssued(it)) => Some(it.decided_at),
        Event::Response(ResponseEvent::OrderConfirmedByAmendment(it)) => Some(it.decided_at),
        Event::Response(ResponseEvent::OrderAmended(it)) => Some(it.decided_at),
        Event::Warning(WarningEvent::WarningDecided(it)) => Some(it.decided_at),
        Event::Warning(WarningEvent::ReviewDue(it)) => Some(it.decided_at),
        Event::Warning(WarningEvent::SameAirUnlikeGrade(it)) => Some(it.decided_at),
        Event::Air(AirEvent::HourAmended(it)) => Some(it.decided_at),
        Event::Air(AirEvent::DataInsufficient(it)) => Some(it.decided_at),
        Event::Fact(Fact::InputRefused(_) | Fact::CommandGiven(_)) | Event::Cooperation(_) => {
            Some(record.happened_at)
        }
        Event::Fact(_) | Event::Station(_) | Event::Air(AirEvent::HourClosed(_)) => None,
    }
}

/// The channels in which something is sent of an event; of an order set, with the place of the
/// order.
pub(super) fn channels(event: &Event, rules: &Rules) -> Vec<(Channel, Option<usize>)> {
    let alerts = |about| -> Vec<(Channel, Option<usize>)> {
        concerned(rules, about).map(|it| (Channel::Alerts(it), None)).collect()
    };
    match event {
        Event::Response(ResponseEvent::OrderSetIssued(set)) => {
            let orders = set.orders.iter().map(|it| it.jurisdiction);
            let bound = orders.chain(set.floor_orders.iter().map(|it| it.jurisdiction));
            let orders = bound.enumerate().filter_map(|(place, jurisdiction)| {
                Some((Channel::Orders(division(rules, jurisdiction)?), Some(place)))
            });
            orders.collect()
        }
        Event::Response(ResponseEvent::OrderConfirmedByAmendment(it)) => {
            alerts(it.warning.jurisdiction)
        }
        Event::Response(ResponseEvent::OrderAmended(it)) => alerts(it.warning.jurisdiction),
        Event::Warning(WarningEvent::WarningDecided(it)) => alerts(it.warning.jurisdiction),
        Event::Warning(WarningEvent::ReviewDue(it)) => alerts(it.warning.jurisdiction),
        Event::Warning(WarningEvent::SameAirUnlikeGrade(it)) => {
            it.sides.iter().flat_map(|it| alerts(it.jurisdiction)).collect()
        }
        Event::Air(AirEvent::HourAmended(it)) => match it.effect {
            AmendmentEffect::WouldHaveBeenOrdered | AmendmentEffect::WouldNotHaveBeenOrdered => {
                alerts(it.jurisdiction)
            }
            // Whether an order stands has a record of its own.
            AmendmentEffect::NoOrder
            | AmendmentEffect::OrderStands
            | AmendmentEffect::OrderAmended => Vec::new(),
        },
        Event::Air(AirEvent::DataInsufficient(it)) => alerts(it.jurisdiction),
        Event::Fact(Fact::InputRefused(_)) => vec![(Channel::Refused, None)],
        Event::Fact(
            Fact::RuleBookAdopted(_)
            | Fact::StreamsJoined(_)
            | Fact::Ticked(_)
            | Fact::ReadingsReceived(_)
            | Fact::ForecastReceived(_)
            | Fact::IntervalExcluded(_)
            | Fact::CommandGiven(_),
        )
        | Event::Station(_)
        | Event::Cooperation(_)
        | Event::Air(AirEvent::HourClosed(_)) => Vec::new(),
    }
}

pub(super) fn division(rules: &Rules, jurisdiction: JurisdictionIndex) -> Option<Division> {
    rules.jurisdictions.get(usize::from(jurisdiction.0)).map(|it| it.division)
}

/// A jurisdiction and those that follow it: they get the same warnings.
pub(super) fn concerned(rules: &Rules, about: JurisdictionIndex) -> impl Iterator<Item = Division> {
    let listed = rules.jurisdictions.iter().zip((0_u16..).map(JurisdictionIndex));
    let concerned = listed.filter(move |(it, at)| *at == about || it.follows == Some(about));
    concerned.map(|(it, _)| it.division)
}

/// By which standard and clause each warning was last decided. An order rests on that, and its own
/// record does not repeat it.
#[derive(Clone, Debug, Default)]
pub struct Grounds(BTreeMap<WarningId, (Arc<str>, Option<Arc<str>>)>);

impl Grounds {
    /// Takes the next record of a log.
    pub fn note(&mut self, record: &Record) {
        if let Event::Warning(WarningEvent::WarningDecided(act)) = &record.event {
            self.0.insert(act.warning, (Arc::clone(&act.standard), act.clause.clone()));
        } else if let Event::Fact(Fact::RuleBookAdopted(_)) = &record.event {
            self.0.clear(); // The numbers of the jurisdictions can be others from here on.
        }
    }

    /// Standard and clause of a warning, as far as they are known.
    pub fn of(&self, warning: WarningId) -> (Option<&str>, Option<&str>) {
        let standard = self.0.get(&warning).map(|(standard, _)| &**standard);
        (standard, self.clause(warning).map(|it| &**it))
    }

    fn clause(&self, warning: WarningId) -> Option<&Arc<str>> {
        self.0.get(&warning)?.1.as_ref()
    }
}
