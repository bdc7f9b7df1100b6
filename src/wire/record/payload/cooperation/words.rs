//! What is decided about human acts, in one line for people.
//!
//! A template has the text of one type of record:
//!
//! - `{owner}` is the field `owner`; `{actor.role}` is a field of the field `actor`,
//! - `{in_time?in time:late}` is the first text if the field is true, else the second one,
//! - `[; next is {next}]` is left out if a field in it is null, false or empty.
//!
//! Times are shown to the minute, lists with commas. A type without a template is shown by the names
//! and values of its fields.

use serde_json::{Map, Value};

use crate::domain::Timestamp;
use crate::wire::record::text::{minute, one_line};

/// The templates of the types of records.
const RECORDS: &[(&str, &str)] = &[
    ("command_refused", "{command} {id}: {reason}[ {detail}][, first given as record {first}]"),
    ("matter_overdue", "{matter} of {owner}, was due {due_at}"),
    ("matter_reminded", "{matter} of {owner}[, next is {next}]"),
    ("matter_escalated", "{matter} of {owner} to {to}, step {step}"),
    ("matter_offered", "{matter} of {owner} to {to}"),
    ("matter_accepted", "{matter} of {from} by {owner}, due {due_at}"),
    ("matter_declined", "{matter} stays with {owner}, not with {to}"),
    ("deadlines_moved", "to {moved_to}, no clock from {from} to {to}: {matters}"),
    ("order_acknowledged", "{order} {in_time?in time:late}"),
    ("order_objected", "{order} to {measures} ({ground}), {reviewer} decides by {review_by}"),
    (
        "objection_decided",
        "{order} {outcome}, by {how}[, excused: {excused}][, acknowledge by {acknowledge_by}]",
    ),
    (
        "execution_reported",
        "{response} {date} {complete?complete:not complete}, {in_time?in time:late}: {measures}",
    ),
    ("execution_verified", "{response} {date} {measure} {result}, by {source}"),
    (
        "response_closed",
        "{response} {in_time?in time:late}: {days} days, {duties} duties, {reported} reported, \
         {confirmed} confirmed, {refuted} refuted, {excused} excused",
    ),
    (
        "order_ended",
        "{order} {how}[ by {by_order}]{open?, never acknowledged:}[, objection {objection}]",
    ),
    ("warning_proposed", "{proposal}{linked?, linked:}: {items}"),
    (
        "proposal_item_decided",
        "{proposal} {jurisdiction} {outcome}, by {how}[ {conclusion}][: {reason}]",
    ),
    (
        "proposal_settled",
        "{proposal}[, approved: {approved}][, rejected: {rejected}][, fallen: {fallen}]",
    ),
    ("proposal_lapsed", "{proposal} was not decided"),
    (
        "consultation_convened",
        "{consultation} {kind} by {convener} on {jurisdictions}, with {participants}, opinions by \
         {opinions_by}[, about {about}]: {title}",
    ),
    ("opinion_given", "{consultation} {participant}{replaces? again:}: {says}"),
    (
        "opinions_closed",
        "{consultation} {quorate?quorate:failed, too few spoke}[, spoken: {spoken}]\
         [, silent: {silent}]",
    ),
    (
        "consultation_concluded",
        "{consultation} {concludes}[, dissent: {dissent}][, milder than most said: {overridden}]",
    ),
    ("consultation_signed", "{consultation} {concludes}[, dissent: {dissent}][, silent: {silent}]"),
    ("consultation_lapsed", "{consultation} was not signed in time"),
    ("consultation_missed", "on {date}, due because of {because}"),
    (
        "case_moved",
        "{case} {command}: [{from} to ]{to}, of {owner}[, at {place}][, {sector}][, key case{key?:}]\
         [, {kind} inspection][, with {parties}]{violation?, violation:}[, {penalties}]\
         [, {fine_yuan} yuan][, to be put right by {rectify_by}][, {reason}]\
         {passed?, passed:}{held?, held:}[, opened again {reopened} times]",
    ),
    ("whistle_blown", "{whistle} at {place} for {summons}, due {due_at}[, case {case}]: {text}"),
    ("whistle_answered", "{whistle} {for} {in_time?in time:late}"),
    ("whistle_met", "{whistle} {in_time?all in time:not all in time}"),
    (
        "vehicle_moved",
        "{vehicle}[ {record}] {command}: {locked?locked:not locked}[, passed{passed?:}]\
         [, for {operation}]",
    ),
    ("episode_opened", "{episode} from {start}"),
    (
        "episode_closed",
        "{episode} {start} to {end}, order sets {epochs}: {members}\
         [, consultations {consultations}][, cases {cases}]",
    ),
];

