//! One readable line for each decision.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::{
    ActKind, AirEvent, AmendmentEffect, Cause, Event, Fact, Grade, Hour, HourAmended,
    Insufficiency, JurisdictionIndex, OrderAct, OrderSet, Otherwise, ResponseEvent, ReviewDue,
    RuleBook, Timestamp, UnlikeGrades, UnlikeSide, WarningAct, WarningEvent,
};
use crate::engine::Record;

use super::log_summary::short_zh;

/// Turns decisions into lines. The names come from the rule books in the log.
#[derive(Debug)]
pub(in crate::app) struct DecisionLines {
    book: Option<Arc<RuleBook>>,
    colour: bool,
}

impl DecisionLines {
    /// With or without colours of a terminal.
    pub(in crate::app) fn new(colour: bool) -> Self {
        Self { book: None, colour }
    }

    /// Uses the names of a rule book.
    pub(in crate::app) fn know(&mut self, book: &Arc<RuleBook>) {
        self.book = Some(Arc::clone(book));
    }

    /// The line of a decision that people need to know; none for other records.
    pub(in crate::app) fn line(&mut self, record: &Record) -> Option<String> {
        match &record.event {
            Event::Fact(Fact::RuleBookAdopted(book)) => {
                self.book = Some(Arc::clone(book));
                None
            }
            // Followers are named in the line of their leader.
            Event::Warning(WarningEvent::WarningDecided(act)) => {
                (act.cause != Cause::Follows).then(|| self.act(act))
            }
            Event::Response(ResponseEvent::OrderSetIssued(set)) => Some(self.order_set(set)),
            Event::Warning(WarningEvent::ReviewDue(review)) => Some(self.review(review)),
            Event::Air(AirEvent::HourAmended(amended)) => self.amended(amended),
            Event::Air(AirEvent::DataInsufficient(it)) => Some(self.insufficient(it)),
            Event::Warning(WarningEvent::SameAirUnlikeGrade(it)) => Some(self.unlike(it)),
            Event::Fact(
                Fact::StreamsJoined(_)
                | Fact::Ticked(_)
                | Fact::ReadingsReceived(_)
                | Fact::ForecastReceived(_)
                | Fact::IntervalExcluded(_)
                | Fact::InputRefused(_)
                | Fact::CommandGiven(_),
            )
            | Event::Station(_)
            | Event::Cooperation(_)
            | Event::Air(AirEvent::HourClosed(_))
            | Event::Response(
                ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_),
            ) => None,
        }
    }

    fn act(&self, act: &WarningAct) -> String {
        let grade = self.painted(act.grade, &format!("{:<6}", act.grade.name()));
        let verb = verb(act.kind);
        let who = self.name(act.warning.jurisdiction);
        let when = when(act);
        let why = why(act);
        format!("{}  {grade} {verb:<9} {who}  {when}{why}", minute(act.decided_at))
    }

    fn order_set(&self, set: &OrderSet) -> String {
        // Orders of one act can start at different hours. Each hour is printed with its count.
        let mut acts: BTreeMap<(OrderAct, Option<Hour>), u32> = BTreeMap::new();
        for order in &set.orders {
            *acts.entry((order.act, order.effective_at)).or_default() += 1;
        }
        let starts: BTreeSet<Option<Hour>> = acts.keys().map(|(_, from)| *from).collect();
        let from = |it: Hour| format!(" from {}", minute(it.end()));
        // If all have the same hour, it is printed once at the end.
        let shared = starts.first().copied().flatten().filter(|_| starts.len() == 1).map(from);
        let own = |it: Option<Hour>| it.filter(|_| starts.len() > 1).map(from).unwrap_or_default();
        let acts: Vec<String> = acts
            .into_iter()
            .map(|((act, from), count)| format!("{} {count}{}", act.name(), own(from)))
            .collect();
        let linked = if set.linked { ", region linked" } else { "" };
        let shared = shared.unwrap_or_default();
        let name = self.bold(&format!("order set {}", set.epoch));
        format!("{}  {name}: {}{shared}{linked}", minute(set.decided_at), acts.join(", "))
    }

    fn review(&self, review: &ReviewDue) -> String {
        let who = self.name(review.warning.jurisdiction);
        let at = minute(review.decided_at);
        let running = review.decisions;
        format!(
            "{at}  review due       {who}  unknown hours alone have kept it open {running} times"
        )
    }

    /// The effect of late values. Amendments without an effect on orders are not printed.
    fn amended(&self, it: &HourAmended) -> Option<String> {
        let what = match (it.effect, it.otherwise) {
            (AmendmentEffect::NoOrder, _) => return None,
            (AmendmentEffect::OrderStands, _) => "the order stands".to_owned(),
            (AmendmentEffect::OrderAmended, _) => "the order is amended".to_owned(),
            (_, None) => it.effect.name().to_owned(),
            (_, Some(Otherwise { decision_hour, would_be: Some(done), .. })) => {
                let (verb, decision) = (verb(done.kind), moment(decision_hour));
                format!("{} would have been {verb} at {decision}", done.grade)
            }
            (_, Some(Otherwise { decision_hour, was, would_be: None })) => {
                let grade = was.map(|it| it.grade).unwrap_or_default();
                format!("{grade} would not have been ordered at {}", moment(decision_hour))
            }
        };
        let value = |it: Option<u16>| it.map_or("missing".to_owned(), |it| it.to_string());
        let (old, new) = (value(it.old_ug_m3), value(it.new_ug_m3));
        let (at, hour) = (minute(it.decided_at), moment(it.hour));
        let who = self.name(it.jurisdiction);
        Some(format!("{at}  late values      {who}  {hour}: {old} to {new} µg/m³, {what}"))
    }

    fn insufficient(&self, it: &Insufficiency) -> String {
        let (at, who) = (minute(it.decided_at), self.name(it.jurisdiction));
        let (valid, needed) = (it.valid_hours, it.needed_hours);
        format!("{at}  too few values   {who}  {valid} of the last 24 h, {needed} are needed")
    }

    fn unlike(&self, it: &UnlikeGrades) -> String {
        let side =
            |it: &UnlikeSide| format!("{} {}", self.name(it.jurisdiction).trim_end(), it.grade);
        let [a, b] = it.sides.each_ref().map(side);
        let (at, apart) = (minute(it.decided_at), it.differ_by_ug_m3);
        format!("{at}  unlike grades    {a}, {b}: their air is at most {apart} µg/m³ apart")
    }

    /// The Chinese and the English name, padded to a column, with the followers.
    fn name(&self, index: JurisdictionIndex) -> String {
        let book = self.book.as_ref();
        let found = book.and_then(|it| it.rules.jurisdictions.get(usize::from(index.0)));
        let Some(it) = found else { return format!("jurisdiction {}", index.0) };
        let zh = short_zh(&it.name_zh);
        // A Chinese character is two columns wide.
        let pad = 7_usize.saturating_sub(zh.chars().count() * 2);
        let all = book.into_iter().flat_map(|it| &it.rules.jurisdictions);
        let followers: Vec<&str> =
            all.filter(|it| it.follows == Some(index)).map(|it| short_zh(&it.name_zh)).collect();
        let with = if followers.is_empty() { "" } else { " with " };
        format!("{zh}{:pad$}{:<12}{with}{}", "", it.name, followers.join(", "))
    }

    fn painted(&self, grade: Grade, words: &str) -> String {
        let code = match grade {
            Grade::None => return words.to_owned(),
            Grade::Blue => "1;34",
            Grade::Yellow => "1;33",
            Grade::Orange => "1;38;5;208",
            Grade::Red => "1;31",
        };
        self.in_code(code, words)
    }

    fn bold(&self, words: &str) -> String {
        self.in_code("1", words)
    }

    fn in_code(&self, code: &str, words: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{words}\u{1b}[0m") } else { words.to_owned() }
    }
}

