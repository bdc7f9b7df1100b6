//! The tables `[[approval]]` of `cooperation.toml`: which acts wait, and for which body or conclusion.

use super::RuleBookError;
use super::jurisdictions::Jurisdictions;
use super::keys::{Keys, Value};
use crate::domain::ActKind;
use crate::domain::cooperation::{
    ApprovalNeeded, ApprovalRule, ApprovingBody, Body, ItemOutcome, Role,
};

/// The most minutes for which an act may wait.
const LONGEST_MIN: i64 = 180;

const ACTS: [(&str, ActKind); 6] = [
    ("issue", ActKind::Issue),
    ("raise", ActKind::Raise),
    ("advance", ActKind::Advance),
    ("extend", ActKind::Extend),
    ("lower", ActKind::Lower),
    ("lift", ActKind::Lift),
];

#[derive(Clone, Copy, Eq, PartialEq)]
enum Mode {
    Automatic,
    Conclusion,
    Role,
}

const MODES: [(&str, Mode); 3] =
    [("automatic", Mode::Automatic), ("conclusion", Mode::Conclusion), ("role", Mode::Role)];

const BODIES: [(&str, ApprovingBody); 3] = [
    ("self", ApprovingBody::Itself),
    ("above", ApprovingBody::Above),
    ("region", ApprovingBody::Region),
];

const ROLES: [(&str, Role); 2] = [("command", Role::Command), ("government", Role::Government)];

const OUTCOMES: [(&str, ItemOutcome); 2] =
    [("approved", ItemOutcome::Approved), ("rejected", ItemOutcome::Rejected)];

pub(super) fn parse(
    keys: &mut Keys<'_>,
    jurisdictions: &Jurisdictions,
) -> Result<Vec<ApprovalRule>, RuleBookError> {
    keys.tables("approval")?.into_iter().map(|it| table(it, jurisdictions)).collect()
}

fn table(mut keys: Keys<'_>, jurisdictions: &Jurisdictions) -> Result<ApprovalRule, RuleBookError> {
    let named = jurisdictions.list_under(&mut keys, "jurisdictions")?;
    let code = |place: usize| Body::new(&jurisdictions.list[place].division.to_string());
    let grades = match keys.take("grades") {
        Some(grades) => grades.list()?.iter().map(Value::grade).collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    let acts = match keys.take("acts") {
        Some(acts) => acts.list()?.iter().map(|it| it.one_of(&ACTS)).collect::<Result<_, _>>()?,
        None => vec![ActKind::Issue, ActKind::Raise],
    };
    let rule = ApprovalRule {
        jurisdictions: named.iter().map(|it| code(usize::from(it.0))).collect(),
        grades,
        acts,
        needs: needs(&mut keys)?,
    };
    keys.finish()?;
    Ok(rule)
}

/// What is given is checked in every mode; what the mode needs must be given.
fn needs(keys: &mut Keys<'_>) -> Result<Option<ApprovalNeeded>, RuleBookError> {
    let mode = keys.need("mode")?.one_of(&MODES)?;
    let waits = mode != Mode::Automatic;
    let mut find = |key, is_needed: bool| {
        if is_needed { keys.need(key).map(Some) } else { Ok(keys.take(key)) }
    };
    let body = find("body", false)?.map(|it| it.one_of(&BODIES)).transpose()?;
    let role = find("role", mode == Mode::Role)?.map(|it| it.one_of(&ROLES)).transpose()?;
    let within_min =
        find("within_min", waits)?.map(|it| it.integer(1..=LONGEST_MIN)).transpose()?;
    let on_silence = find("on_silence", waits)?.map(|it| it.one_of(&OUTCOMES)).transpose()?;
    let by = role.filter(|_| mode == Mode::Role);
    let by = by.map(|role| (body.unwrap_or(ApprovingBody::Itself), role));
    let needed = within_min.zip(on_silence).filter(|_| waits);
    Ok(needed.map(|(within_min, on_silence)| ApprovalNeeded { by, within_min, on_silence }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rule_book::{Files, built_in_with_answers, parse};

    fn with(table: &str) -> Files {
        let mut files = built_in_with_answers();
        for (name, text) in &mut files {
            if &**name == "cooperation.toml" {
                *text = format!("{text}\n[[approval]]\n{table}\n").into();
            }
        }
        files
    }

    const FITS: &str = "jurisdictions = [\"120000\"]\ngrades = [\"red\"]\nmode = \"role\"\n\
        body = \"above\"\nrole = \"government\"\nwithin_min = 180\non_silence = \"approved\"";

    /// A08: each mistake is refused with file, table and key.
    #[test]
    fn wrong_tables_are_refused() {
        let refused = |old: &str, new: &str| {
            assert!(FITS.contains(old), "{old}");
            parse(with(&FITS.replace(old, new))).unwrap_err().to_string()
        };
        for (old, new, key, remedy) in [
            ("on_silence = \"approved\"", "", "approval[0].on_silence", "must be given"),
            ("\"approved\"", "\"perhaps\"", "approval[0].on_silence", "\"rejected\""),
            ("= 180", "= 181", "approval[0].within_min", "from 1 to 180"),
            ("= 180", "= 0", "approval[0].within_min", "from 1 to 180"),
            ("within_min = 180", "", "approval[0].within_min", "must be given"),
            ("mode = \"role\"", "", "approval[0].mode", "must be given"),
            ("mode = \"role\"", "mode = \"none\"", "approval[0].mode", "\"conclusion\""),
            ("role = \"government\"", "", "approval[0].role", "must be given"),
            ("\"government\"", "\"officer\"", "approval[0].role", "\"command\""),
            ("\"above\"", "\"below\"", "approval[0].body", "\"region\""),
            ("\"red\"", "\"pink\"", "approval[0].grades[0]", "\"orange\""),
            ("\"120000\"", "\"990000\"", "approval[0].jurisdictions[0]", "120000"),
            (
                "mode = \"role\"",
                "mode = \"role\"\nacts = [\"shorten\"]",
                "approval[0].acts[0]",
                "\"lift\"",
            ),
            ("mode = \"role\"", "mode = \"role\"\nnote = 1", "approval[0].note", "known here"),
        ] {
            let found = refused(old, new);
            let says = ["cooperation.toml:", key, remedy].iter().all(|it| found.contains(it));
            assert!(says, "{new}: {found}");
        }
    }

    #[test]
    fn the_default_acts_are_issue_and_raise() {
        let book = parse(with(FITS)).unwrap();
        let rules = book.rules.cooperation.unwrap().approvals;
        assert_eq!(rules[0].acts, [ActKind::Issue, ActKind::Raise]);
        let needed = rules[0].needs.unwrap();
        assert_eq!(needed.by, Some((ApprovingBody::Above, Role::Government)));
        assert_eq!((needed.within_min, needed.on_silence), (180, ItemOutcome::Approved));
        let book = parse(with("mode = \"automatic\"")).unwrap();
        assert_eq!(book.rules.cooperation.unwrap().approvals[0].needs, None);
    }
}
