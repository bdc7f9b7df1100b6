//! What the fields of a command may hold.
//!
//! One table for each command says it. From it follow the check of what comes, the options of the
//! command line, and the schema of the topic.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Bodies, Body};
use crate::domain::{Date, Timestamp};

/// The most items that a list may have.
pub(crate) const LIST_MAX: usize = 5_000;
/// The most characters that a text may have.
pub(crate) const TEXT_MAX: usize = 2_000;
/// The kinds of evidence.
pub(crate) const EVIDENCE: [&str; 9] =
    ["onsite", "sample", "statement", "photo", "power", "cems", "ledger", "remote", "screenshot"];
/// The grades, and none.
pub(crate) const GRADES: [&str; 5] = ["none", "blue", "yellow", "orange", "red"];

/// One field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// Whether it may be null or missing.
    pub optional: bool,
}

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A text of 1 to 2,000 characters.
    Text,
    /// The id of a thing of one kind that must be there.
    Id(Thing),
    /// The code of a body, guests left out.
    Body,
    /// The code of a body or guest.
    BodyOrGuest,
    /// The code of a member.
    Member,
    /// A moment with a zone.
    Time,
    /// A day.
    Date,
    /// A whole number, from and to.
    Whole(i64, i64),
    /// Yes or no.
    Flag,
    /// One of some words.
    OneOf(&'static [&'static str]),
    /// A list.
    List(&'static List),
    /// Several fields.
    Fields(&'static [Field]),
}

/// A list.
#[derive(Debug)]
pub struct List {
    /// What its items are.
    pub of: Shape,
    /// Whether it may be empty.
    pub may_be_empty: bool,
    /// How many fields, from the first on, name an item that has fields; 0: items may be equal.
    pub key: usize,
}

/// Kinds of things that are named by id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Thing {
    /// An order.
    Order,
    /// A response.
    Response,
    /// A matter.
    Matter,
    /// A proposal.
    Proposal,
    /// A consultation.
    Consultation,
    /// A case.
    Case,
    /// A whistle.
    Whistle,
    /// A complaint.
    Complaint,
    /// Anything that a consultation may be about.
    Any,
}

/// Evidence: may be empty here, because where it must not be there is a reason of its own.
pub(crate) const EVIDENCE_FIELD: Field = required(
    "evidence",
    Shape::List(&List {
        of: Shape::Fields(&[
            required("kind", Shape::OneOf(&EVIDENCE)),
            required("ref", Shape::Text),
        ]),
        may_be_empty: true,
        key: 2,
    }),
);

/// A field that must be there.
pub(crate) const fn required(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, optional: false }
}

/// A field that may be null or missing.
pub(crate) const fn optional(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, optional: true }
}

/// The first field that is not as the table has it.
pub(crate) fn check(value: &Value, fields: &[Field], bodies: &Bodies) -> Result<(), String> {
    let Value::Object(entries) = value else { return Err("body".to_owned()) };
    if let Some(name) = wrong_field(entries, fields, bodies) {
        return Err(name.to_owned());
    }
    match entries.keys().find(|it| fields.iter().all(|field| field.name != it.as_str())) {
        Some(unknown) => Err(unknown.chars().take(64).collect()),
        None => Ok(()),
    }
}

fn wrong_field(
    entries: &Map<String, Value>,
    fields: &[Field],
    bodies: &Bodies,
) -> Option<&'static str> {
    let is_wrong = |field: &&Field| match entries.get(field.name) {
        None | Some(Value::Null) => !field.optional,
        Some(value) => !field.shape.fits(value, bodies),
    };
    fields.iter().find(is_wrong).map(|it| it.name)
}

impl Shape {
    fn fits(self, value: &Value, bodies: &Bodies) -> bool {
        let text = value.as_str().filter(|it| (1..=TEXT_MAX).contains(&it.chars().count()));
        match self {
            Self::Text | Self::Id(_) | Self::BodyOrGuest => text.is_some(),
            Self::Body => text.is_some_and(|it| !bodies.is_guest(&Body::new(it))),
            // A body that is no member is a wrong value, one that is not there an unknown object.
            Self::Member => text.is_some_and(|it| {
                bodies.find(it).is_none_or(|it| bodies.is_member(&it))
                    && !bodies.is_guest(&Body::new(it))
            }),
            Self::Time => text.is_some_and(|it| Timestamp::parse(it).is_some()),
            Self::Date => text.is_some_and(|it| it.len() == 10 && Date::parse(it).is_some()),
            Self::Whole(from, to) => value.as_i64().is_some_and(|it| (from..=to).contains(&it)),
            Self::Flag => value.is_boolean(),
            Self::OneOf(words) => text.is_some_and(|it| words.contains(&it)),
            Self::List(list) => list.fits(value, bodies),
            Self::Fields(fields) => check(value, fields, bodies).is_ok(),
        }
    }

    /// Gives each body the code under which records know it.
    pub(crate) fn make_canonical(self, value: &mut Value, bodies: &Bodies) {
        match self {
            Self::Body | Self::BodyOrGuest | Self::Member => {
                let body = value.as_str().and_then(|it| bodies.find(it));
                if let Some(body) = body {
                    *value = body.code().into();
                }
            }
            Self::List(list) => {
                for item in value.as_array_mut().into_iter().flatten() {
                    list.of.make_canonical(item, bodies);
                }
            }
            Self::Fields(fields) => {
                for field in fields {
                    if let Some(value) = value.get_mut(field.name) {
                        field.shape.make_canonical(value, bodies);
                    }
                }
            }
            Self::Id(_)
            | Self::Text
            | Self::Time
            | Self::Date
            | Self::Whole(..)
            | Self::Flag
            | Self::OneOf(_) => {}
        }
    }

