//! `[parameters]` of `airshed.toml`, with those of `run.toml` put over them.

use super::RuleBookError;
use super::keys::{Keys, Value};
use crate::domain::{
    ActParameters, ClockRule, ClosingParameters, Condition, EdgesAs, EpisodeParameters, FileClock,
    Grade, InsufficientAs, LastResort, LiftUnknownAs, MeanParameters, NegativeAs, OrderParameters,
    OutlookParameters, Parameters, Pollutant, ReadingParameters, Standard, SynchronyParameters,
};

/// Ten days: no act looks further ahead or back.
const FAR_H: i64 = 240;
/// A year.
const YEAR_H: i64 = 8_760;
/// More than any instrument says, and still a small number.
const MANY_UG_M3: i64 = 60_000;
const DAY_MIN: i64 = 1_440;
const WINDOW_H: i32 = 24;

/// Keys that came later may be absent: a book written before them means what it meant then, so
/// that the clock of a file jumps, late values amend nothing, and too few values and unlike grades
/// are not recorded.
pub(super) fn parse(
    mut keys: Keys<'_>,
    only_standard: Option<usize>,
    standards: &[Standard],
) -> Result<Parameters, RuleBookError> {
    let written = keys.clone();
    let parameters = Parameters {
        closing: closing(&mut keys)?,
        readings: readings(&mut keys)?,
        means: means(&mut keys)?,
        outlooks: outlooks(&mut keys)?,
        episodes: episodes(&mut keys)?,
        acts: acts(&mut keys)?,
        synchrony: synchrony(&mut keys)?,
        orders: orders(&mut keys)?,
        only_standard,
    };
    keys.finish()?;

    related(&parameters, standards, &written)?;
    Ok(parameters)
}

fn closing(p: &mut Keys<'_>) -> Result<ClosingParameters, RuleBookError> {
    Ok(ClosingParameters {
        clock: p
            .need("clock")?
            .one_of(&[("wall", ClockRule::Wall), ("sources", ClockRule::Sources)])?,
        closes_on: closes_on(p.need("closes_on")?)?,
        grace_min: p.need("grace_min")?.integer(0..=DAY_MIN)?,
        publish_delay_min: p.need("publish_delay_min")?.integer(0..=DAY_MIN)?,
        silent_after_h: p.need("silent_after_h")?.integer(1..=YEAR_H)?,
        ahead_h: p.need("ahead_h")?.integer(0..=YEAR_H)?,
        max_jump_h: p.need("max_jump_h")?.integer(1..=10 * YEAR_H)?,
        file_clock: file_clock(p.take("file_clock"))?,
    })
}

fn readings(p: &mut Keys<'_>) -> Result<ReadingParameters, RuleBookError> {
    Ok(ReadingParameters {
        negative_as: negative_as(p)?,
        ceiling_ug_m3: p.need("ceiling_ug_m3")?.integer(1..=MANY_UG_M3)?,
        stuck_after_h: p.need("stuck_after_h")?.integer(2..=FAR_H)?,
        stuck_above_ug_m3: p.need("stuck_above_ug_m3")?.integer(0..=MANY_UG_M3)?,
        spike_above_ug_m3: p.need("spike_above_ug_m3")?.integer(0..=MANY_UG_M3)?,
        spike_ratio: p.need("spike_ratio")?.integer(1..=100)?,
        spike_min_others: p.need("spike_min_others")?.integer(1..=100)?,
        use_flagged: p.need("use_flagged")?.boolean()?,
    })
}

fn means(p: &mut Keys<'_>) -> Result<MeanParameters, RuleBookError> {
    Ok(MeanParameters {
        city_hour_min_stations: p.need("city_hour_min_stations")?.integer(1..=1000)?,
        day_min_hours: p.need("day_min_hours")?.integer(1..=24)?,
        excluded_min_hours: p.need("excluded_min_hours")?.integer(1..=24)?,
    })
}

