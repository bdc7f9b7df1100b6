//! Ten thousand commands that may hold anything: each is taken or refused with a reason, none
//! panics, and the state that is left can be written and read back.

use airshed::domain::cooperation::{COMMANDS, Field, Shape, Thing};
use serde_json::{Map, Value, json};

use super::stage::Stage;

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn fields(&mut self, fields: &[Field]) -> Value {
        let mut object = Map::new();
        for field in fields {
            if self.below(40) > 0 {
                object.insert(field.name.to_owned(), self.value(field.shape));
            }
        }
        if self.below(40) == 0 {
            object.insert("note".to_owned(), json!("x"));
        }
        Value::Object(object)
    }

    /// Mostly what the field wants, sometimes anything.
    fn value(&mut self, shape: Shape) -> Value {
        if self.below(60) == 0 {
            return self.anything();
        }
        match shape {
            Shape::Text => json!(self.one(&["smoke", "V", "\u{4e00}\u{0}\"", "x"])),
            Shape::Id(_) => json!(self.one(&IDS)),
            Shape::Body | Shape::BodyOrGuest | Shape::Member => json!(self.one(&BODIES)),
            Shape::Time => json!(self.one(&TIMES)),
            Shape::Date => json!(self.one(&["2025-12-05", "2025-12-04", "2026-01-01"])),
            Shape::Whole(from, to) => json!(self.one(&[from, to, to.saturating_add(1), 1])),
            Shape::Flag => json!(self.below(2) == 0),
            Shape::OneOf(words) => json!(self.one(words)),
            Shape::List(list) => {
                let length = self.one(&[0, 1, 1, 2, 3]);
                Value::Array((0..length).map(|_| self.value(list.of)).collect())
            }
            Shape::Fields(fields) => self.fields(fields),
        }
    }

    fn anything(&mut self) -> Value {
        let huge = "x".repeat(3_000);
        let all = [
            json!(null),
            json!(-1),
            json!(1.5e300),
            json!(u64::MAX),
            json!(""),
            json!(huge),
            json!([[], {}]),
            json!({"a": {"b": [1]}}),
            json!("9999-99-99"),
            json!("2025-12-05T08:00:00+99:00"),
        ];
        all[self.below(all.len())].clone()
    }
}

const IDS: [&str; 10] = [
    "1-130100",
    "1-130400",
    "130100-r1",
    "130400-r1/report:2025-12-04",
    "1-130400/acknowledge",
    "region-c1",
    "131000-e1",
    "120111-w1",
    "7-130100",
    "",
];
const BODIES: [&str; 12] = [
    "130100", "130400", "130102", "13", "region", "37", "120111", "131081", "131000", "110000",
    "999999", "",
];
const TIMES: [&str; 4] = [
    "2025-12-04T14:00:00+08:00",
    "2025-12-05T08:00:00Z",
    "2025-12-09T08:00:00+08:00",
    "2025-12-04",
];
const ROLES: [&str; 7] =
    ["officer", "command", "government", "forecaster", "inspector", "hotline", "mayor"];

#[test]
fn any_command_is_taken_or_refused() {
    let mut dice = Dice(0x2025_1204);
    let mut stage = Stage::new("any command", &[], false);
    let (mut taken, mut refused) = (0, 0);
    for number in 0..10_000 {
        let command = dice.one(COMMANDS);
        let fields = dice.fields(command.fields);
        let own = dice.one(command.roles).name();
        let other = dice.one(&ROLES);
        let (role, body) = (dice.one(&[own, own, other]), dice.one(&BODIES));
        stage.give(&format!("n{number}"), role, body, command.name, fields);
        if number % 20 == 0 {
            stage.pass_minutes(1);
        }
        for record in stage.records.drain(..) {
            match record["type"].as_str().unwrap() {
                "command_refused" => refused += 1,
                _ if !record["body"]["by"].is_null() => taken += 1,
                _ => {}
            }
        }
    }
    stage.is_read_back();
    assert!(taken > 100 && refused > 1_000, "{taken} taken, {refused} refused");
}