    /// Calls back with each thing and body that a value names, in the order of the fields.
    pub(crate) fn named<'v>(self, value: &'v Value, note: &mut impl FnMut(Named, &'v str)) {
        match self {
            Self::Id(thing) => named_text(value, Named::Thing(thing), note),
            Self::Body | Self::BodyOrGuest | Self::Member => named_text(value, Named::Body, note),
            Self::List(list) => {
                for item in value.as_array().into_iter().flatten() {
                    list.of.named(item, note);
                }
            }
            Self::Fields(fields) => {
                for field in fields {
                    if let Some(value) = value.get(field.name) {
                        field.shape.named(value, note);
                    }
                }
            }
            Self::Text
            | Self::Time
            | Self::Date
            | Self::Whole(..)
            | Self::Flag
            | Self::OneOf(_) => {}
        }
    }
}

/// What is named.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Named {
    Body,
    Thing(Thing),
}

fn named_text<'v>(value: &'v Value, named: Named, note: &mut impl FnMut(Named, &'v str)) {
    if let Some(id) = value.as_str() {
        note(named, id);
    }
}

impl List {
    fn fits(&self, value: &Value, bodies: &Bodies) -> bool {
        let Some(items) = value.as_array() else { return false };
        let length = usize::from(!self.may_be_empty)..=LIST_MAX;
        length.contains(&items.len())
            && items.iter().all(|it| self.of.fits(it, bodies))
            && self.names_nothing_twice(items, bodies)
    }

    fn names_nothing_twice(&self, items: &[Value], bodies: &Bodies) -> bool {
        let mut seen = BTreeSet::new();
        items.iter().all(|item| match self.of {
            Shape::Fields(fields) => {
                let key: Vec<String> = fields
                    .iter()
                    .take(self.key)
                    .map(|field| match item.get(field.name) {
                        Some(value) => value.to_string(),
                        None => String::new(),
                    })
                    .collect();
                key.is_empty() || seen.insert(key)
            }
            // The code of a municipality has two forms.
            Shape::Body | Shape::BodyOrGuest | Shape::Member => {
                let code = item.as_str().unwrap_or_default();
                let body = bodies.find(code).unwrap_or_else(|| Body::new(code));
                seen.insert(vec![body.code().to_owned()])
            }
            Shape::Text
            | Shape::Id(_)
            | Shape::Time
            | Shape::Date
            | Shape::Whole(..)
            | Shape::Flag
            | Shape::OneOf(_)
            | Shape::List(_) => seen.insert(vec![item.to_string()]),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIELDS: &[Field] = &[
        required("order", Shape::Id(Thing::Order)),
        required(
            "measures",
            Shape::List(&List {
                of: Shape::Fields(&[
                    required("measure", Shape::Text),
                    optional("percent", Shape::Whole(0, 100)),
                ]),
                may_be_empty: false,
                key: 1,
            }),
        ),
        optional("to", Shape::Body),
        EVIDENCE_FIELD,
    ];

    #[test]
    fn the_first_wrong_field_is_named() {
        let bodies = Bodies::new([].into(), &[Body::new("13")], &[Body::new("37")]);
        let good = json!({"order": "1-1", "measures": [{"measure": "a"}], "evidence": []});
        assert_eq!(check(&good, FIELDS, &bodies), Ok(()));
        for (name, value, wrong) in [
            ("order", json!(null), Some("order")),
            ("order", json!(""), Some("order")),
            ("order", json!("x".repeat(2_000)), None),
            ("order", json!("x".repeat(2_001)), Some("order")),
            ("order", json!("\u{6}\u{4e00}".repeat(1_000)), None),
            ("measures", json!([]), Some("measures")),
            ("measures", json!([{"measure": "a"}, {"measure": "a"}]), Some("measures")),
            ("measures", json!([{"measure": "a", "percent": 101}]), Some("measures")),
            ("measures", json!([{"measure": "a", "percent": 100}]), None),
            ("measures", json!([{"measure": "a", "percent": 99.5}]), Some("measures")),
            ("measures", json!([{"measure": "a", "note": 1}]), Some("measures")),
            ("measures", json!(vec![json!({"measure": "a"}); 5_001]), Some("measures")),
            ("to", json!(null), None),
            ("to", json!("13"), None),
            ("to", json!("37"), Some("to")),
            ("evidence", json!([{"kind": "photo", "ref": "r"}]), None),
            ("evidence", json!([{"kind": "rumour", "ref": "r"}]), Some("evidence")),
            ("note", json!(1), Some("note")),
        ] {
            let mut fields = good.clone();
            fields[name] = value;
            let checked = check(&fields, FIELDS, &bodies);
            assert_eq!(checked.err().as_deref(), wrong, "{name}");
        }
        assert_eq!(check(&json!([]), FIELDS, &bodies), Err("body".to_owned()));
    }

    #[test]
    fn what_is_named_is_found_in_lists_and_fields() {
        let value = json!({"order": "7-130100", "measures": [{"measure": "a"}], "to": "13"});
        let mut named = Vec::new();
        Shape::Fields(FIELDS).named(&value, &mut |kind, id| named.push((kind, id)));
        assert_eq!(named, [(Named::Thing(Thing::Order), "7-130100"), (Named::Body, "13")]);
    }
}
