//! The real files, with all their dirt. What they hold was counted by another program.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::domain::{Command, MISSING, Pollutant, Rules};

use super::testing::{read, real_rules, render, render_refusal, shared, small_rules};

/// What a file holds: hours and rows; number and sum of the values of each pollutant; what was
/// refused, as number of refusals and of values.
fn summary(commands: &[Command]) -> String {
    let (mut hours, mut rows, mut missing) = (Vec::new(), 0, 0);
    let mut values: BTreeMap<Pollutant, (u32, i64)> = BTreeMap::new();
    let mut refused: BTreeMap<&str, (u32, u64)> = BTreeMap::new();
    for command in commands {
        if let Command::Observe(batch) = command {
            hours.push(batch.hour);
            rows += batch.rows.len();
            for reading in &batch.readings {
                let sum = values.entry(reading.pollutant).or_default();
                if reading.tenths == MISSING {
                    missing += 1;
                } else {
                    *sum = (sum.0 + 1, sum.1 + i64::from(reading.tenths));
                }
            }
        } else if let Command::Refuse(refusal) = command {
            let count = refused.entry(refusal.reason.name()).or_default();
            *count = (count.0 + 1, count.1 + refusal.count);
        }
    }
    let (first, last) = (hours.iter().min().unwrap(), hours.iter().max().unwrap());
    let [first, last] = [first, last].map(|it| it.to_string()[..13].to_owned());
    let mut text = format!("{} batches {first} {last}, {rows} rows", hours.len());
    for (pollutant, (count, sum)) in values {
        write!(text, "\n{} {count} {sum}", pollutant.name()).unwrap();
    }
    write!(text, "\nmissing {missing}").unwrap();
    for (reason, (refusals, count)) in refused {
        write!(text, "\n{reason} {refusals} {count}").unwrap();
    }
    text
}

/// The summary of a file.
#[track_caller]
fn check(name: &str, expected: &str) -> Vec<Command> {
    let (Some(bytes), Some(rules)) = (shared(name), real_rules()) else {
        return Vec::new();
    };
    let commands = read(name, &bytes, &rules);
    let expected: Vec<_> = expected.lines().map(str::trim).collect();
    assert_eq!(summary(&commands), expected.join("\n"), "{name}");
    commands
}

/// The refusals of a file, other than those of unknown stations, a line each.
#[track_caller]
fn check_refusals(commands: &[Command], expected: &str) {
    let mut text = String::new();
    for command in commands {
        if let Command::Refuse(refusal) = command
            && refusal.reason.name() != "unknown_station"
        {
            render_refusal(refusal, &mut text);
        }
    }
    if !commands.is_empty() {
        let expected: Vec<_> = expected.lines().map(str::trim).collect();
        assert_eq!(text.trim_end(), expected.join("\n"));
    }
}

#[test]
fn a_day_of_all_china_is_24_batches() {
    let commands = check(
        "format_samples/china_sites_20190112.csv",
        "24 batches 2019-01-12T00 2019-01-12T23, 360 rows
         PM2.5 1887 4582880
         PM10 1507 4736530
         SO2 1896 450630
         NO2 1894 1578310
         O3 1859 219850
         CO 1896 60033000
         missing 1877
         unknown_station 144 190293",
    );
    if let Some(Command::Refuse(first)) = commands.get(1) {
        assert_eq!(first.excerpt, "1081A=225 and 1363 more");
        assert_eq!(first.source.as_ref().unwrap().position, 3);
    }
}

#[test]
fn a_day_on_its_side_has_the_values_of_the_same_day_upright() {
    let expected = "24 batches 2018-01-01T00 2018-01-01T23, 360 rows
         PM2.5 1236 795620
         PM10 1142 1319720
         SO2 1269 390140
         NO2 1268 746720
         O3 1253 274040
         CO 1260 20370000
         missing 5388
         unknown_station 144 140190";
    let on_its_side = check("format_samples/china_sites_20180101_transposed.csv", expected);
    // The slice has two more columns of the 13 cities, always empty.
    let expected = expected.replace("5388", "5676").replace("144 140190", "102 8014");
    let upright = check("cnemc_bth_ring_20180101.csv.gz", &expected);
    let places = |commands: &[Command]| -> Vec<_> {
        let mut places = Vec::new();
        for command in commands {
            if let Command::Observe(batch) = command {
                places.push((batch.hour, batch.rows[0].position));
            }
        }
        places
    };
    assert_eq!(places(&on_its_side), places(&upright), "a column counts as a line");
}