fn outlooks(p: &mut Keys<'_>) -> Result<OutlookParameters, RuleBookError> {
    Ok(OutlookParameters {
        horizon_h: p.need("horizon_h")?.integer(1..=FAR_H)?,
        outlook_of_last_resort: last_resort(&p.need("outlook_of_last_resort")?)?,
    })
}

fn episodes(p: &mut Keys<'_>) -> Result<EpisodeParameters, RuleBookError> {
    Ok(EpisodeParameters {
        edges_as: p
            .need("edges_as")?
            .one_of(&[("hours", EdgesAs::Hours), ("windows", EdgesAs::Windows)])?,
        merge_gap_h: p.need("merge_gap_h")?.integer(0..=FAR_H)?,
    })
}

fn acts(p: &mut Keys<'_>) -> Result<ActParameters, RuleBookError> {
    let tells_insufficient = p.has("insufficient_as");
    Ok(ActParameters {
        min_notice_h: p.need("min_notice_h")?.integer(0..=FAR_H)?,
        notice_h: p.need("notice_h")?.integer(0..=FAR_H)?,
        advance_step_h: p.need("advance_step_h")?.integer(0..=FAR_H)?,
        extend_before_h: p.need("extend_before_h")?.integer(0..=FAR_H)?,
        extend_step_h: p.need("extend_step_h")?.integer(1..=FAR_H)?,
        shorten_step_h: p.need("shorten_step_h")?.integer(1..=FAR_H)?,
        lower_hold_h: p.need("lower_hold_h")?.integer(1..=FAR_H)?,
        lift_h: p.need("lift_h")?.integer(1..=FAR_H)?,
        lift_from_h: p.need("lift_from_h")?.integer(1..=FAR_H)?,
        lift_observed_h: p.need("lift_observed_h")?.integer(1..=FAR_H)?,
        lift_unknown_as: p.need("lift_unknown_as")?.one_of(&[
            ("above_every_bound", LiftUnknownAs::AboveEveryBound),
            ("nothing", LiftUnknownAs::Nothing),
        ])?,
        silence_review_h: p.need("silence_review_h")?.integer(1..=YEAR_H)?,
        amend_horizon_h: p.take("amend_horizon_h").map_or(Ok(0), |it| it.integer(0..=FAR_H))?,
        insufficient_as: insufficient_as(p.take("insufficient_as"))?,
        tell_insufficient: tells_insufficient,
        like_air_ug_m3: p
            .take("like_air_ug_m3")
            .map(|it| it.integer(0..=MANY_UG_M3))
            .transpose()?,
        act_hours: act_hours(p.need("act_hours")?)?,
    })
}

fn synchrony(p: &mut Keys<'_>) -> Result<SynchronyParameters, RuleBookError> {
    Ok(SynchronyParameters {
        sync_h: p.need("sync_h")?.integer(0..=FAR_H)?,
        linked_sync_h: p.need("linked_sync_h")?.integer(0..=FAR_H)?,
        linkage_at_least: p.need("linkage_at_least")?.integer(1..=1000)?,
        linkage_grade: p.need("linkage_grade")?.grade()?,
    })
}

fn orders(p: &mut Keys<'_>) -> Result<OrderParameters, RuleBookError> {
    Ok(OrderParameters {
        acknowledge_within_h: acknowledge_within_h(p.need("acknowledge_within_h")?)?,
    })
}

