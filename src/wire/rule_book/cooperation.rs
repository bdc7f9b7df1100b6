//! `cooperation.toml`: by when bodies answer. A rule book without it asks for nothing.

use std::collections::BTreeMap;

use super::RuleBookError;
use super::approval;
use super::jurisdictions::Jurisdictions;
use super::keys::{File, Keys, Value};
use crate::domain::cooperation::{
    Bodies, Body, ByGrade, ConclusionBinds, ConsultationRules, CooperationRules, EnforcementRules,
    Ladder, OwnDeadlines, WhileWarned,
};
use crate::domain::{Grade, Status};

/// The most minutes, hours or days of any of its numbers.
const MOST: i64 = 1_000_000;
/// The grades in the order in which numbers are kept for them.
const GRADES: [&str; 4] = ["blue", "yellow", "orange", "red"];

/// Reads the file; nothing where it says that bodies are asked for nothing.
pub(super) fn parse(
    file: File<'_>,
    jurisdictions: &Jurisdictions,
) -> Result<Option<CooperationRules>, RuleBookError> {
    let mut keys = Keys::parse(file)?;
    let asked = match keys.take("answers") {
        Some(value) => value.one_of(&[("asked", true), ("off", false)])?,
        None => true,
    };
    let status = match keys.take("status") {
        Some(it) => it.one_of(&[("actual", Status::Actual), ("exercise", Status::Exercise)])?,
        None => Status::Actual,
    };
    let (ladders, ladder_day) = ladders(&mut keys)?;
    let rules = CooperationRules {
        bodies: bodies(&mut keys, jurisdictions)?,
        status,
        command_memory_d: number(&mut keys, "command_memory_d")?,
        given_ahead_min: number(&mut keys, "given_ahead_min")?,
        ladders,
        ladder_day,
        hole_min: number(&mut keys, "hole_min")?,
        hole_grace_min: number(&mut keys, "hole_grace_min")?,
        offer_within_min: number(&mut keys, "offer_within_min")?,
        report_at_min: minute(&mut keys, "report_at")?,
        report_back_d: number(&mut keys, "report_back_d")?,
        redo_within_h: number(&mut keys, "redo_within_h")?,
        summary_within_h: number(&mut keys, "summary_within_h")?,
        review_within_min: all(&keys.need("review_within_min")?, integer)?,
        objection_stops_clock: keys.need("objection_stops_clock")?.boolean()?,
        lift_expires_h: number(&mut keys, "lift_expires_h")?,
        own_deadlines: own_deadlines(&mut keys, jurisdictions)?,
        consultation: consultation(&mut keys)?,
        enforcement: enforcement(&mut keys)?,
        approvals: approval::parse(&mut keys, jurisdictions)?,
        rejected_hold_h: keys.take("rejected_hold_h").map_or(Ok(12), |it| it.integer(0..=MOST))?,
        episode_gap_h: number(&mut keys, "episode_gap_h")?,
    };
    keys.finish()?;
    Ok(asked.then_some(rules))
}

fn consultation(keys: &mut Keys<'_>) -> Result<ConsultationRules, RuleBookError> {
    let binds = [
        ("never", ConclusionBinds::Never),
        ("region", ConclusionBinds::Region),
        ("province", ConclusionBinds::Province),
    ];
    Ok(ConsultationRules {
        quorum_percent: keys.need("quorum_percent")?.integer(0..=100)?,
        sign_within_min: number(keys, "sign_within_min")?,
        conclusion_valid_h: number(keys, "conclusion_valid_h")?,
        conclusion_binds: keys.need("conclusion_binds")?.one_of(&binds)?,
        daily_by_min: minute(keys, "daily_consult_by")?,
        daily_grade: keys.need("daily_consult_grade")?.grade()?,
    })
}

fn enforcement(keys: &mut Keys<'_>) -> Result<EnforcementRules, RuleBookError> {
    Ok(EnforcementRules {
        assign_within_h: number(keys, "assign_within_h")?,
        inspect_within_h: while_warned(keys, "inspect_within_h")?,
        decide_within_d: number(keys, "decide_within_d")?,
        accept_within_d: number(keys, "accept_within_d")?,
        supervise_within_d: number(keys, "supervise_within_d")?,
        whistle_within_min: while_warned(keys, "whistle_within_min")?,
    })
}

fn bodies(keys: &mut Keys<'_>, jurisdictions: &Jurisdictions) -> Result<Bodies, RuleBookError> {
    let provinces = provinces(&keys.need("provinces")?)?;
    let guests = provinces_of(keys.take("guests").as_ref())?;
    let code = |place: usize| Body::new(&jurisdictions.list[place].division.to_string());
    let member = |(place, it): (usize, &crate::domain::Jurisdiction)| {
        (code(place), it.answers_to.map(|to| code(usize::from(to.0))))
    };
    let members: BTreeMap<_, _> = jurisdictions.list.iter().enumerate().map(member).collect();
    Ok(Bodies::new(members, &provinces, &guests))
}

fn provinces_of(value: Option<&Value<'_>>) -> Result<Vec<Body>, RuleBookError> {
    value.map_or(Ok(Vec::new()), provinces)
}