#[test]
fn slices_and_the_files_of_beijing_are_read() {
    check(
        "cnemc_bth_ring_ep_20190109_0116.csv.gz",
        "192 batches 2019-01-09T00 2019-01-16T23, 2880 rows
         PM2.5 14868 19635400
         PM10 13591 25692880
         SO2 14986 3425860
         NO2 14946 9787900
         O3 14772 3127330
         CO 14770 303321000
         missing 16899
         unknown_station 1152 99917",
    );
    check(
        "beijing35_ep_20141101_1114_apec.csv.gz",
        "334 batches 2014-11-01T00 2014-11-14T23, 4342 rows
         PM2.5 3929 1659094
         PM10 3375 2248306
         SO2 3919 343982
         NO2 3929 1772533
         O3 3929 1259251
         CO 3925 35049000
         missing 1042
         unknown_station 2004 42731",
    );
    check(
        "format_samples/beijing_extra_20161220.csv",
        "24 batches 2016-12-20T00 2016-12-20T23, 192 rows
         SO2 284 26380
         NO2 282 379140
         O3 278 13830
         CO 284 21786000
         missing 24
         unknown_station 96 2164",
    );
}

#[test]
fn twelve_stations_of_four_years_one_after_the_other() {
    check(
        "uci_beijing_multisite.csv.xz",
        "420768 batches 2013-03-01T00 2017-02-28T23, 420768 rows
         PM2.5 412029 328772064
         PM10 414319 433388519
         SO2 411747 65183153
         NO2 408652 206935585
         O3 407491 233786920
         CO 400067 4923890430
         missing 70303",
    );
}

#[test]
fn an_hour_of_2022() {
    check(
        "format_samples/2022-01-04T14_bth_rows.csv",
        "1 batches 2022-01-04T14 2022-01-04T14, 66 rows
         PM2.5 66 24520
         PM10 65 41280
         SO2 64 6970
         NO2 64 21860
         O3 66 34350
         CO 64 523000
         missing 7",
    );
}

/// Of the list of these tests the newer stations are unknown; their values are counted.
#[test]
fn files_since_2021() {
    check(
        "cnemc_bth_ep_20260309_0315.csv.gz",
        "168 batches 2026-03-09T00 2026-03-15T23, 19320 rows
         PM2.5 9509 5410020
         PM10 9277 7495500
         SO2 9131 518240
         NO2 9448 2851440
         O3 9482 5758960
         CO 9180 58556000
         missing 1429
         unknown_station 9733 57620",
    );
    check(
        "cnemc_bth_ep_20260226_0304_index_change.csv.gz",
        "147 batches 2026-02-26T20 2026-03-04T23, 17161 rows
         PM2.5 8232 5056900
         PM10 7715 6264270
         SO2 7935 365490
         NO2 8214 1716580
         O3 8256 3931730
         CO 7973 63190000
         missing 1949
         unknown_station 8743 51304",
    );
    check(
        "cnemc_bth_20230120_0123_newyear.csv.gz",
        "96 batches 2023-01-20T00 2023-01-23T23, 1440 rows
         PM2.5 7105 4636860
         PM10 7121 7588810
         SO2 7149 790180
         NO2 7146 1314760
         O3 7152 3547600
         CO 7123 51358000
         missing 9620
         unknown_station 576 22069",
    );
    check(
        "beijing35_ep_20210312_0317_dust.csv.gz",
        "144 batches 2021-03-12T00 2021-03-17T23, 720 rows
         missing 0
         unknown_station 235 7133",
    );
    check(
        "beijing35_ep_20230302_0309.csv.gz",
        "192 batches 2023-03-02T00 2023-03-09T23, 960 rows
         missing 0
         unknown_station 384 12725",
    );
    check(
        "beijing35_ep_20231022_1105_orange.csv.gz",
        "359 batches 2023-10-22T00 2023-11-05T23, 1795 rows
         missing 0
         unknown_station 718 23060",
    );
    check(
        "beijing35_ep_20250226_0314.csv.gz",
        "405 batches 2025-02-26T00 2025-03-14T23, 2025 rows
         missing 0
         unknown_station 810 27929",
    );
}