/// The templates of the items of lists, by the name of the list.
const ITEMS: &[(&str, &str)] = &[
    ("measures", "{measure} {done}[ {percent} %]"),
    ("says", "{jurisdiction} {date} {lower_ug_m3} to {upper_ug_m3} µg/m³ {grade}"),
    ("items", "{jurisdiction} {act} {grade} from {start}, {needs}[ by {body}][ by {due_at}]"),
    ("concludes", "{jurisdiction} {grade}[ {start} to {end}]{binding? binding:}"),
    ("dissent", "{participant} said {said} of {jurisdiction}"),
    ("members", "{jurisdiction} {highest} {hours} h"),
];

/// A record of this type with these fields.
pub(super) fn words(record_type: &str, fields: &Map<String, Value>) -> String {
    match template(RECORDS, record_type) {
        Some(template) => filled(template, fields).text,
        None => by_name(fields),
    }
}

fn template(all: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    all.iter().find(|it| it.0 == name).map(|it| it.1)
}

/// A template with the values of the fields.
struct Filled {
    text: String,
    /// Whether each of its fields says something.
    is_whole: bool,
}

fn filled(template: &str, fields: &Map<String, Value>) -> Filled {
    let (mut text, mut rest, mut is_whole) = (String::new(), template, true);
    while let Some(at) = rest.find(['{', '[']) {
        text.push_str(&rest[..at]);
        let close = if rest[at..].starts_with('{') { '}' } else { ']' };
        let Some(length) = rest[at..].find(close) else { break };
        let end = at + length;
        let inside = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if close == ']' {
            let part = filled(inside, fields);
            text.push_str(if part.is_whole { &part.text } else { "" });
        } else if let Some((name, texts)) = inside.split_once('?') {
            let (yes, no) = texts.split_once(':').unwrap_or((texts, ""));
            let is_true = field(fields, name).and_then(Value::as_bool) == Some(true);
            is_whole &= is_true;
            text.push_str(if is_true { yes } else { no });
        } else {
            let value = field(fields, inside).unwrap_or(&Value::Null);
            is_whole &= says_something(value);
            text.push_str(&shown(inside, value));
        }
    }
    text.push_str(rest);
    Filled { text, is_whole }
}

/// A field, or a field of a field.
fn field<'a>(fields: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        Some((name, inner)) => fields.get(name)?.get(inner),
        None => fields.get(path),
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(it) => *it,
        Value::Number(it) => it.as_i64() != Some(0),
        Value::String(it) => !it.is_empty() && it != "none",
        Value::Array(it) => !it.is_empty(),
        Value::Object(it) => !it.is_empty(),
    }
}

fn shown(name: &str, value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::String(text) => match Timestamp::parse(text) {
            Some(at) => minute(at),
            None => one_line(text),
        },
        Value::Array(items) => {
            items.iter().map(|it| shown(name, it)).collect::<Vec<_>>().join(", ")
        }
        Value::Object(fields) => {
            template(ITEMS, name).map(|it| filled(it, fields).text).unwrap_or_default()
        }
    }
}

/// The fields that say something, by their names.
fn by_name(fields: &Map<String, Value>) -> String {
    let telling = fields.iter().filter(|it| says_something(it.1));
    let named =
        telling.map(|(name, value)| format!("{} {}", name.replace('_', " "), shown(name, value)));
    named.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::cooperation::What;

    #[track_caller]
    fn check(template: &str, expected: &str) {
        let fields = json!({
            "owner": "130400", "next": null, "step": 0, "late": false, "done": true,
            "at": "2025-12-04T09:10:00+08:00", "by": {"role": "officer"}, "bodies": ["13", "37"],
            "dissent": [{"participant": "13", "said": "red", "jurisdiction": "130100"}],
        });
        let Value::Object(fields) = fields else { unreachable!() };
        assert_eq!(filled(template, &fields).text, expected, "{template}");
    }

    #[test]
    fn templates_are_filled() {
        check("of {owner} at {at}", "of 130400 at 2025-12-04 09:10");
        check("{by.role}[, next {next}][, to {bodies}]", "officer, to 13, 37");
        check("step {step}[, step {step}]", "step 0");
        check(
            "{late?late:in time}{done?, done:}[, done{done?:}][, late{late?:}]",
            "in time, done, done",
        );
        check("{dissent}", "13 said red of 130100");
    }

    #[test]
    fn each_template_is_of_a_type_of_record() {
        for (name, _) in RECORDS {
            assert!(What::NAMES.contains(name), "{name}");
        }
    }

    #[test]
    fn a_type_without_a_template_has_the_names_of_its_fields() {
        let fields = json!({"proposal": "p1", "due_at": "2025-12-04T09:10:00+08:00", "role": null});
        let Value::Object(fields) = fields else { unreachable!() };
        assert_eq!(words("unknown", &fields), "proposal p1, due at 2025-12-04 09:10");
    }
}