/// What a field should hold.
fn good(shape: Shape) -> Value {
    match shape {
        Shape::Text => json!("smoke"),
        Shape::Id(_) => json!("1-130400"),
        Shape::Body | Shape::BodyOrGuest | Shape::Member => json!("130400"),
        Shape::Time => json!(TIMES[0]),
        Shape::Date => json!("2025-12-05"),
        Shape::Whole(from, _) => json!(from),
        Shape::Flag => json!(true),
        Shape::OneOf(words) => json!(words[0]),
        Shape::List(list) => json!([good(list.of)]),
        Shape::Fields(fields) => all_good(fields),
    }
}

fn all_good(fields: &[Field]) -> Value {
    Value::Object(fields.iter().map(|it| (it.name.to_owned(), good(it.shape))).collect())
}

/// What it should not: wrong types, numbers out of range, texts and lists that are too long.
fn bad(field: &Field) -> Vec<Value> {
    let mut bad = vec![json!({"a": {"b": [1]}}), json!(1.5), json!(-1)];
    if !field.optional {
        bad.push(json!(null));
    }
    match field.shape {
        Shape::Flag => bad.extend([json!("true"), json!(1)]),
        Shape::Whole(_, to) => bad.extend([json!(to.checked_add(1)), json!("1")]),
        Shape::List(list) => {
            bad.extend([json!("x"), json!([[]]), json!(vec![good(list.of); 5_001])]);
        }
        Shape::Fields(_) => bad.push(json!("x")),
        Shape::OneOf(_) => bad.push(json!("another")),
        Shape::Time | Shape::Date => bad.extend([json!("9999-99-99"), json!("tomorrow")]),
        Shape::Body | Shape::Member => bad.push(json!("37")),
        Shape::Text | Shape::Id(_) | Shape::BodyOrGuest => {}
    }
    if !matches!(field.shape, Shape::Flag | Shape::Whole(..) | Shape::List(_) | Shape::Fields(_)) {
        bad.extend([json!(true), json!(["x"]), json!(""), json!("x".repeat(2_001))]);
    }
    bad.retain(|it| !it.is_null() || !field.optional);
    bad
}

#[test]
fn each_wrong_command_is_refused_with_its_reason() {
    let mut stage = Stage::new("wrong commands", &[], false);
    let mut number = 0;
    let mut refused = |body: &str, role: &str, command: &str, fields: &Value| {
        number += 1;
        stage.give(&format!("n{number}"), role, body, command, fields.clone());
        let record = stage.records.pop_front().unwrap();
        assert!(stage.records.is_empty(), "{command} {fields}");
        assert_eq!(record["type"], "command_refused", "{command} {fields}");
        let text = |name: &str| record["body"][name].as_str().unwrap_or_default().to_owned();
        (text("reason"), text("detail"))
    };
    for command in COMMANDS {
        let (name, role) = (command.name, command.roles[0].name());
        let fields = all_good(command.fields);
        let because = |why: &str, detail: &str| (why.to_owned(), detail.to_owned());
        for field in command.fields {
            for value in bad(field) {
                let mut wrong = fields.clone();
                wrong[field.name] = value;
                let found = refused("130400", role, name, &wrong);
                assert_eq!(found, because("bad_field", field.name), "{name} {wrong}");
            }
            let mut wrong = fields.clone();
            wrong.as_object_mut().unwrap().remove(field.name);
            if !field.optional {
                let found = refused("130400", role, name, &wrong);
                assert_eq!(found, because("bad_field", field.name), "{name} {wrong}");
            }
        }
        let mut more = fields.clone();
        more["note"] = json!("x");
        assert_eq!(refused("130400", role, name, &more), because("bad_field", "note"), "{name}");
        assert_eq!(refused("130400", role, name, &json!([])), because("bad_field", "body"));
        assert_eq!(refused("999999", role, name, &fields), because("unknown_body", ""));
        assert_eq!(refused("130400", "mayor", name, &fields), because("unknown_role", ""));
        let others =
            ROLES[..6].iter().filter(|it| command.roles.iter().all(|by| by.name() != **it));
        for other in others {
            assert_eq!(refused("130400", other, name, &fields), because("role_not_allowed", ""));
        }
        if matches!(command.fields[0].shape, Shape::Id(Thing::Order)) {
            let found = refused("130500", role, name, &fields);
            assert_eq!(found, because("not_yours", ""), "{name}: another body's order");
        }
    }
}