fn provinces(value: &Value<'_>) -> Result<Vec<Body>, RuleBookError> {
    let province = |it: Value<'_>| {
        let code = it.text()?;
        let is_code = code.len() == 2 && code.bytes().all(|it| it.is_ascii_digit());
        let body = is_code.then(|| Body::new(code));
        body.ok_or_else(|| it.refuse("not a province", "right are two digits in quotes, as \"13\""))
    };
    value.clone().list()?.into_iter().map(province).collect()
}

fn number(keys: &mut Keys<'_>, key: &'static str) -> Result<i32, RuleBookError> {
    keys.need(key)?.integer(0..=MOST)
}

fn integer(value: &Value<'_>) -> Result<i32, RuleBookError> {
    value.integer(0..=MOST)
}

/// A time of day, in minutes.
fn minute(keys: &mut Keys<'_>, key: &'static str) -> Result<i32, RuleBookError> {
    let value = keys.need(key)?;
    let minute = value.text().ok().and_then(|text| {
        let (hour, minute) =
            text.split_once(':').filter(|it| it.0.len() == 2 && it.1.len() == 2)?;
        let (hour, minute): (i32, i32) = (hour.parse().ok()?, minute.parse().ok()?);
        ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(60 * hour + minute)
    });
    minute.ok_or_else(|| value.refuse("not a time of day", "right is such as \"10:00\""))
}

fn while_warned(keys: &mut Keys<'_>, key: &'static str) -> Result<WhileWarned, RuleBookError> {
    let mut keys = keys.need(key)?.keys()?;
    let both = WhileWarned {
        warned: number(&mut keys, "warned")?,
        otherwise: number(&mut keys, "otherwise")?,
    };
    keys.finish()?;
    Ok(both)
}

/// A value for some grades.
fn some<T: Copy>(
    value: &Value<'_>,
    read: impl Fn(&Value<'_>) -> Result<T, RuleBookError>,
) -> Result<ByGrade<Option<T>>, RuleBookError> {
    let mut keys = value.clone().keys()?;
    let mut found = [None; 4];
    for (place, grade) in GRADES.into_iter().enumerate() {
        found[place] = keys.take(grade).map(|it| read(&it)).transpose()?;
    }
    keys.finish()?;
    Ok(ByGrade(found))
}

/// A value for all grades.
fn all<T: Copy>(
    value: &Value<'_>,
    read: impl Fn(&Value<'_>) -> Result<T, RuleBookError>,
) -> Result<ByGrade<T>, RuleBookError> {
    let found = some(value, read)?;
    match found.0 {
        [Some(blue), Some(yellow), Some(orange), Some(red)] => {
            Ok(ByGrade([blue, yellow, orange, red]))
        }
        _ => Err(value.refuse("lacks a grade", "blue, yellow, orange and red must be given")),
    }
}

fn ladder(value: &Value<'_>) -> Result<Ladder, RuleBookError> {
    match value.clone().list()?.as_slice() {
        [reminder, escalation] => Ok(Ladder {
            reminder_min: reminder.integer(1..=MOST)?,
            escalation_min: escalation.integer(1..=MOST)?,
        }),
        _ => Err(value.refuse(
            "not a ladder",
            "right are the minutes to the reminder and to each escalation, as [30, 30]",
        )),
    }
}

fn ladders(keys: &mut Keys<'_>) -> Result<(ByGrade<Ladder>, Ladder), RuleBookError> {
    let value = keys.need("ladder_min")?;
    let mut ladders = value.clone().keys()?;
    let day = ladder(&ladders.need("day")?)?;
    let mut of = |grade| ladder(&ladders.need(grade)?);
    let by_grade = ByGrade([of("blue")?, of("yellow")?, of("orange")?, of("red")?]);
    ladders.finish()?;
    Ok((by_grade, day))
}

fn own_deadlines(
    keys: &mut Keys<'_>,
    jurisdictions: &Jurisdictions,
) -> Result<Vec<OwnDeadlines>, RuleBookError> {
    let own = |mut keys: Keys<'_>| {
        let named = jurisdictions.list_under(&mut keys, "jurisdictions")?;
        if named.is_empty() {
            return Err(keys.refuse("names no jurisdictions", "at least one must be given"));
        }
        let code = |place: usize| Body::new(&jurisdictions.list[place].division.to_string());
        let numbers = |value: Option<Value<'_>>| {
            value.map_or(Ok(ByGrade([None; 4])), |it| some(&it, integer))
        };
        let ladders =
            keys.take("ladder_min").map_or(Ok(ByGrade([None; 4])), |it| some(&it, ladder))?;
        let own = OwnDeadlines {
            jurisdictions: named.iter().map(|it| code(usize::from(it.0))).collect(),
            acknowledge_within_h: numbers(keys.take("acknowledge_within_h"))?,
            review_within_min: numbers(keys.take("review_within_min"))?,
            ladders,
        };
        keys.finish()?;
        Ok(own)
    };
    keys.tables("deadline")?.into_iter().map(own).collect()
}

/// A grade that is never none.
const _: () = assert!(Grade::Red as usize == GRADES.len());