/// What two values must be to one another.
fn related(
    parameters: &Parameters,
    standards: &[Standard],
    written: &Keys<'_>,
) -> Result<(), RuleBookError> {
    let longest = standards.iter().flat_map(|it| &it.clauses).map(|it| windows(it.main)).max();
    let least = longest.unwrap_or(0) * WINDOW_H + parameters.acts.notice_h;
    let refuse = |key, problem, remedy| Err(written.refuse_key(key, problem, remedy));
    if parameters.outlooks.horizon_h < least {
        let problem =
            format!("{} is below the longest clause plus notice_h", parameters.outlooks.horizon_h);
        return refuse("horizon_h", &problem, &format!("right is {least} or more"));
    }
    if parameters.closing.publish_delay_min >= parameters.closing.grace_min {
        let why = "with it, a file's first row of an hour would close the hour before the others";
        return refuse("publish_delay_min", "is not below grace_min", why);
    }
    if parameters.acts.lift_h > parameters.outlooks.horizon_h {
        return refuse("lift_h", "is above horizon_h", "no outlook would ever reach that far");
    }
    if parameters.acts.lift_from_h > parameters.acts.lift_h {
        return refuse("lift_from_h", "is above lift_h", "it is the first of those hours");
    }
    if parameters.synchrony.linked_sync_h < parameters.synchrony.sync_h {
        return refuse("linked_sync_h", "is below sync_h", "linkage widens, it never narrows");
    }
    Ok(())
}

fn windows(condition: Condition) -> i32 {
    i32::from(condition.windows)
}

fn closes_on(value: Value<'_>) -> Result<Vec<Pollutant>, RuleBookError> {
    let words = Pollutant::ALL.map(|it| (it.name(), it));
    let whole = value.clone();
    let pollutants: Vec<_> =
        value.list()?.iter().map(|it| it.one_of(&words)).collect::<Result<_, _>>()?;
    if pollutants.contains(&Pollutant::Pm25) {
        Ok(pollutants)
    } else {
        Err(whole.refuse("PM2.5 is not among them", "grades rest on it, so hours close on it"))
    }
}

fn negative_as(keys: &mut Keys<'_>) -> Result<NegativeAs, RuleBookError> {
    let half = keys.need("half_detection_limit_ug_m3")?.tenths(100)?;
    keys.need("negative_as")?.one_of(&[
        ("refuse", NegativeAs::Refuse),
        ("half_detection_limit", NegativeAs::HalfDetectionLimit(half)),
    ])
}

fn last_resort(value: &Value<'_>) -> Result<LastResort, RuleBookError> {
    let hours = |it: &str| it.parse::<u16>().ok().filter(|it| (1..=240).contains(it));
    match value.text()?.split_once(':') {
        None if value.text()? == "none" => Ok(LastResort::None),
        Some(("persistence", text)) if hours(text).is_some() => {
            Ok(hours(text).map_or(LastResort::None, LastResort::Persistence))
        }
        _ => {
            Err(value.refuse("is wrong", "right is \"none\" or \"persistence:12\", 1 to 240 hours"))
        }
    }
}

fn file_clock(value: Option<Value<'_>>) -> Result<FileClock, RuleBookError> {
    let words = [("steps", FileClock::Steps), ("jumps", FileClock::Jumps)];
    value.map_or(Ok(FileClock::Jumps), |it| it.one_of(&words))
}

fn insufficient_as(value: Option<Value<'_>>) -> Result<InsufficientAs, RuleBookError> {
    let words = InsufficientAs::ALL.map(|it| (it.name(), it));
    value.map_or(Ok(InsufficientAs::Outlook), |it| it.one_of(&words))
}

fn act_hours(value: Value<'_>) -> Result<Vec<u32>, RuleBookError> {
    let mut hours: Vec<u32> =
        value.list()?.iter().map(|it| it.integer(0..=23)).collect::<Result<_, _>>()?;
    hours.sort_unstable();
    hours.dedup();
    Ok(hours)
}

fn acknowledge_within_h(value: Value<'_>) -> Result<[i32; 5], RuleBookError> {
    let mut keys = value.keys()?;
    let mut hours = [0; 5];
    let grades = [Grade::Blue, Grade::Yellow, Grade::Orange, Grade::Red];
    for (key, grade) in ["blue", "yellow", "orange", "red"].into_iter().zip(grades) {
        hours[grade as usize] = keys.need(key)?.integer(1..=YEAR_H)?;
    }
    keys.finish()?;
    Ok(hours)
}