#[test]
fn hours_that_are_not_there_are_not_made_up() {
    check(
        "format_samples/bad/china_sites_20190822_18h_missing.csv",
        "6 batches 2019-08-22T03 2019-08-22T21, 90 rows
         PM2.5 468 88420
         PM10 468 205150
         SO2 467 34290
         NO2 470 158470
         O3 455 339360
         CO 469 2800000
         missing 479
         unknown_station 36 48909",
    );
}

#[test]
fn of_a_line_that_is_cut_in_the_middle_of_a_number_the_number_is_refused() {
    let commands = check(
        "format_samples/bad/china_sites_20190220_cut_midline.csv",
        "8 batches 2019-02-20T00 2019-02-20T07, 106 rows
         PM2.5 538 948470
         PM10 393 1000200
         SO2 546 57690
         NO2 539 228720
         O3 533 152540
         CO 546 8704000
         missing 643
         cut 1 1
         unknown_station 42 55276",
    );
    check_refusals(&commands, "! 107 cut 1 of 2019-02-20T07: 2007A=8");
    let commands = check(
        "format_samples/bad/china_sites_20190424_cut_midline.csv",
        "24 batches 2019-04-24T00 2019-04-24T23, 349 rows
         PM2.5 1821 732700
         PM10 1394 1113260
         SO2 1770 161050
         NO2 1777 463650
         O3 1748 923680
         CO 1768 12571000
         missing 2172
         cut 1 1
         unknown_station 140 183180",
    );
    check_refusals(&commands, "! 350 cut 1 of 2019-04-24T23: 1108A=61");
    let commands = check(
        "format_samples/bad/beijing_all_20160724_cut_midhour.csv",
        "19 batches 2016-07-24T00 2016-07-24T18, 91 rows
         PM2.5 198 124550
         PM10 94 69150
         missing 152
         cut 1 1
         unknown_station 37 621",
    );
    check_refusals(&commands, "! 92 cut 1 of 2016-07-24T18: 永乐店=8");
}

#[test]
fn absurd_values_are_read_as_they_stand() {
    // 门头沟 is not a station of the rules; its values are reported nevertheless.
    let commands = check(
        "format_samples/bad/beijing_all_20140116_value_553405.csv",
        "24 batches 2014-01-16T00 2014-01-16T23, 120 rows
         PM2.5 284 974710
         PM10 287 1063040
         missing 5
         unknown_station 48 1021",
    );
    check_refusals(&commands, "");
    let rules = small_rules();
    let row = "date,hour,type,1001A\n20140116,1,PM2.5,553405\n";
    let text = render(&read("a", row.as_bytes(), &rules), &rules);
    assert_eq!(text, "2014-01-16T01\n  2: 1001A PM2.5 553405;\n");
}

#[test]
fn gzip_under_the_name_of_a_plain_file_is_unpacked() {
    check(
        "format_samples/bad/beijing_all_20141231_gzip_bytes.csv",
        "24 batches 2014-12-31T00 2014-12-31T23, 120 rows
         PM2.5 264 16682
         PM10 261 121818
         missing 51
         unknown_station 48 1087",
    );
}

#[test]
fn what_is_no_file_of_readings_is_one_refusal_that_says_what_it_is() {
    let check = |name: &str, expected: &str| {
        let Some(bytes) = shared(&format!("format_samples/{name}")) else {
            return;
        };
        let (name, rules) = (name.rsplit('/').next().unwrap(), small_rules());
        let expected = format!("! 1 unreadable 1: {name}: {expected}\n");
        assert_eq!(render(&read(name, &bytes, &rules), &rules), expected);
    };
    check("bad/beijing_all_20161230_empty.csv", "an empty file");
    check(
        "bad/beijing_all_20170519_html404.csv",
        "an HTML page, no table of readings: \"<html><h1>Not Found</h1><p>The resource could no…",
    );
    check("bad/beijing_all_20170702_html.csv", "an HTML page, no table of readings: \"<html>\"");
    check(
        "bad/airnow_2013-03-10_dst_duplicate_hour.csv",
        "no header of a known format but \"Site,Parameter,Date (LT),Year,Month,Day,Hour…",
    );
    check("BaodingAQI.mat", "a MATLAB file, no table of readings");
}

#[test]
fn the_rules_of_these_tests_know_the_thirteen_cities() {
    let known = |rules: &Rules| rules.stations.len() >= 90;
    assert!(real_rules().as_ref().is_none_or(known));
}
