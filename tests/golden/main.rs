//! What real files lead to, whole: every act and every order set, reviewed and kept.
//!
//! A change of one line here is a change of somebody's order. To accept one on purpose:
//! `AIRSHED_ACCEPT=1 cargo test --test golden`, and read the difference.
#![expect(clippy::unwrap_used, reason = "A panic is how a test fails.")]

mod examples;
#[path = "../support/rule_book.rs"]
mod rule_book_files;
#[path = "../support/skip.rs"]
mod skip;

use airshed::domain::{AirEvent, ResponseEvent, WarningEvent};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;
use airshed::io::files::FileInbox;
use airshed::io::memory::{MemoryLog, NoOutbox};
use airshed::wire::rule_book;
use airshed::wire::stations::Stations;

macro_rules! outcomes {
    ($($name:ident: $file:literal $outlook:literal;)*) => {
        $(#[test] fn $name() { check(stringify!($name), $file, $outlook); })*
    };
}

outcomes! {
    apec_2014_hindsight: "beijing35_ep_20141101_1114_apec.csv.gz" "hindsight:120";
    november_2015_none: "beijing35_ep_20151126_1204.csv.gz" "none";
    november_2015_hindsight: "beijing35_ep_20151126_1204.csv.gz" "hindsight:120";
    first_red_2015_none: "beijing35_ep_20151205_1212_red1.csv.gz" "none";
    first_red_2015_hindsight: "beijing35_ep_20151205_1212_red1.csv.gz" "hindsight:120";
    first_red_2015_persistence: "beijing35_ep_20151205_1212_red1.csv.gz" "persistence:12";
    new_year_2017_hindsight: "cnemc_bth_ring_20170101.csv.gz" "hindsight:120";
    new_year_2018_hindsight: "cnemc_bth_ring_20180101.csv.gz" "hindsight:120";
    beijing_2013_to_2017_hindsight: "uci_beijing_multisite.csv.xz" "hindsight:120";
    may_2018_hindsight: "beijing35_ep_201805.csv.gz" "hindsight:120";
    january_2019_none: "cnemc_bth_ring_ep_20190109_0116.csv.gz" "none";
    january_2019_hindsight: "cnemc_bth_ring_ep_20190109_0116.csv.gz" "hindsight:120";
    january_2019_persistence: "cnemc_bth_ring_ep_20190109_0116.csv.gz" "persistence:12";
    december_2019_hindsight: "cnemc_bth_ring_ep_20191205_1212.csv.gz" "hindsight:120";
    december_2019_none: "cnemc_bth_ring_ep_20191205_1212.csv.gz" "none";
    dust_2021_hindsight: "beijing35_ep_20210312_0317_dust.csv.gz" "hindsight:120";
    new_year_2023_hindsight: "cnemc_bth_20230120_0123_newyear.csv.gz" "hindsight:120";
    march_2023_hindsight: "beijing35_ep_20230302_0309.csv.gz" "hindsight:120";
    orange_2023_hindsight: "beijing35_ep_20231022_1105_orange.csv.gz" "hindsight:120";
    orange_2023_persistence: "beijing35_ep_20231022_1105_orange.csv.gz" "persistence:12";
    march_2025_hindsight: "beijing35_ep_20250226_0314.csv.gz" "hindsight:120";
    change_of_index_2026_hindsight: "cnemc_bth_ep_20260226_0304_index_change.csv.gz" "hindsight:120";
    march_2026_hindsight: "cnemc_bth_ep_20260309_0315.csv.gz" "hindsight:120";
}

#[track_caller]
fn check(name: &str, file: &str, outlook: &str) {
    let Some(file) = skip::shared_data(file) else { return };
    let told = tell(&file, outlook);
    let kept =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/outcomes/{name}.txt"));
    if std::env::var_os("AIRSHED_ACCEPT").is_some() {
        fs::write(&kept, &told).unwrap();
    }
    let expected = fs::read_to_string(&kept).unwrap_or_default();
    assert!(told == expected, "{} differs; this is what came out:\n{told}", kept.display());
}

fn tell(file: &Path, outlook: &str) -> String {
    let (kind, hours) = outlook.split_once(':').unwrap_or((outlook, "0"));
    let last_resort = if kind == "persistence" { outlook } else { "none" };
    let mut files = rule_book::built_in();
    let run =
        format!("[parameters]\nclock = \"sources\"\noutlook_of_last_resort = \"{last_resort}\"\n");
    files.push((rule_book::RUN_FILE.into(), run.into()));
    let book = Arc::new(rule_book::parse(files).unwrap());
    let stations = Arc::new(Stations::new(&book.rules));
    let open = || FileInbox::open(&[file.to_owned()], Arc::clone(&stations), 720).unwrap();
    let outlooks = match kind {
        "hindsight" => Outlooks::Hindsight(
            Hindsight::look(&book, hours.parse().unwrap(), &mut open()).unwrap(),
        ),
        _ => Outlooks::None,
    };
    let inbox = WithOutlooks::new(open(), outlooks, Vec::new());
    let mut engine =
        Engine::open(Arc::clone(&book), Timestamp(0), inbox, MemoryLog::default(), NoOutbox)
            .unwrap();
    while !engine.inbox().inner().is_finished() {
        engine.step(None).unwrap();
    }
    let end = engine.memory().airshed.end_of_feed();
    engine.submit(end, None).unwrap();
    let mut told = String::new();
    for record in &engine.into_parts().1.records {
        line(&book.rules, &record.event, &mut told);
    }
    told
}

fn line(rules: &Rules, event: &Event, told: &mut String) {
    let code = |it: JurisdictionIndex| rules.jurisdictions[usize::from(it.0)].division;
    let end = |it: Option<Hour>| it.map_or("open".to_owned(), short);
    match event {
        Event::Warning(WarningEvent::WarningDecided(act)) => {
            let (id, what) = (act.warning, act.kind.record_type());
            write!(told, "{} {}-{} ", short(act.hour), code(id.jurisdiction), id.number).unwrap();
            write!(told, "{what} {} {} to {}", act.grade, short(act.start), end(act.end)).unwrap();
            let clause = act.clause.as_deref().unwrap_or("-");
            let hours = (act.observed_hours, act.forecast_hours);
            writeln!(
                told,
                " {} {clause} {}+{} h {}",
                act.standard,
                hours.0,
                hours.1,
                act.cause.name()
            )
            .unwrap();
        }
        Event::Response(ResponseEvent::OrderSetIssued(set)) => {
            let at = end(set.effective_at);
            writeln!(told, "  order set {} decided {} at {at}", set.epoch, set.decided_at).unwrap();
            for it in &set.orders {
                let (act, at) = (it.act.name(), end(it.effective_at));
                let measures = it.measures.len();
                writeln!(
                    told,
                    "    {} {act} {} {at} {measures} measures",
                    code(it.jurisdiction),
                    it.grade
                )
                .unwrap();
            }
        }
        Event::Warning(WarningEvent::ReviewDue(review)) => {
            let id = review.warning;
            let name = (code(id.jurisdiction), id.number);
            writeln!(told, "{} {}-{} review_due", short(review.hour), name.0, name.1).unwrap();
        }
        Event::Air(AirEvent::HourAmended(it)) => {
            let value = |it: Option<u16>| it.map_or("missing".to_owned(), |it| it.to_string());
            let (old, new) = (value(it.old_ug_m3), value(it.new_ug_m3));
            let who = (code(it.jurisdiction), short(it.hour), it.effect.name());
            writeln!(
                told,
                "{} {} {} amended {old} to {new}, {}",
                short(it.decision_hour),
                who.0,
                who.1,
                who.2
            )
            .unwrap();
        }
        Event::Response(ResponseEvent::OrderConfirmedByAmendment(it)) => {
            let id = it.warning;
            writeln!(
                told,
                "{} {}-{} stands",
                short(it.decision_hour),
                code(id.jurisdiction),
                id.number
            )
            .unwrap();
        }
        Event::Response(ResponseEvent::OrderAmended(it)) => {
            let id = it.warning;
            writeln!(
                told,
                "{} {}-{} amended",
                short(it.decision_hour),
                code(id.jurisdiction),
                id.number
            )
            .unwrap();
        }
        Event::Air(AirEvent::DataInsufficient(it)) => {
            let who = code(it.jurisdiction);
            writeln!(told, "{} {who} data_insufficient {} h", short(it.hour), it.valid_hours)
                .unwrap();
        }
        Event::Warning(WarningEvent::SameAirUnlikeGrade(it)) => {
            let [a, b] =
                it.sides.each_ref().map(|it| format!("{} {}", code(it.jurisdiction), it.grade));
            let apart = it.differ_by_ug_m3;
            writeln!(told, "{} same_air_unlike_grade {a}, {b}, {apart} apart", short(it.hour))
                .unwrap();
        }
        Event::Fact(_)
        | Event::Station(_)
        | Event::Cooperation(_)
        | Event::Air(AirEvent::HourClosed(_)) => {}
    }
}

/// `2019-01-12T16`.
fn short(hour: Hour) -> String {
    hour.to_string()[..13].to_owned()
}
