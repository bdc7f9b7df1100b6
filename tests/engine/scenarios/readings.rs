//! Section 3: the table of readings, row by row; section 4: the mean of a city's hour.

use airshed::domain::{AirEvent, Event};

use crate::feed::{Feed, check};

#[test]
fn what_is_not_positive_is_refused_or_counts_as_half_the_detection_limit() {
    let feed = Feed::of("1: A=0 B=-0.1 C=0.1\n1: A=3 B=3");
    check(
        &feed,
        "not_positive A PM2.5=0 and 1 more
         1 closed 1:30 = 2 of 3/3",
    );
    // 1, 1 and 4; the limit is 1.
    let half = Feed::of("1: A=0 B=-7 C=4").set("negative_as = \"half_detection_limit\"");
    check(&half, "1 closed 1:30 = 2 of 3/3");
    check(&half.set("half_detection_limit_ug_m3 = 10"), "1 closed 1:30 = 8 of 3/3");
}

#[test]
fn a_missing_mark_does_not_take_a_value_back() {
    check(&Feed::of("1: A=10 B=20\n1: A=x B=x C=30"), "1 closed 1:30 = 20 of 3/3");
    check(&Feed::of("1: A=x B=x C=30\n1: A=10 B=20"), "1 closed 1:30 = 20 of 3/3");
}

#[test]
fn the_ceiling_itself_counts() {
    check(&Feed::of("1: A=1500 B=1500 C=1500"), "1 closed 1:30 = 1500 of 3/3");
    check(
        &Feed::of("1: A=1500.1 B=10 C=20\n1: A=x"),
        "above_ceiling A PM2.5=1500.1\n1 closed 1:30 = 15 of 2/3",
    );
    check(
        &Feed::of("1: A=600 B=601 C=600\n1: B=x").set("ceiling_ug_m3 = 600"),
        "above_ceiling B PM2.5=601\n1 closed 1:30 = 600 of 2/3",
    );
    // Of PM2.5 alone.
    check(&Feed::of("1: A=10/1600 B=20 C=30"), "1 closed 1:30 = 20 of 3/3");
}

#[test]
fn the_same_again_is_a_duplicate() {
    check(
        &Feed::of("1: A=10 B=20 C=30\n1: A=10\n2: A=10 B=20 C=30\n1: B=20"),
        "duplicate A PM2.5=10
         1 closed 1:30 = 20 of 3/3
         duplicate B PM2.5=20
         2 closed 2:30 = 20 of 3/3",
    );
}

/// Whatever comes first, in one row or in several: the higher revision, then the higher value.
#[test]
fn of_two_values_the_higher_revision_and_then_the_higher_value_counts() {
    let cases = [
        ("10 40", 40),
        ("40 10", 40),
        ("10@1 40", 10),
        ("40 10@1", 10),
        ("10@1 40@2", 40),
        ("10@2 40@2", 40),
        // A repeat with a higher revision confirms the value against those of a lower one.
        ("10 10@1 40", 10),
        ("40 10 10@1", 10),
        ("10 40 10@1", 10),
        ("10@1 40 10", 10),
        ("20@2 10@1 40@1", 20),
        ("20@2 20@1 40@1", 20),
    ];
    for (values, expected) in cases {
        let values: Vec<&str> = values.split(' ').collect();
        let many: Vec<String> = values.iter().map(|it| format!("1: A={it}\n")).collect();
        let one: Vec<String> = values.iter().map(|it| format!("A={it} ")).collect();
        for told in [many.concat(), format!("1: {}\n", one.concat())] {
            let story = Feed::of(&told).stations("A,0,,,").story();
            let closed = format!("1 closed 1:30 = {expected} of 1/1");
            assert_eq!(story.lines().last(), Some(&*closed), "{told}{story}");
            // Both are kept: what does not stand is in the log with its value.
            assert!(story.contains("conflicting A PM2.5="), "{told}{story}");
        }
    }
}

#[test]
fn a_value_for_a_closed_hour_is_late_and_the_hour_stands() {
    check(
        &Feed::of("1: A=10 B=20 C=30\n2: A=10 B=20 C=30\n1: A=11 B=x"),
        "1 closed 1:30 = 20 of 3/3\nlate A PM2.5=11\n2 closed 2:30 = 20 of 3/3",
    );
}

/// The same value for so many hours, another station that moves.
fn stuck(value: &str, hours: i32) -> Feed {
    let row = |hour: i32| format!("{hour}: A={value} B={}\n", 20 + hour);
    let told: String = (1..=hours).map(row).collect();
    Feed::of(&told).stations("A,0,,,\nB,0,,,").from(hours)
}

