//! A message as it was received: its fields, and how it differs from the one of a log.

use std::collections::{BTreeMap, BTreeSet};

use super::element::Element;

/// A received message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Received {
    /// The texts by their paths, in their order: `info[2]/parameter airshed:grade`.
    fields: Vec<(String, String)>,
}

/// A field that is not what it should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// Its path.
    pub field: String,
    /// What the received message says; none: it lacks the field.
    pub found: Option<String>,
    /// What is right; none: the field should not be there.
    pub right: Option<String>,
}

impl Received {
    /// Reads a message. An error is in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let root = Element::parse(text)?;
        if root.name != "alert" {
            return Err(format!("its element is {}: no message of CAP 1.2", root.name));
        }
        let mut fields = Vec::new();
        root.add_fields("", &mut fields);
        Ok(Self { fields })
    }

    /// Its identifier; empty if it has none.
    pub fn identifier(&self) -> &str {
        self.field("identifier").unwrap_or_default()
    }

    /// The position of the record in the log that it claims to follow from.
    pub fn position(&self) -> Result<u64, String> {
        let text = self.parameter("position").ok_or("it has no parameter airshed:position")?;
        let position = text.parse().ok().filter(|it: &u64| it.to_string() == text);
        position.ok_or_else(|| "its parameter airshed:position is no position".to_owned())
    }

    /// The signed note with the checkpoint that covers this record, if it has one.
    pub fn checkpoint(&self) -> Option<&str> {
        self.parameter("checkpoint")
    }

    /// The messages that it refers to.
    pub(super) fn references(&self) -> Vec<String> {
        let all = self.field("references").unwrap_or_default();
        all.split(' ').filter(|it| !it.is_empty()).map(str::to_owned).collect()
    }

    /// In what it differs from the right message, in the order of that one.
    pub fn differences(&self, right: &Self) -> Vec<Difference> {
        let [found, expected] = [self, right].map(|it| {
            let pairs = it.fields.iter().map(|(field, text)| (field.as_str(), text.as_str()));
            pairs.collect::<BTreeMap<_, _>>()
        });
        let mut seen = BTreeSet::new();
        let fields = right.fields.iter().chain(&self.fields).map(|it| it.0.as_str());
        let mut all = Vec::new();
        for field in fields.filter(|it| seen.insert(*it)) {
            let (found, right) = (found.get(field), expected.get(field));
            if found != right {
                let [found, right] = [found, right].map(|it| it.map(|it| (*it).to_owned()));
                all.push(Difference { field: field.to_owned(), found, right });
            }
        }
        if all.is_empty() && self.fields != right.fields {
            all.push(Difference { field: "order of fields".to_owned(), found: None, right: None });
        }
        all
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.field(&format!("info/parameter airshed:{name}"))
    }

    fn field(&self, path: &str) -> Option<&str> {
        self.fields.iter().find(|it| it.0 == path).map(|it| it.1.as_str())
    }
}

impl Element {
    /// Adds the texts of its elements. The second one of a name has the number 2.
    fn add_fields(&self, path: &str, fields: &mut Vec<(String, String)>) {
        let mut counts = BTreeMap::<String, usize>::new();
        for child in &self.children {
            let (name, value) = match child.pair() {
                Some((name, value)) => (format!("{} {name}", child.name), Some(value)),
                None => (child.name.clone(), None),
            };
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            let number = if *count == 1 { String::new() } else { format!("[{count}]") };
            let path = format!("{path}{name}{number}");
            match value {
                Some(value) => fields.push((path, value.to_owned())),
                None if child.children.is_empty() => fields.push((path, child.text.clone())),
                None => child.add_fields(&format!("{path}/"), fields),
            }
        }
    }

    /// Name and value, if it has these two alone.
    fn pair(&self) -> Option<(&str, &str)> {
        let [name, value] = &self.children[..] else { return None };
        let is_pair = name.name == "valueName"
            && value.name == "value"
            && name.children.is_empty()
            && value.children.is_empty();
        is_pair.then_some((&*name.text, &*value.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "<?xml version=\"1.0\"?>\n<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">
        <identifier>1&amp;2</identifier>
        <info><category>Env</category><category>Health</category>
        <parameter><valueName>airshed:position</valueName><value>103</value></parameter></info>
        <info><area><areaDesc> a&#32;b\r\n</areaDesc></area></info></alert>\n";

    fn differences(right: &str, wrong: &str) -> Vec<String> {
        let damaged = TEXT.replacen(right, wrong, 1);
        assert_ne!(damaged, TEXT, "{right}");
        let [found, right] = [&damaged, TEXT].map(|it| Received::parse(it).unwrap());
        found.differences(&right).into_iter().map(|it| it.field).collect()
    }

    #[test]
    fn fields_have_paths() {
        let received = Received::parse(TEXT).unwrap();
        let expected = [
            ("identifier", "1&2"),
            ("info/category", "Env"),
            ("info/category[2]", "Health"),
            ("info/parameter airshed:position", "103"),
            ("info[2]/area/areaDesc", " a b\n"),
        ];
        let fields: Vec<(&str, &str)> =
            received.fields.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        assert_eq!(fields, expected);
        assert_eq!((received.identifier(), received.position()), ("1&2", Ok(103)));
        assert_eq!(received.differences(&received), []);
    }

    #[test]
    fn what_differs_is_named_and_blanks_between_elements_do_not_matter() {
        assert_eq!(differences(">Env<", ">Fire<"), ["info/category"]);
        assert_eq!(differences("\n        <info>", "<info>\t"), [""; 0]);
        assert_eq!(differences(" a&#32;b", "a b"), ["info[2]/area/areaDesc"]);
        assert_eq!(differences("</info>\n        <info>", "").len(), 2);
        let twice = "<identifier>3</identifier><identifier>";
        assert_eq!(differences("<identifier>", twice), ["identifier", "identifier[2]"]);
        assert_eq!(differences(":position<", ":place<").len(), 2);
        assert_eq!(
            differences(
                "<category>Env</category><category>",
                "<category>Env</category><event>x</event><category>"
            ),
            ["info/event"]
        );
        let moved = TEXT.replace("<identifier>1&amp;2</identifier>", "");
        let moved = moved.replace("</alert>", "<identifier>1&amp;2</identifier></alert>");
        let [found, right] = [&moved, TEXT].map(|it| Received::parse(it).unwrap());
        assert_eq!(found.differences(&right)[0].field, "order of fields");
    }

    #[test]
    fn a_position_has_one_form() {
        for wrong in ["0103", "+103", "-1", " 103", "1e3", "18446744073709551616"] {
            let text = TEXT.replace(">103<", &format!(">{wrong}<"));
            assert!(Received::parse(&text).unwrap().position().is_err(), "{wrong}");
        }
    }
}