fn verb(kind: ActKind) -> &'static str {
    match kind {
        ActKind::Issue => "issued",
        ActKind::Raise => "raised",
        ActKind::Advance => "advanced",
        ActKind::Extend => "extended",
        ActKind::Shorten => "shortened",
        ActKind::Lower => "lowered",
        ActKind::Lift => "lifted",
    }
}

fn when(act: &WarningAct) -> String {
    let until = act.end.map_or("further notice".to_owned(), moment);
    match act.kind {
        ActKind::Lift => format!("ends {until}"),
        ActKind::Extend | ActKind::Shorten | ActKind::Lower => format!("expected until {until}"),
        ActKind::Issue | ActKind::Raise | ActKind::Advance => {
            format!("{} to {until}, lead {} h", moment(act.start), act.lead_time_h)
        }
    }
}

fn why(act: &WarningAct) -> String {
    let cause = match act.cause {
        Cause::Warning => "",
        Cause::Synchrony => ", in step with a neighbour",
        Cause::Linkage => ", region linked",
        Cause::Follows => ", follows",
        Cause::Amendment => ", because of late values",
        Cause::Guarantee => ", for a major event",
        Cause::Prompt => ", by a conclusion that binds",
        Cause::Consultation => ", approved by consultation",
    };
    let clause = act.clause.as_deref().map_or(String::new(), |clause| {
        let (observed, forecast) = (act.observed_hours, act.forecast_hours);
        format!(" ({} {clause}: {observed} h observed, {forecast} h forecast)", act.standard)
    });
    format!("{cause}{clause}")
}

