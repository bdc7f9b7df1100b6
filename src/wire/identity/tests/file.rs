//! Token files as they are written, changed and mistaken.

use crate::domain::cooperation::Body;
use crate::domain::{Date, Timestamp};
use crate::wire::identity::file::{HEAD, parse};
use crate::wire::identity::{Credential, CredentialKind, Fingerprint, Secret, TokenRole, Tokens};

const EXPIRES: &str = "2027-01-01T00:00:00+08:00";

fn moment(text: &str) -> Timestamp {
    let day = Date::parse(text).map(|it| it.at_minute(0));
    day.or_else(|| Timestamp::parse(text)).unwrap()
}

fn credential(kind: CredentialKind, name: &str, number: u8) -> Credential {
    Credential {
        kind,
        fingerprint: Fingerprint::of(&[number]),
        body: Body::new("130100"),
        role: TokenRole::find("officer").unwrap(),
        name: name.into(),
        created: moment("2026-01-01"),
        expires: moment(EXPIRES),
        revoked: None,
    }
}

fn read(text: &str) -> Vec<Credential> {
    parse("tokens.toml", text).unwrap().all().cloned().collect()
}

#[test]
fn what_is_added_is_read_and_what_stood_there_stays() {
    let all = [
        credential(CredentialKind::Token, "duty officer", 1),
        credential(CredentialKind::Certificate, "值班员 \"A\" \\ #", 2),
        credential(CredentialKind::Token, "duty officer", 3),
    ];
    let mut text = "# Ours.\n".to_owned();
    for it in &all {
        text = Tokens::added(&text, it);
    }
    assert!(text.starts_with("# Ours.\n\n[[token]]\nname = \"duty officer\"\n"), "{text}");
    assert_eq!(read(&text), all);
    assert!(Tokens::added("", &all[0]).starts_with(HEAD));
    assert_eq!(read(""), []);
}

#[test]
fn a_revocation_is_one_line_more() {
    let all = [1, 2].map(|it| credential(CredentialKind::Token, "a", it));
    let text = Tokens::added(&Tokens::added("", &all[0]), &all[1]) + "# The end.";
    let tokens = parse("", &text).unwrap();
    let at = moment("2026-02-03T04:05:06+08:00");
    let new = tokens.revoked(&text, all[1].fingerprint.id(), at).unwrap();
    assert_eq!(new.replace("revoked = \"2026-02-03T04:05:06+08:00\"\n", ""), text);
    assert_eq!(read(&new)[0], all[0]);
    assert_eq!(read(&new)[1].revoked, Some(at));
    // Where it cannot be one line more, the text is left to its author.
    let inline = format!(
        "token = [{{ {} }}]",
        Tokens::added("", &all[0]).replace(HEAD, "").replace("\n[[token]]\n", "")
    )
    .replace("\"\n", "\", ")
    .replace(",  }", " }");
    let tokens = parse("", &inline).unwrap();
    assert_eq!(tokens.revoked(&inline, all[0].fingerprint.id(), at), None);
}

#[test]
fn a_mistake_names_file_line_key_and_remedy() {
    let right = Tokens::added("", &credential(CredentialKind::Token, "a", 1));
    let check = |from: &str, to: &str, said: &[&str]| {
        assert!(right.contains(from), "{right}");
        let words = parse("my.toml", &right.replace(from, to)).unwrap_err().to_string();
        for part in said.iter().chain(&["my.toml:", "right"]) {
            assert!(words.contains(part), "{to:?}: no {part:?} in {words}");
        }
    };
    let (lines, hash) = (HEAD.lines().count(), Fingerprint::of(&[1]).to_string());
    let line = |after: usize| format!(":{}: ", lines + 1 + after);
    check("\"a\"", "\" \"", &[&line(2), "token.name: is empty"]);
    check("\"a\"", "\"a\\u0007\"", &[&line(2), "token.name:"]);
    check("\"130100\"", "\"13010\"", &[&line(3), "token.body:", "region"]);
    check("\"130100\"", "130100", &[&line(3), "body: invalid type: integer"]);
    check("\"officer\"", "\"boss\"", &[&line(4), "token.role: there is no such role", "reader"]);
    check(&hash, &hash[1..], &[&line(5), "token.sha256:", "64"]);
    check("\"2026-01-01T00:00:00+08:00\"", "\"soon\"", &[&line(6), "token.created:"]);
    check(&format!("\"{EXPIRES}\""), "\"never\"", &[&line(7), "token.expires: is no time"]);
    check("expires", "ends", &[&line(7), "ends: unknown field `ends`"]);
    check("body = \"130100\"\n", "", &[&line(1), "missing field `body`"]);
    check("[[token]]", "[[tokens]]", &[&line(1), "unknown field `tokens`"]);
    check("[[token]]", "[[token", &[&line(1), "the file:"]);
    let twice = Tokens::added(&right, &credential(CredentialKind::Certificate, "b", 1));
    let words = parse("my.toml", &twice).unwrap_err().to_string();
    assert!(words.contains("certificate.sha256: stands in the file twice"), "{words}");
}

#[test]
fn a_token_in_the_file_is_not_shown() {
    let secret = Secret::new(&Body::new("130100"), [1; 32]);
    let (token, random) = (secret.reveal(), &secret.reveal()[20..]);
    let right = Tokens::added("", &credential(CredentialKind::Token, "a", 1));
    let hash = Fingerprint::of(&[1]).to_string();
    for text in [
        right.replace(&hash, token),
        right.replace(&hash, &format!("{token}\"\"")),
        right.replace("sha256", token),
        right.replace("[[token]]", token),
        right.replace("[[token]]", &format!("token = \"{token}\"")),
        right.replace("\"officer\"", &format!("\"{token}\"")),
        right.replace("\"officer\"", &format!("'{token}")),
        right.replace("\"130100\"", &format!("[\"{token}\"]")),
    ] {
        let words = format!("{:?}", parse("my.toml", &text).unwrap_err());
        assert!(!words.contains(random), "{text}: {words}");
    }
}

#[test]
fn credentials_of_unknown_bodies_are_found() {
    let text = Tokens::added("", &credential(CredentialKind::Token, "a", 1));
    let tokens = parse("", &text).unwrap();
    let unknown = |known: &str| tokens.of_unknown_bodies(|it| it.code() == known).count();
    assert_eq!((unknown("130100"), unknown("130200")), (0, 1));
}
