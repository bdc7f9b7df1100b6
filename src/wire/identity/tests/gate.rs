//! Every role and every call, and what is refused before.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use crate::domain::cooperation::Body;
use crate::domain::{Actor, Timestamp};
use crate::wire::identity::{
    Call, CallKind, Caller, Credential, CredentialKind, Denied, Fingerprint, Gate, Secret, Shown,
    TokenRole, TokenStore, Tokens, file,
};

const CERTIFICATE: &[u8] = b"a certificate";
const NOW: Timestamp = Timestamp(1_000_000);
const SOON: Timestamp = Timestamp(2_000_000);

fn secret(role: TokenRole) -> Secret {
    Secret::new(&Body::new("130100"), Fingerprint::of(role.name().as_bytes()).0)
}

fn credential(kind: CredentialKind, fingerprint: Fingerprint, role: TokenRole) -> Credential {
    let (body, name) = (Body::new("130100"), role.name().into());
    Credential { kind, fingerprint, body, role, name, created: NOW, expires: SOON, revoked: None }
}

fn store(all: &[Credential]) -> Tokens {
    let text = all.iter().fold(String::new(), |text, it| Tokens::added(&text, it));
    file::parse("", &text).unwrap()
}

/// A token of each role of 130100, and a certificate of its reader.
fn all() -> Vec<Credential> {
    let of = |it| credential(CredentialKind::Token, secret(it).fingerprint(), it);
    let reader = TokenRole::Reader;
    let certificate = credential(CredentialKind::Certificate, Fingerprint::of(CERTIFICATE), reader);
    TokenRole::all().map(of).chain([certificate]).collect()
}

fn gate() -> Gate {
    Gate::new(TokenStore::new(store(&all())), true)
}

fn by_token(header: &str) -> Shown<'_> {
    Shown { authorization: Some(header.as_bytes()), ..Shown::default() }
}

fn who(gate: &Gate, token: &str, now: Timestamp) -> Result<Caller, Denied> {
    gate.who(&by_token(&format!("Bearer {token}")), now)
}

/// What becomes of a call: with its own body and role, with another body, with another role.
fn outcomes(gate: &Gate, caller: &Caller, role: &str, kind: CallKind) -> String {
    let actor = |body: &str, role: &str| Actor {
        body: Body::new(body),
        role: role.to_owned(),
        name: "A".to_owned(),
    };
    let other = if role == "officer" { "command" } else { "officer" };
    let actors = [actor("130100", role), actor("130200", role), actor("130100", other)];
    let outcome = |actor: &Actor| {
        let call = match kind {
            CallKind::Probe => Call::Probe,
            CallKind::ReadPublic => Call::ReadPublic,
            CallKind::ReadProofs => Call::ReadProofs,
            CallKind::ReadBody => Call::ReadBody(&actor.body),
            CallKind::ReadLog => Call::ReadLog,
            CallKind::ReadMetrics => Call::ReadMetrics,
            CallKind::PostReadings => Call::PostReadings,
            CallKind::GiveCommand => Call::GiveCommand { actor, command: "acknowledge" },
        };
        assert_eq!(call.kind(), kind);
        gate.may(caller, &call).map_or_else(|it| it.reason(), |()| "yes")
    };
    let mut all = actors.iter().map(outcome).collect::<Vec<_>>();
    if all.iter().all(|it| *it == all[0]) {
        all.truncate(1);
    }
    all.join(" ")
}

/// Where the outcome depends on what a call names, there are three: for the own body and role, for
/// another body, and for another role.
const MATRIX: &str = "\
probe the server: yes
read what is public: yes
read checkpoints and proofs: yes
read what a body sees: yes other_body yes; operator yes; anonymous no_token; local yes
read the log: role_not_allowed; operator yes; anonymous no_token; local yes
read metrics: role_not_allowed; operator yes; anonymous no_token; local yes
post readings: role_not_allowed; operator yes; anonymous no_token; local yes
give a command of a body: yes other_body other_role; reader role_not_allowed; \
operator role_not_allowed; anonymous no_token; local yes
";