#[test]
fn the_same_value_for_the_12th_hour_running_is_stuck() {
    check(&stuck("50", 11), "11 closed 11:30 = 40 of 2/2");
    check(&stuck("50", 12), "12 closed 12:30 = 41 of 2/2 A:stuck");
    check(&stuck("50", 13), "13 closed 13:30 = 42 of 2/2 A:stuck");
    check(&stuck("50", 11).set("stuck_after_h = 11"), "11 closed 11:30 = 40 of 2/2 A:stuck");
    // Only above 10.
    check(&stuck("10", 12), "12 closed 12:30 = 21 of 2/2");
    check(&stuck("10.1", 12), "12 closed 12:30 = 21 of 2/2 A:stuck");
    check(&stuck("50", 12).set("stuck_above_ug_m3 = 50"), "12 closed 12:30 = 41 of 2/2");
    // A missing hour begins the run anew.
    let mut broken = stuck("50", 12);
    broken.told = broken.told.replace("5: A=50", "5: A=x");
    check(&broken, "12 closed 12:30 = 41 of 2/2");
    // Kept and used, or kept and left out: (50 + 32) / 2, or 32.
    check(&stuck("50", 12).set("use_flagged = false"), "12 closed 12:30 = 32 of 1/2 A:stuck");
}

#[test]
fn a_spike_is_far_above_its_own_past_and_its_neighbours() {
    let spike = |before: &str, value: &str, others: [&str; 2]| {
        let [b, c] = others;
        Feed::of(&format!("1: A={before} B=70 C=70\n2: A={value} B={b} C={c}")).from(2)
    };
    // 211 is 201 above 10, and above 3 * 70.
    check(&spike("10", "211", ["70", "70"]), "2 closed 2:30 = 117 of 3/3 A:spike");
    check(&spike("11", "211", ["70", "70"]), "2 closed 2:30 = 117 of 3/3");
    check(&spike("10.9", "211", ["70", "70"]), "2 closed 2:30 = 117 of 3/3 A:spike");
    // The median of the others is 70.4 in tenths: 3 * 70.4 is 211.2.
    check(&spike("10", "211", ["70.8", "70"]), "2 closed 2:30 = 117 of 3/3");
    check(&spike("10", "211.3", ["70.8", "70"]), "2 closed 2:30 = 117 of 3/3 A:spike");
    // One other station is no neighbourhood.
    check(&spike("10", "211", ["70", "x"]), "2 closed 2:30 = 140 of 2/3");
    // Without a value of the hour before there is nothing to jump from.
    check(&spike("x", "900", ["70", "70"]), "2 closed 2:30 = 347 of 3/3");
    let it = spike("10", "211", ["70", "70"]);
    check(&it.clone().set("spike_above_ug_m3 = 201"), "2 closed 2:30 = 117 of 3/3");
    check(&it.clone().set("spike_ratio = 4"), "2 closed 2:30 = 117 of 3/3");
    check(&it.clone().set("spike_min_others = 3"), "2 closed 2:30 = 117 of 3/3");
    check(&it.set("use_flagged = false"), "2 closed 2:30 = 70 of 2/3 A:spike");
}

#[test]
fn fine_particles_are_particles() {
    check(&Feed::of("1: A=50/50 B=50/49.9 C=50"), "1 closed 1:30 = 50 of 3/3 B:above_pm10");
    check(
        &Feed::of("1: A=50/50 B=80/49.9 C=50").set("use_flagged = false"),
        "1 closed 1:30 = 50 of 2/3 B:above_pm10",
    );
}

/// Coarse particles that come late count for nothing themselves.
#[test]
fn late_coarse_particles_amend_an_hour_only_where_a_flag_changes_it() {
    let check = |late: &str, use_flagged: bool, amended: &[(Option<u16>, Option<u16>)]| {
        let told = format!("1: A=50 B=90 C=90\n2: A=50 B=90 C=90\n1: {late}\n3: A=50 B=90 C=90");
        let feed = Feed::of(&told).set(&format!("use_flagged = {use_flagged}"));
        let records = feed.run();
        let found = records.iter().filter_map(|it| match &it.event {
            Event::Air(AirEvent::HourAmended(it)) => Some((it.old_ug_m3, it.new_ug_m3)),
            _ => None,
        });
        assert_eq!(found.collect::<Vec<_>>(), amended, "{late}");
    };
    check("A=/200", false, &[]);
    check("A=/40", false, &[(Some(77), Some(90))]);
    check("A=/40", true, &[]);
    // A value that counts amends its hour even where the mean stays.
    check("A=50.1/200", false, &[(Some(77), Some(77))]);
}

#[test]
fn a_city_hour_is_rounded_half_to_even() {
    let mean = |told: &str, expected: &str| {
        let feed = Feed::of(told).stations("A,0,,,\nB,0,,,");
        check(&feed, &format!("1 closed 1:30 = {expected} of 2/2"));
    };
    mean("1: A=10 B=11", "10");
    mean("1: A=11 B=12", "12");
    mean("1: A=10.5 B=10.6", "11");
    mean("1: A=10.4 B=10.5", "10");
    // In one step: 11.45 is not first 11.5.
    mean("1: A=11.4 B=11.5", "11");
    mean("1: A=0.4 B=0.4", "0");
}

#[test]
fn a_city_hour_needs_so_many_stations() {
    let feed = Feed::of("1: A=10 B=20 C=x\n2: A=10 B=x C=x");
    check(&feed, "1 closed 1:30 = 15 of 2/3\n2 closed 2:30 = 10 of 1/3");
    let two = feed.set("city_hour_min_stations = 2");
    check(&two, "1 closed 1:30 = 15 of 2/3\n2 closed 2:30 = - of 1/3");
}
