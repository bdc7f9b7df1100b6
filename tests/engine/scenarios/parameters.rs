//! Every choice that is not law is a parameter in data: changed there, it changes what is decided.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use airshed::wire::rule_book;

use super::foresight;
use crate::feed::Feed;
use crate::world::World;

/// What tells of a parameter.
enum Told {
    World(World),
    Feed(Feed),
}
use Told::{Feed as F, World as W};

impl Told {
    fn story(&self) -> String {
        match self {
            W(world) => format!("{}{}", world.story(), deadlines(world)),
            F(feed) => feed.story(),
        }
    }

    fn set(self, parameter: &str) -> Self {
        match self {
            W(world) => W(world.set(parameter)),
            F(feed) => F(feed.set(parameter)),
        }
    }
}

/// Deadlines and means, which a story leaves out.
fn deadlines(world: &World) -> String {
    use airshed::domain::{AirEvent, Event, ResponseEvent};
    let mut told = String::new();
    for record in world.run() {
        match record.event {
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                write!(told, "{} ", set.orders[0].acknowledge_by).unwrap();
            }
            Event::Air(AirEvent::HourClosed(it)) => {
                write!(told, "{:?} ", it.jurisdictions[2].mean_24h_ug_m3).unwrap();
            }
            _ => {}
        }
    }
    told
}

fn day() -> Told {
    W(foresight("BTH-2023").air("130100: clean*40 heavy*24 clean*60"))
}

fn seen(first: &str, then_at: i32, then: &str, air: &str) -> Told {
    let world = World::new("BTH-2023").air(air);
    let world = world.outlook(1, 130_100, 2, first);
    W(world.outlook(then_at, 130_100, then_at + 1, then))
}

fn region() -> Told {
    let mut air = "130300: clean*75 heavy*24 clean*90\n".to_owned();
    for city in ["130100", "130200", "130400", "130500"] {
        writeln!(air, "{city}: clean*40 heavy*48 clean*100").unwrap();
    }
    W(foresight("BTH-2023").air(&air))
}

fn row(told: &str) -> Told {
    F(Feed::of(told))
}

fn rows(last: i32, stations: &str) -> Told {
    let row = |hour: i32| format!("{hour}: {stations}\n");
    F(Feed::of(&(1..=last).map(row).collect::<String>()))
}

const SPIKE: &str = "1: A=10 B=70 C=70\n2: A=211 B=70 C=70";

/// Key, another value, and what it changes.
type Row = (&'static str, &'static str, Told);

fn table() -> Vec<Row> {
    [of_readings(), of_acts()].into_iter().flatten().collect()
}

/// From the clock to the outlook.
fn of_readings() -> Vec<Row> {
    let grace = "1: A=10 B=20\ntick 1:45\n1: C=60";
    vec![
        ("clock", "\"wall\"", row("1: A=10 B=20 C=30\n2: A=10 B=20 C=30\ntick 2:50")),
        ("closes_on", "[\"PM2.5\"]", row("1: A=10 B=20 C=30/\ntick 1:45\ntick 2:00")),
        ("grace_min", "40", row(grace)),
        ("publish_delay_min", "45", row("1: A=10 B=20 C=30")),
        ("silent_after_h", "10", rows(30, "A=10 B=10")),
        ("ahead_h", "2", row("tick 0:30\n2: A=10 B=20 C=30\ntick 2:20").set("clock = \"wall\"")),
        ("max_jump_h", "5", row("1: A=10 B=20 C=30\n7: A=10 B=20 C=30")),
        ("file_clock", "\"jumps\"", row("1: A=10 B=20\n2: A=10 B=20 C=30")),
        ("negative_as", "\"half_detection_limit\"", row("1: A=0 B=20 C=30")),
        (
            "half_detection_limit_ug_m3",
            "10",
            row("1: A=0 B=20 C=30").set("negative_as = \"half_detection_limit\""),
        ),
        ("ceiling_ug_m3", "100", row("1: A=101 B=20 C=30")),
        ("stuck_after_h", "11", rows(11, "A=50 B=x C=x")),
        ("stuck_above_ug_m3", "50", rows(12, "A=50 B=x C=x")),
        ("spike_above_ug_m3", "201", row(SPIKE)),
        ("spike_ratio", "4", row(SPIKE)),
        ("spike_min_others", "3", row(SPIKE)),
        ("use_flagged", "false", row(SPIKE)),
        ("city_hour_min_stations", "2", row("1: A=10 B=x C=x")),
        ("day_min_hours", "19", W(World::new("BTH-2023").air("130100: heavy*19 x*5"))),
        (
            "excluded_min_hours",
            "11",
            W(World::new("BTH-2023").air("130100: heavy*24").exclude(130_100, 1, 13)),
        ),
        (
            "horizon_h",
            "130",
            W(World::new("BTH-2017").air("130100: clean*40 151*72 251*48 clean*60").outlook(
                1,
                130_100,
                2,
                "clean*39 151*72 251*48 clean*80",
            )),
        ),
        (
            "outlook_of_last_resort",
            "\"persistence:12\"",
            W(World::new("BTH-2023").air("130100: clean*40 heavy*24 clean*60")),
        ),
    ]
}