#[test]
fn every_role_and_every_call() {
    let mut matrix = String::new();
    let mut pairs = 0;
    for kind in CallKind::ALL {
        let of_role = |role: TokenRole| {
            let caller = who(&gate(), secret(role).reveal(), NOW).unwrap();
            (role.name(), outcomes(&gate(), &caller, role.name(), kind))
        };
        let local = outcomes(&Gate::open(), &Caller::Local, "officer", kind);
        let anonymous = outcomes(&gate(), &Caller::Anonymous, "officer", kind);
        let of_others = [("anonymous", anonymous), ("local", local)];
        let all: Vec<_> = TokenRole::all().map(of_role).chain(of_others).collect();
        pairs += all.len();
        let (_, usual) = &all[0];
        write!(matrix, "{}: {usual}", kind.name()).unwrap();
        for (name, outcome) in all.iter().filter(|it| it.1 != *usual) {
            write!(matrix, "; {name} {outcome}").unwrap();
        }
        matrix.push('\n');
    }
    assert_eq!(matrix, MATRIX);
    assert_eq!(pairs, 10 * CallKind::ALL.len());
}

#[test]
fn the_public_is_asked_for_a_token_unless_the_settings_say_otherwise() {
    let closed = Gate::new(TokenStore::default(), false);
    let may = |call| closed.may(&Caller::Anonymous, &call);
    assert_eq!(may(Call::Probe), Ok(()));
    assert_eq!(may(Call::ReadPublic), Err(Denied::NoToken));
    assert_eq!(may(Call::ReadProofs), Err(Denied::NoToken));
}

#[test]
fn a_caller_is_known_by_a_valid_credential_alone() {
    let gate = gate();
    let token = secret(TokenRole::Reader);
    let Ok(Caller::Known(identity)) = who(&gate, token.reveal(), NOW) else { panic!() };
    assert_eq!((identity.body.code(), identity.role), ("130100", TokenRole::Reader));
    let shown = Shown { certificate: Some(CERTIFICATE), ..Shown::default() };
    let Ok(Caller::Known(by_certificate)) = gate.who(&shown, NOW) else { panic!() };
    assert_eq!(by_certificate.kind, CredentialKind::Certificate);
    assert_eq!(gate.who(&Shown::default(), NOW), Ok(Caller::Anonymous));
    let id = identity.id;
    assert_eq!(who(&gate, token.reveal(), SOON), Err(Denied::Expired { id, at: SOON }));
    let stranger = Shown { certificate: Some(b"another"), ..Shown::default() };
    assert!(matches!(gate.who(&stranger, NOW), Err(Denied::UnknownCertificate { .. })));
    let unknown = Secret::new(&Body::new("130100"), [0; 32]);
    assert_eq!(who(&gate, unknown.reveal(), NOW), Err(Denied::UnknownToken));
    // The hash of a certificate is no token, and the other way round.
    let as_certificate = Shown { certificate: Some(token.reveal().as_bytes()), ..Shown::default() };
    assert!(matches!(gate.who(&as_certificate, NOW), Err(Denied::UnknownCertificate { .. })));
}

#[test]
fn a_header_of_another_form_is_refused_even_with_a_certificate() {
    let right = secret(TokenRole::Operator);
    let right = right.reveal();
    for header in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        right.to_owned(),
        format!("Basic {right}"),
        format!("Bearer {right}x"),
        format!("Bearer {}", &right[1..]),
        format!("Bearer {right} {right}"),
        format!("Bearer\t{right}"),
    ] {
        let shown = Shown { certificate: Some(CERTIFICATE), ..by_token(&header) };
        assert_eq!(gate().who(&shown, NOW), Err(Denied::MalformedToken), "{header}");
    }
    let bytes = Shown { authorization: Some(b"Bearer \xff"), ..Shown::default() };
    assert_eq!(gate().who(&bytes, NOW), Err(Denied::MalformedToken));
    assert!(gate().who(&by_token(&format!("bearer  {right} ")), NOW).is_ok());
}

