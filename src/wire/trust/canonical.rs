//! JSON in one form only, as RFC 8785 (JSON Canonicalization Scheme) describes it: members sorted,
//! no blanks, one way to write each text and each number. Two programs that agree on the content
//! agree on these bytes.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// The canonical form of a value.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
        Value::Number(it) => text.push_str(&number(it)),
        Value::Array(all) => {
            text.push('[');
            for (at, it) in all.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(it, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|one, other| by_code_units(one.0, other.0));
            text.push('{');
            for (at, (name, it)) in members.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(it, text);
            }
            text.push('}');
        }
    }
}

/// The order of names in ECMAScript.
fn by_code_units(one: &str, other: &str) -> Ordering {
    one.encode_utf16().cmp(other.encode_utf16())
}

/// As ECMAScript writes a number. A whole number that is no `f64` stays as it is.
fn number(number: &Number) -> String {
    const EXPONENTS: std::ops::Range<f64> = 1e-6..1e21;
    let Some(it) = number.as_f64().filter(|_| number.is_f64()) else { return number.to_string() };
    if it == 0.0 {
        return "0".to_owned();
    }
    if EXPONENTS.contains(&it.abs()) {
        return it.to_string();
    }
    let text = format!("{it:e}");
    if text.contains("e-") { text } else { text.replace('e', "e+") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &str, expected: &str) {
        let value: Value = serde_json::from_str(given).unwrap();
        assert_eq!(canonical(&value), expected);
    }

    /// From the text and appendices of RFC 8785.
    #[test]
    fn the_examples_of_the_standard() {
        check(
            r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
                "literals": [null, true, false]}"#,
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
             \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}",
        );
        check(
            r#"{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet",
                "1": "One", "\ud83d\ude00": "Emoji", "\u0080": "Control",
                "\u00f6": "Latin Small Letter O With Diaeresis"}"#,
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"Latin Small \
             Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji\",\"\u{fb33}\":\"Hebrew \
             Letter Dalet\"}",
        );
        for (given, expected) in [
            ("-0.0", "0"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("9007199254740992", "9007199254740992"),
            ("295147905179352830000", "295147905179352830000"),
            ("9.999999999999997e22", "9.999999999999997e+22"),
            ("999999999999999900000.0", "999999999999999900000"),
            ("1e21", "1e+21"),
            ("0.000001", "0.000001"),
            ("0.0000009", "9e-7"),
            ("75.0", "75"),
            ("-12", "-12"),
        ] {
            check(given, expected);
        }
    }

    #[test]
    fn the_order_of_members_and_blanks_do_not_matter() {
        check(" { \"b\" : [ { } , 1 ] , \"a\" : \"\" } ", "{\"a\":\"\",\"b\":[{},1]}");
        check("{\"a\":\"\",\"b\":[{},1]}", "{\"a\":\"\",\"b\":[{},1]}");
    }
}
