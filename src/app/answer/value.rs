//! From what is typed to the value of a field. What a field may hold is checked with the command,
//! so that each refusal has its reason.

use std::fs;

use serde_json::Value;

use crate::domain::cooperation::{Field, Shape, Thing};

use crate::app::support::moment;

/// The value of a field; none where nothing is typed for it.
pub(super) fn of(field: &Field, texts: &[&String]) -> Result<Option<Value>, String> {
    let Shape::List(list) = field.shape else {
        let text = texts.first();
        return text.map(|it| one(field.shape, it)).transpose();
    };
    if texts.is_empty() {
        let is_empty_list = list.may_be_empty && !field.optional;
        return Ok(is_empty_list.then(|| Value::Array(Vec::new())));
    }
    let mut items = Vec::new();
    for text in texts {
        // A whole list as JSON, or in a file.
        match json_of(text)? {
            Some(Value::Array(all)) => items.extend(all),
            Some(item) if matches!(list.of, Shape::Fields(_)) => items.push(item),
            Some(_) | None => items.push(one(list.of, text)?),
        }
    }
    Ok(Some(items.into()))
}

fn one(shape: Shape, text: &str) -> Result<Value, String> {
    Ok(match shape {
        Shape::Whole(..) => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        Shape::Flag => text.parse::<bool>().map_or_else(|_| text.into(), Value::from),
        Shape::Time => moment::parse(text).map_or_else(|_| text.into(), |it| it.to_string().into()),
        Shape::Text
        | Shape::Id(_)
        | Shape::Body
        | Shape::BodyOrGuest
        | Shape::Member
        | Shape::Date
        | Shape::OneOf(_) => text.into(),
        Shape::List(_) | Shape::Fields(_) => {
            let wrong = || format!("{text} is no JSON; write JSON, or @FILE for a file of it");
            json_of(text)?.ok_or_else(wrong)?
        }
    })
}

/// JSON that is typed or stands in a file; none for any other text.
fn json_of(text: &str) -> Result<Option<Value>, String> {
    if let Some(path) = text.strip_prefix('@') {
        let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        let value = serde_json::from_str(&text);
        return value.map(Some).map_err(|error| format!("{path}: {error}"));
    }
    let is_structured = text.trim_start().starts_with(['{', '[']);
    if is_structured { Ok(serde_json::from_str(text).ok()) } else { Ok(None) }
}

/// What stands for a value in the help.
pub(super) fn name(shape: Shape) -> &'static str {
    match shape {
        Shape::Text => "TEXT",
        Shape::Id(_) => "ID",
        Shape::Body | Shape::BodyOrGuest | Shape::Member => "BODY",
        Shape::Time => "TIME",
        Shape::Date => "DATE",
        Shape::Whole(..) => "NUMBER",
        Shape::Flag => "true|false",
        Shape::OneOf(_) => "WORD",
        Shape::List(list) => name(list.of),
        Shape::Fields(_) => "JSON",
    }
}

/// The help of a field.
pub(super) fn help(field: &Field) -> String {
    let is_list = matches!(field.shape, Shape::List(_));
    let repeat = if is_list { "; may be given several times" } else { "" };
    format!("{}{repeat}", words(field.shape))
}

fn words(shape: Shape) -> String {
    match shape {
        Shape::Text => "A text of up to 2,000 characters".to_owned(),
        Shape::Id(Thing::Any) => "The id of an order, proposal, case or consultation".to_owned(),
        Shape::Id(Thing::Order) => "The id of an order".to_owned(),
        Shape::Id(thing) => format!("The id of a {}", format!("{thing:?}").to_lowercase()),
        Shape::Body => "The code of a body".to_owned(),
        Shape::BodyOrGuest => "The code of a body or guest province".to_owned(),
        Shape::Member => "The code of a member".to_owned(),
        Shape::Time => "A time, such as 2025-12-04T14:00".to_owned(),
        Shape::Date => "A day, such as 2025-12-05".to_owned(),
        Shape::Whole(from, i64::MAX) => format!("A number from {from}"),
        Shape::Whole(from, to) => format!("A number from {from} to {to}"),
        Shape::Flag => "true or false".to_owned(),
        Shape::OneOf(all) => format!("One of {}", all.join(", ")),
        Shape::List(list) => words(list.of),
        Shape::Fields(fields) => {
            let name = |it: &Field| format!("{}{}", it.name, if it.optional { "?" } else { "" });
            let names: Vec<String> = fields.iter().map(name).collect();
            format!("JSON with {}, or @FILE", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::cooperation::Definition;

    #[test]
    fn what_is_typed_becomes_the_value_of_its_field() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.json");
        fs::write(&path, r#"[{"kind":"photo","ref":"a"},{"kind":"onsite","ref":"b"}]"#).unwrap();
        let file = format!("@{}", path.display());
        let check = |command: &str, name: &str, texts: &[&str], expected: Result<Value, &str>| {
            let fields = Definition::find(command).unwrap().fields;
            let field = fields.iter().find(|it| it.name == name).unwrap();
            let texts: Vec<String> = texts.iter().map(|it| (*it).to_owned()).collect();
            let found = of(field, &texts.iter().collect::<Vec<_>>());
            match expected {
                Ok(expected) => assert_eq!(found.unwrap().unwrap_or_default(), expected),
                Err(words) => assert!(found.unwrap_err().contains(words), "{name}"),
            }
        };
        let photo = json!({"kind": "photo", "ref": "a"});
        let two = json!([photo, {"kind": "onsite", "ref": "b"}]);
        check("object", "order", &["1-130500"], Ok(json!("1-130500")));
        check("object", "measures", &["a", "b"], Ok(json!(["a", "b"])));
        check("object", "measures", &["[\"a\",\"b\"]"], Ok(json!(["a", "b"])));
        check("object", "evidence", &[], Ok(json!([])));
        check("object", "evidence", &[&photo.to_string()], Ok(json!([photo])));
        check("object", "evidence", &[&two.to_string()], Ok(two.clone()));
        check("object", "evidence", &[&file], Ok(two));
        check("object", "evidence", &["photo"], Err("photo is no JSON"));
        check("object", "evidence", &["@none.json"], Err("none.json: "));
        check("decide_objection", "measures", &[], Ok(Value::Null));
        check("assign", "key", &["true"], Ok(json!(true)));
        check("assign", "key", &["maybe"], Ok(json!("maybe")));
        check("decide_case", "fine_yuan", &["-5"], Ok(json!(-5)));
        check("decide_case", "fine_yuan", &["many"], Ok(json!("many")));
        check(
            "convene",
            "opinions_by",
            &["2025-12-04T14:00"],
            Ok(json!("2025-12-04T14:00:00+08:00")),
        );
        check("convene", "title", &["{haze"], Ok(json!("{haze")));
    }
}