#[test]
fn a_revocation_holds_from_the_next_request_on_and_for_open_streams() {
    let store = TokenStore::new(store(&all()));
    let gate = Gate::new(store.clone(), false);
    let token = secret(TokenRole::Operator);
    let caller = who(&gate, token.reveal(), NOW).unwrap();
    assert_eq!(gate.still(&caller, NOW), Ok(()));
    let text = all().iter().fold(String::new(), |text, it| Tokens::added(&text, it));
    let id = token.fingerprint().id();
    let text = store.tokens().revoked(&text, id, NOW).unwrap();
    store.replace(file::parse("", &text).unwrap());
    let revoked = Denied::Revoked { id, at: NOW };
    assert_eq!(who(&gate, token.reveal(), NOW).unwrap_err(), revoked);
    assert_eq!(gate.still(&caller, NOW), Err(revoked));
    // So it is when the line is removed, and when the time is over.
    store.replace(Tokens::default());
    assert_eq!(gate.still(&caller, NOW), Err(Denied::UnknownToken));
    store.replace(
        file::parse("", &text.replace("revoked = \"1970-01-01T08:16:40+08:00\"\n", "")).unwrap(),
    );
    assert_eq!(gate.still(&caller, NOW), Ok(()));
    assert_eq!(gate.still(&caller, SOON), Err(Denied::Expired { id, at: SOON }));
    assert_eq!(gate.still(&Caller::Anonymous, SOON), Ok(()));
}

#[test]
fn without_tokens_only_names_of_this_machine_are_answered() {
    let who = |host: &str| Gate::open().who(&Shown { host: Some(host), ..Shown::default() }, NOW);
    for host in
        ["localhost", "LocalHost:8480", "127.0.0.1:8480", "127.0.0.1", "[::1]:8480", "[::1]"]
    {
        assert_eq!(who(host), Ok(Caller::Local), "{host}");
    }
    for host in
        ["", "example.org", "localhost.example.org:8480", "10.0.0.1:8480", "127.0.0.1.example"]
    {
        assert_eq!(who(host), Err(Denied::ForeignHost), "{host}");
    }
    assert_eq!(Gate::open().who(&Shown::default(), NOW), Ok(Caller::Local));
    let shown = Shown { host: Some("example.org"), ..Shown::default() };
    assert_eq!(gate().who(&shown, NOW), Ok(Caller::Anonymous));
}

/// A log that can be read afterwards.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_denial_is_counted_and_logged_without_the_token() {
    let (gate, lines) = (gate(), Lines::default());
    let token = secret(TokenRole::Operator);
    let caller = who(&gate, token.reveal(), NOW).unwrap();
    let actor =
        Actor { body: Body::new(token.reveal()), role: token.reveal().into(), name: "A".into() };
    let call = Call::GiveCommand { actor: &actor, command: token.reveal() };
    let reader = who(&gate, secret(TokenRole::Reader).reveal(), NOW).unwrap();
    let written = lines.clone();
    let subscriber =
        tracing_subscriber::fmt().with_writer(move || written.clone()).with_ansi(false).finish();
    tracing::subscriber::with_default(subscriber, || {
        let denied = gate.may(&caller, &call).unwrap_err();
        gate.record(&denied, Some(&caller), Some(&call), "10.0.0.1:5");
        let denied = gate.may(&reader, &Call::ReadBody(&actor.body)).unwrap_err();
        gate.record(&denied, Some(&reader), Some(&Call::ReadBody(&actor.body)), "10.0.0.1:5");
        let denied = who(&gate, &token.reveal()[1..], NOW).unwrap_err();
        gate.record(&denied, None, None, "10.0.0.1:5");
    });
    let words = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for part in [
        "reason=\"role_not_allowed\"",
        "reason=\"other_body\"",
        "reason=\"malformed_token\"",
        "operator of 130100",
        "from=\"10.0.0.1:5\"",
        "airshed_130100_…",
    ] {
        assert!(words.contains(part), "no {part} in {words}");
    }
    assert_eq!(words.lines().count(), 3, "{words}");
    let all: Vec<_> = gate.denials().counts().filter(|it| it.1 > 0).collect();
    assert_eq!(all, [("malformed_token", 1), ("role_not_allowed", 1), ("other_body", 1)]);
    // Nor is it in any text of what holds it.
    let shown = format!("{words}{gate:?}{caller:?}{caller}{token:?}");
    let random = token.reveal().rsplit_once("0_").unwrap().1;
    assert!(!shown.contains(random), "{shown}");
}