/// `12-07 16:00`.
fn moment(hour: Hour) -> String {
    let text = minute(hour.end());
    text.get(5..).unwrap_or(&text).to_owned()
}

/// `2025-12-07 16:00`.
fn minute(at: Timestamp) -> String {
    let text = at.to_string().replacen('T', " ", 1);
    text.get(..16).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::fixture;

    fn printed(colour: bool) -> Vec<String> {
        let mut lines = DecisionLines::new(colour);
        fixture::records().iter().filter_map(|record| lines.line(record)).collect()
    }

    #[test]
    fn every_decision_has_its_line() {
        let expected = [
            "2025-12-06 00:00  yellow issued    石家庄 Shijiazhuang  12-06 15:00 to 12-06 01:00, \
             lead 15 h (BTH-2023 yellow: 24 h observed, 48 h forecast)",
            "2025-12-06 00:00  orange issued    北京   Beijing       12-06 15:00 to 12-06 01:00, \
             lead 15 h (BTH-2023 orange: 24 h observed, 48 h forecast)",
            "2025-12-06 00:00  order set 1: impose 2 from 2025-12-06 01:00, region linked",
            "2025-12-08 02:00  red    raised    石家庄 Shijiazhuang  12-08 03:00 to 12-08 03:00, \
             lead 1 h (BTH-2023 red: 24 h observed, 48 h forecast)",
            "2025-12-08 02:00  order set 2: raise 1 from 2025-12-08 03:00",
            "2025-12-13 02:00  red    lifted    石家庄 Shijiazhuang  ends 12-13 03:00",
            "2025-12-13 02:00  order set 3: lift 1 from 2025-12-13 03:00",
        ];
        assert_eq!(printed(false), expected);
    }

    #[test]
    fn an_order_set_gives_each_hour_at_which_its_orders_begin() {
        let records = fixture::records();
        let is_set =
            |it: &&Record| matches!(it.event, Event::Response(ResponseEvent::OrderSetIssued(_)));
        let record = records.iter().find(is_set).unwrap();
        let Event::Response(ResponseEvent::OrderSetIssued(set)) = &record.event else {
            unreachable!()
        };
        let check = |orders: &[(OrderAct, Option<i32>)], expected: &str| {
            let mut set = set.clone();
            let template = set.orders[0].clone();
            let order = |(act, from): &(OrderAct, Option<i32>)| crate::domain::Order {
                act: *act,
                effective_at: from.map(|it| set.hour.plus(it)),
                ..template.clone()
            };
            set.orders = orders.iter().map(order).collect();
            let line = DecisionLines::new(false).order_set(&set);
            assert_eq!(line.split_once(": ").unwrap().1, expected);
        };
        let (five, nine) = (Some(5), Some(9));
        check(
            &[
                (OrderAct::Impose, nine),
                (OrderAct::Raise, five),
                (OrderAct::Impose, nine),
                (OrderAct::Extend, None),
            ],
            "impose 2 from 2025-12-06 08:00, raise 1 from 2025-12-06 04:00, extend 1, region linked",
        );
        check(
            &[(OrderAct::Raise, nine), (OrderAct::Raise, five)],
            "raise 1 from 2025-12-06 04:00, raise 1 from 2025-12-06 08:00, region linked",
        );
        check(
            &[(OrderAct::Raise, nine), (OrderAct::Extend, None), (OrderAct::Impose, nine)],
            "impose 1 from 2025-12-06 08:00, raise 1 from 2025-12-06 08:00, extend 1, region linked",
        );
        check(
            &[(OrderAct::Raise, nine), (OrderAct::Impose, nine)],
            "impose 1, raise 1 from 2025-12-06 08:00, region linked",
        );
        check(&[(OrderAct::Extend, None)], "extend 1, region linked");
    }

    #[test]
    fn colours_stand_only_where_they_are_wanted() {
        assert!(printed(false).iter().all(|line| !line.contains('\u{1b}')));
        assert!(
            printed(true).iter().all(|line| line.contains('\u{1b}') || line.contains("review"))
        );
    }
}
