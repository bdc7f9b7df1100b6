//! What was found in a CAP message, as words and as JSON.

use serde_json::{Value, json};

use super::verify_cap::{Claim, Unchecked, Wrong};
use crate::wire::cap::Difference;
use crate::wire::trust::checkpoint::Checkpoint;

/// A message and what was found, to be printed.
pub(super) struct Shown<'a> {
    pub(super) file: &'a str,
    pub(super) claim: Option<&'a Claim<'a>>,
    pub(super) checked: &'a Result<Unchecked, Wrong>,
}

/// So many differences are printed in full.
const DIFFERENCES_MAX: usize = 8;
/// So many letters of a text are printed.
const LETTERS_MAX: usize = 60;

impl Shown<'_> {
    pub(super) fn text(&self) -> String {
        let name = match self.claim {
            Some(claim) => {
                let identifier = excerpt(claim.received.identifier(), 0);
                format!("{identifier}, record {}", claim.position)
            }
            None => self.file.to_owned(),
        };
        match (self.checked, self.claim) {
            (Ok(unchecked), Some(Claim { checkpoint, .. })) => {
                let what = match &unchecked[..] {
                    [] => "every field is what the record says".to_owned(),
                    fields => format!(
                        "every field is what the record says, but {} could not be checked without \
                         --log",
                        fields.join(" and ")
                    ),
                };
                let Checkpoint { origin, size, .. } = checkpoint;
                format!("right  {name}: in the log {origin} of {size} records; {what}")
            }
            (Err(Wrong { words, differences }), _) => {
                let mut lines = vec![format!("WRONG  {name}: {words}")];
                lines.extend(differences.iter().take(DIFFERENCES_MAX).map(difference));
                if let Some(more @ 1..) = differences.len().checked_sub(DIFFERENCES_MAX) {
                    lines.push(format!("       and {more} more"));
                }
                if differences.iter().any(|it| it.field == "sender") {
                    lines.push("       Another sender: name its profile by --profile".to_owned());
                }
                lines.join("\n")
            }
            (Ok(_), None) => name,
        }
    }

    pub(super) fn json(&self) -> Value {
        let claim = self.claim;
        let mut shown = json!({
            "file": self.file,
            "proven": self.checked.is_ok(),
            "identifier": claim.map(|it| it.received.identifier()),
            "position": claim.map(|it| it.position),
        });
        match (self.checked, claim) {
            (Ok(unchecked), Some(Claim { checkpoint: Checkpoint { origin, size, .. }, .. })) => {
                shown["by"] =
                    json!({"origin": origin, "in_log_of_records": size, "unchecked": unchecked});
            }
            (Ok(_), None) => {}
            (Err(Wrong { words, differences }), _) => {
                let one = |it: &Difference| json!({"field": it.field, "found": it.found, "right": it.right});
                shown["wrong"] = words.as_str().into();
                shown["differences"] = differences.iter().map(one).collect();
            }
        }
        shown
    }
}

/// `info/severity: Extreme, right is Severe`
fn difference(Difference { field, found, right }: &Difference) -> String {
    let same = |(one, other): &(char, char)| one == other;
    let [one, other] = [found, right].map(|it| it.as_deref().unwrap_or_default());
    let alike = one.chars().zip(other.chars()).take_while(same).count();
    let field = excerpt(field, 0);
    let shown = |text: &Option<String>| text.as_deref().map(|it| excerpt(it, alike));
    match (shown(found), shown(right)) {
        (Some(found), Some(right)) => format!("       {field}: {found}, right is {right}"),
        (None, Some(right)) => format!("       {field}: is not there, right is {right}"),
        (Some(found), None) => {
            format!("       {field}: {found}, and the record gives no such field")
        }
        (None, None) => format!("       {field}: it is another one"),
    }
}

/// A text, or the part of a long one from a little before this letter on.
fn excerpt(text: &str, from: usize) -> String {
    let start = if text.chars().count() > LETTERS_MAX { from.saturating_sub(20) } else { 0 };
    let mut shown: String = if start > 0 { "…".to_owned() } else { String::new() };
    shown.extend(text.chars().skip(start).take(LETTERS_MAX).map(|it| match it {
        '\n' => '⏎',
        other if other.is_control() => '\u{fffd}',
        other => other,
    }));
    if text.chars().count() > start + LETTERS_MAX {
        shown.push('…');
    }
    shown
}
