//! `airshed state`: the state at one time, as it was known at another time.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::domain::{Division, Hour, Jurisdiction, Timestamp};
use crate::engine::{AsOf, MemberAsOf, OrderAsOf, entries};

use crate::app::support::log_reader::Which;
use crate::app::support::{Failure, moment, output};

/// Arguments of `state`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// Show what had happened by this time; without it, everything.
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    happened_at: Option<Timestamp>,
    /// Use only what had been recorded by this time; without it, everything.
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    known_at: Option<Timestamp>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let mut times = [args.happened_at, args.known_at];
    let log = args.log.read()?;
    if times.contains(&None) {
        let mut last = Timestamp(0);
        for record in args.log.read()?.followed("reading the log") {
            last = last.max(record.context("cannot go on")?.recorded_at);
        }
        times = times.map(|it| it.or(Some(last)));
    }
    let [happened_at, known_at] = times.map(Option::unwrap_or_default);
    let mut state = AsOf::new(happened_at, known_at);
    let mut records = log.followed("");
    for entry in entries(&mut records) {
        if !state.note(&entry.context("cannot go on")?) {
            break;
        }
    }
    records.end();
    let shown = Shown { state, happened_at, known_at };
    if args.json { output::print_json(&shown.json()) } else { output::print(&shown.text()) }
}

struct Shown {
    state: AsOf,
    happened_at: Timestamp,
    known_at: Timestamp,
}

impl Shown {
    fn json(&self) -> Value {
        let members =
            self.state.members().into_iter().map(|(division, it)| self.member_json(division, &it));
        json!({
            "happened_at": self.happened_at.to_string(),
            "known_at": self.known_at.to_string(),
            "records": self.state.records(),
            "jurisdictions": members.collect::<Vec<_>>(),
        })
    }

    fn member_json(&self, division: Division, it: &MemberAsOf) -> Value {
        let hour = |it: Option<Hour>| it.map(|it| it.to_string());
        json!({
            "jurisdiction": division.to_string(),
            "follows": self.leader(division).map(|it| it.division.to_string()),
            "head": it.head.as_ref().map(|it| json!({
                "hour": it.hour.to_string(),
                "pm25_ug_m3": it.city.pm25_ug_m3,
                "mean_24h_ug_m3": it.city.mean_24h_ug_m3,
                "index_24h": it.city.index_24h,
                "valid_hours": it.city.valid_hours,
                "stations_reporting":
                    (!it.own_value_amended).then_some(it.city.stations_reporting),
                "stations_expected": it.city.stations_expected,
                "stale": it.stale,
                "record": it.position.0,
                "amended_by": it.amended_by.map(|it| it.0),
            })),
            "grade": it.grade.map(crate::domain::Grade::name),
            "warning": it.warning.as_ref().map(|it| json!({
                "warning": format!("{division}-{}", it.number),
                "grade": it.grade.name(),
                "start": it.start.to_string(),
                "end": hour(it.end),
                "in_force": it.start.end() <= self.happened_at,
                "record": it.position.0,
            })),
            "orders": it.orders.iter().map(|it| json!({
                "order": format!("{}-{division}", it.epoch),
                "act": it.order.act.name(),
                "grade": it.order.grade.name(),
                "effective_at": hour(it.order.effective_at),
                "expected_end": hour(it.order.expected_end),
                "measures": it.order.measures.iter().map(|it| &**it).collect::<Vec<_>>(),
                "in_force": it.is_in_force(self.happened_at),
                "record": it.position.0,
            })).collect::<Vec<_>>(),
        })
    }

    fn jurisdiction(&self, division: Division) -> Option<&Jurisdiction> {
        let all = &self.state.book()?.rules.jurisdictions;
        all.iter().find(|it| it.division == division)
    }

    /// The leader of a follower, a member without stations of its own.
    fn leader(&self, division: Division) -> Option<&Jurisdiction> {
        let follows = self.jurisdiction(division)?.follows?;
        self.state.book()?.rules.jurisdictions.get(usize::from(follows.0))
    }

    fn text(&self) -> String {
        let mut text = format!(
            "As of {}, as known at {} ({} records)\n",
            self.happened_at,
            self.known_at,
            self.state.records()
        );
        for (division, member) in self.state.members() {
            // Writing to a `String` never fails.
            writeln!(text, "{}", self.member_text(division, &member)).unwrap_or_default();
        }
        text
    }

    fn member_text(&self, division: Division, member: &MemberAsOf) -> String {
        let name = self.jurisdiction(division).map_or("", |it| &*it.name);
        let number = |it: Option<u16>| it.map_or("missing".to_owned(), |it| it.to_string());
        let leader = self.leader(division);
        let no_air =
            leader.map_or("no closed hour".to_owned(), |it| format!("follows {}", it.name));
        let head = member.head.as_ref().map_or(no_air, |head| {
            format!(
                "{}: {} µg/m³, 24 h {} µg/m³, index {}{}",
                head.hour,
                number(head.city.pm25_ug_m3),
                number(head.city.mean_24h_ug_m3),
                number(head.city.index_24h),
                head.amended_by.map_or("", |_| ", with late values")
            )
        });
        let mut text = format!("{division} {name:<18} {head}");
        if let Some(grade) = member.grade {
            write!(text, ", grade {grade}").unwrap_or_default();
        }
        if let Some(it) = &member.warning {
            let id = format!("{division}-{}", it.number);
            let end = it.end.map_or("further notice".to_owned(), |it| it.to_string());
            let (grade, start) = (it.grade, it.start);
            write!(text, "\n  warning {id}: {grade} from {start} until {end}").unwrap_or_default();
        }
        for it in &member.orders {
            write!(text, "\n  order {}", self.order_text(division, it)).unwrap_or_default();
        }
        text
    }

    fn order_text(&self, division: Division, it: &OrderAsOf) -> String {
        let (act, grade) = (it.order.act.name(), it.order.grade);
        let from = it.order.effective_at.map_or(String::new(), |it| format!(" from {it}"));
        let state = if it.is_in_force(self.happened_at) { "in force" } else { "announced" };
        format!("{}-{division}: {act} {grade}{from}, {state}", it.epoch)
    }
}