/// From episodes to orders.
fn of_acts() -> Vec<Row> {
    let extended = "clean*9 heavy*42 clean*90";
    let lowered = || {
        let air = "130100: clean*49 heavy*31 clean*60";
        seen("clean*48 heavy*48 clean*50", 60, "heavy*20 clean*90", air)
    };
    let two_bad_days = || {
        let air = "130100: clean*49 heavy*42 clean*60";
        seen("clean*48 heavy*30 clean*60", 40, extended, air)
    };
    let silence = || W(World::new("BTH-2023").air("130100: clean*40 heavy*40 x*60 clean*60"));
    let short = || {
        let world = World::new("BTH-2023").air("130100: clean*49 heavy*30 clean*60");
        W(world.outlook(1, 130_100, 2, "clean*48 heavy*30 clean*36"))
    };
    let near = "130100: clean*40 heavy*24 clean*99\n130200: clean*52 heavy*24 clean*87";
    vec![
        ("edges_as", "\"windows\"", day()),
        (
            "merge_gap_h",
            "35",
            W(foresight("BTH-2023").air("130100: clean*40 heavy*24 clean*35 heavy*24 clean*60")),
        ),
        ("min_notice_h", "5", day()),
        ("notice_h", "12", day()),
        (
            "advance_step_h",
            "4",
            seen(
                "clean*48 heavy*30 clean*90",
                30,
                "clean*15 heavy*34 clean*90",
                "130100: clean*45 heavy*34 clean*60",
            ),
        ),
        ("extend_before_h", "20", two_bad_days()),
        ("extend_step_h", "13", two_bad_days()),
        (
            "shorten_step_h",
            "13",
            seen(
                "clean*48 heavy*42 clean*48",
                40,
                "clean*9 heavy*30 clean*90",
                "130100: clean*49 heavy*30 clean*60",
            ),
        ),
        ("lower_hold_h", "11", lowered()),
        ("lift_h", "35", short()),
        ("lift_from_h", "1", unknown_ahead()),
        ("lift_observed_h", "10", short()),
        ("lift_unknown_as", "\"nothing\"", unknown_behind()),
        ("silence_review_h", "10", silence()),
        ("amend_horizon_h", "5", W(amended())),
        ("insufficient_as", "\"airshed_mean\"", W(lonely())),
        ("like_air_ug_m3", "4", W(World::new("BTH-2023").air("110000: 148*60\n120000: 153*60"))),
        ("act_hours", "[10]", day()),
        ("sync_h", "13", W(foresight("BTH-2023").air(near))),
        ("linked_sync_h", "35", region()),
        ("linkage_at_least", "5", region()),
        ("linkage_grade", "\"red\"", region()),
        ("acknowledge_within_h", "{ blue = 24, yellow = 9, orange = 4, red = 2 }", day()),
    ]
}

/// A value that comes ten hours late.
fn amended() -> World {
    let world = World::new("BTH-2023").air("130100: clean*24 heavy*16 x*6 heavy*4 clean*30");
    world.late(52, 130_100, 41, (160, 0))
}

/// Six hours of a bad day are missing in one city.
fn lonely() -> World {
    let mut world = World::new("BTH-2023").air("130100: clean*24 heavy*16 x*6 heavy*10 clean*30");
    world.elsewhere_ug_m3 = 160;
    world
}

/// Six hours up to the lift are missing, so windows are unknown that end within a day of it.
fn unknown_ahead() -> Told {
    let world = World::new("BTH-2023").air("130100: clean*49 heavy*30 x*6 clean*60");
    // Nothing was said of the missing hours before they came.
    W(world.outlook(1, 130_100, 2, "clean*48 heavy*30").outlook(86, 130_100, 87, "clean*60"))
}

/// Six hours are missing between two bad days and a third.
fn unknown_behind() -> Told {
    let world =
        World::new("BTH-2018").air("130100: clean*49 heavy*48 x*6 clean*4 heavy*24 clean*60");
    let world = world.outlook(1, 130_100, 2, "clean*48 heavy*48");
    W(world.outlook(104, 130_100, 105, "clean*3 heavy*24 clean*60"))
}

#[test]
fn each_parameter_changes_what_is_decided() {
    for (key, value, told) in table() {
        let before = told.story();
        let after = told.set(&format!("{key} = {value}")).story();
        assert_ne!(before, after, "{key} = {value}");
    }
}

#[test]
fn no_parameter_is_left_out() {
    let files = rule_book::built_in();
    let (_, airshed) = files.iter().find(|(name, _)| &**name == "airshed.toml").unwrap();
    let section = airshed.split("[parameters]").nth(1).unwrap();
    let section = section.split("[[jurisdictions]]").next().unwrap();
    let keys = section.lines().filter(|it| !it.starts_with('#'));
    let keys: BTreeSet<&str> = keys.filter_map(|it| Some(it.split_once(" = ")?.0)).collect();
    let told: BTreeSet<&str> = table().into_iter().map(|(key, ..)| key).collect();
    assert_eq!(told, keys);
}

/// The longest clause of the law is 96 h, and a warning is to be issued 24 h before it begins.
#[test]
fn a_horizon_that_is_too_short_for_the_clauses_is_refused() {
    let parse = |horizon_h: i32| {
        let mut files = rule_book::built_in();
        files.push(("run.toml".into(), format!("[parameters]\nhorizon_h = {horizon_h}\n").into()));
        rule_book::parse(files)
    };
    assert!(parse(120).is_ok());
    assert!(parse(119).unwrap_err().to_string().contains("horizon_h"));
}
