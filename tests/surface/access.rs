//! Who may do what over HTTP: every role and every call, with a real `serve`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::{Certificate, Identity};
use serde_json::{Value, json};

use super::json as json_of;
use crate::serving::{AIRSHED, Serving, check_problem, readings, use_ring, whistle};

/// What a call needs, as deploy/access.md says. Checkpoints and proofs need what public things do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Needs {
    Nothing,
    Public,
    AnyBody,
    Log,
    Metrics,
    PostReadings,
    GiveCommand,
}

/// Every operation of the document of the API.
const OPERATIONS: &[(&str, Needs)] = &[
    ("live", Needs::Nothing),
    ("ready", Needs::Nothing),
    ("openapi", Needs::Nothing),
    ("caller", Needs::Nothing),
    ("status", Needs::Public),
    ("airshed", Needs::Public),
    ("jurisdictions", Needs::Public),
    ("jurisdiction", Needs::Public),
    ("stations", Needs::Public),
    ("warnings", Needs::Public),
    ("warning", Needs::Public),
    ("cap_feed", Needs::Public),
    ("cap_message", Needs::Public),
    ("order_sets", Needs::AnyBody),
    ("order_set", Needs::AnyBody),
    ("order", Needs::AnyBody),
    ("matters", Needs::AnyBody),
    ("receipt", Needs::AnyBody),
    ("events", Needs::AnyBody),
    ("history", Needs::AnyBody),
    ("explain", Needs::AnyBody),
    ("consultations", Needs::AnyBody),
    ("consultation", Needs::AnyBody),
    ("cases", Needs::AnyBody),
    ("case", Needs::AnyBody),
    ("whistles", Needs::AnyBody),
    ("whistle", Needs::AnyBody),
    ("explain_decision", Needs::AnyBody),
    ("explain_hour", Needs::Public),
    ("records", Needs::Log),
    ("checkpoint", Needs::Public),
    ("checkpoints", Needs::Public),
    ("inclusion", Needs::Public),
    ("consistency", Needs::Public),
    ("evidence", Needs::Log),
    ("metrics", Needs::Metrics),
    ("give_readings", Needs::PostReadings),
    ("give_command", Needs::GiveCommand),
];

const OFFICIALS: [&str; 6] =
    ["officer", "command", "government", "forecaster", "inspector", "hotline"];
const OWN: &str = "130100";

/// The table of deploy/access.md.
fn may(role: Option<&str>, needs: Needs, anonymous_read: bool) -> bool {
    let Some(role) = role else {
        return needs == Needs::Nothing || (anonymous_read && needs == Needs::Public);
    };
    match needs {
        Needs::Nothing | Needs::Public | Needs::AnyBody => true,
        Needs::Log | Needs::Metrics | Needs::PostReadings => role == "operator",
        Needs::GiveCommand => OFFICIALS.contains(&role),
    }
}

/// A folder with a token of each role.
struct Tokens {
    folder: tempfile::TempDir,
    by_role: BTreeMap<&'static str, String>,
}

impl Tokens {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let roles = OFFICIALS.into_iter().chain(["reader", "operator"]);
        let file = folder.path().join("tokens.toml");
        let by_role = roles.map(|role| (role, new_token(&file, OWN, role))).collect();
        Self { folder, by_role }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("tokens.toml")
    }

    /// The settings of a server with these tokens.
    fn settings(&self) -> String {
        format!("tokens = \"{}\"", self.file().display())
    }

    /// A request of a role.
    fn of(&self, role: Option<&str>, request: RequestBuilder) -> RequestBuilder {
        match role {
            None => request,
            Some(role) => request.bearer_auth(&self.by_role[role]),
        }
    }

    fn roles(&self) -> impl Iterator<Item = Option<&'static str>> + use<'_> {
        std::iter::once(None).chain(self.by_role.keys().map(|it| Some(*it)))
    }
}

fn new_token(file: &Path, body: &str, role: &str) -> String {
    let file = file.to_str().unwrap();
    let made = ["token", "new", "--json", "--file", file, "--expires", "2999-01-01"];
    let made = json_of(&[&made[..], &["--body", body, "--role", role, "--name", role]].concat());
    made["token"].as_str().unwrap().to_owned()
}

/// A command in the name of a body and role.
fn command_of(body: &str, role: &str, id: &str) -> Value {
    let mut command = whistle(id, "smoke");
    command["actor"] = json!({"jurisdiction": body, "role": role, "name": "someone"});
    command
}

/// Every operation of the document with its method and address.
fn operations() -> Vec<(String, String, String)> {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/openapi.json"));
    let document: Value = serde_json::from_str(&text.unwrap()).unwrap();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            found.push((id, method.to_uppercase(), with_dummies(path)));
        }
    }
    found
}

/// `/v1/orders/{order}` becomes `/v1/orders/1`: of a form that can be read.
fn with_dummies(path: &str) -> String {
    let parts = path.split('/').map(|it| match it {
        "{kind}" if path.contains("/decisions/") => "warning",
        "{kind}" => "order",
        "{hour}" => "2025-12-04T09:00:00+08:00",
        _ if it.starts_with('{') => "1",
        _ => it,
    });
    let query = match path {
        "/v1/log/proof" => "?position=0",
        "/v1/log/consistency" => "?old=0",
        _ => "",
    };
    parts.collect::<Vec<_>>().join("/") + query
}

fn denied_in(serving: &Serving, tokens: &Tokens) -> BTreeMap<String, u64> {
    let page = tokens.of(Some("operator"), serving.client.get(serving.url("/metrics")));
    let page = page.send().unwrap().text().unwrap();
    let lines =
        page.lines().filter_map(|it| it.strip_prefix("airshed_http_denials_total{reason=\""));
    let counts = lines.map(|it| it.split_once("\"} ").unwrap());
    counts.map(|(reason, count)| (reason.to_owned(), count.parse().unwrap())).collect()
}

#[test]
fn every_role_and_every_call() {
    let tokens = Tokens::new();
    for anonymous_read in [false, true] {
        let more = format!("{}\nanonymous_read = {anonymous_read}", tokens.settings());
        let folder = tempfile::tempdir().unwrap();
        let serving = Serving::start(folder.path(), &more);
        let mut denials = BTreeMap::<String, u64>::new();
        for (id, method, path) in operations() {
            let row = OPERATIONS.iter().find(|it| it.0 == id);
            let needs = row.unwrap_or_else(|| panic!("no row for {id}; see deploy/access.md")).1;
            for role in tokens.roles() {
                let method = method.parse().unwrap();
                let request = serving.client.request(method, serving.url(&path));
                let request = match needs {
                    Needs::PostReadings => request.json(&readings(9, "1001A")),
                    Needs::GiveCommand => {
                        let role = role.unwrap_or("officer");
                        request.json(&command_of(OWN, role, role))
                    }
                    Needs::Nothing
                    | Needs::Public
                    | Needs::AnyBody
                    | Needs::Log
                    | Needs::Metrics => request,
                };
                let answer = tokens.of(role, request).send().unwrap();
                let status = answer.status().as_u16();
                if may(role, needs, anonymous_read) {
                    assert!(status != 401 && status != 403, "{role:?} {id}: {status}");
                    continue;
                }
                let expected = if role.is_none() { 401 } else { 403 };
                let problem = check_problem(answer, expected, "token");
                let reason = problem["reason"].as_str().unwrap_or_else(|| panic!("{problem}"));
                *denials.entry(reason.to_owned()).or_default() += 1;
            }
        }
        let mut counted = denied_in(&serving, &tokens);
        counted.retain(|_, count| *count > 0);
        assert_eq!(counted, denials);
        assert_eq!(denials.keys().collect::<Vec<_>>(), ["no_token", "role_not_allowed"]);
    }
    let known = operations();
    let gone = OPERATIONS.iter().find(|it| known.iter().all(|found| found.0 != it.0));
    assert!(gone.is_none(), "{gone:?} is not in the document");
}

#[test]
fn a_caller_is_one_body_in_one_role() {
    let tokens = Tokens::new();
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), &tokens.settings());
    let get = |role, path: &str| {
        tokens.of(Some(role), serving.client.get(serving.url(path))).send().unwrap()
    };
    let give = |role, command: &Value| {
        let request = serving.client.post(serving.url("/v1/commands")).json(command);
        tokens.of(Some(role), request).send().unwrap()
    };
    let reason = |answer: Response| check_problem(answer, 403, "token")["reason"].clone();
    tokens
        .of(Some("operator"), serving.client.post(serving.url("/v1/readings")))
        .json(&readings(9, "1001A"))
        .send()
        .unwrap();
    for path in ["/v1/matters?as=130400", "/v1/events?as=130400", "/v1/matters?as=region"] {
        assert_eq!(reason(get("officer", path)), "other_body", "{path}");
        assert_eq!(reason(get("reader", path)), "other_body", "{path}");
        assert_eq!(get("operator", path).status(), 200, "{path}");
    }
    assert_eq!(get("reader", &format!("/v1/matters?as={OWN}")).status(), 200);
    // Without `as`, an official sees what its body sees.
    let other = json!({"place": "110000", "summons": ["120000"], "text": "smoke"});
    let mut own = command_of(OWN, "officer", "w1");
    own["body"] = other;
    own["body"]["place"] = OWN.into();
    assert_eq!(reason(give("officer", &command_of("130400", "officer", "x"))), "other_body");
    assert_eq!(reason(give("officer", &command_of(OWN, "government", "x"))), "other_role");
    let taken = give("officer", &own);
    assert_eq!(taken.status(), 201, "{}", taken.text().unwrap());
    // What was denied has not become a record; the taken one has. The API follows the log a moment
    // later.
    let given = || {
        let records: Value = get("operator", "/v1/log/records").json().unwrap();
        let all = records["records"].as_array().unwrap().iter();
        all.filter(|it| it["type"] == "command_given").count()
    };
    while given() == 0 {
        std::thread::yield_now();
    }
    assert_eq!(given(), 1);
    assert!(serving.lines().contains("other_role"), "{}", serving.lines());
}

#[test]
fn everyone_can_ask_what_its_credential_is_good_for() {
    let tokens = Tokens::new();
    for anonymous_read in [false, true] {
        let more = format!("{}\nanonymous_read = {anonymous_read}", tokens.settings());
        let folder = tempfile::tempdir().unwrap();
        let serving = Serving::start(folder.path(), &more);
        for role in tokens.roles() {
            let request = tokens.of(role, serving.client.get(serving.url("/v1/caller")));
            let shown: Value = request.send().unwrap().json().unwrap();
            let reads = match role {
                None if anonymous_read => "public",
                None => "nothing",
                Some("operator") => "everything",
                Some(_) => "body",
            };
            let expected = json!({
                "caller": if role.is_some() { "known" } else { "anonymous" },
                "jurisdiction": role.map(|_| OWN),
                "role": role,
                "name": role,
                "reads": reads,
                "gives_commands": role.is_some_and(|it| OFFICIALS.contains(&it)),
            });
            assert_eq!(shown, expected);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let shown: Value = Serving::start(folder.path(), "").get("/v1/caller").json().unwrap();
    assert_eq!((&shown["caller"], &shown["gives_commands"]), (&json!("local"), &json!(true)));
}

#[test]
fn a_revoked_token_is_refused_and_its_stream_ends() {
    let tokens = Tokens::new();
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), &tokens.settings());
    let request = |path| tokens.of(Some("reader"), serving.client.get(serving.url(path)));
    let stream = request("/v1/events").send().unwrap();
    assert_eq!(stream.status(), 200);
    let file = tokens.file();
    json_of(&["token", "revoke", "reader", "--json", "--file", file.to_str().unwrap()]);
    // The stream ends by itself, with the reason.
    let text = stream.text().unwrap();
    assert!(text.contains("event: error") && text.contains("revoked"), "{text}");
    let refused = check_problem(request("/v1/status").send().unwrap(), 401, "was revoked");
    assert_eq!(refused["reason"], "revoked");
    // Others are not touched, and a new one is let in.
    let new = new_token(&file, OWN, "reader");
    let again = || serving.client.get(serving.url("/v1/status")).bearer_auth(&new).send().unwrap();
    while again().status() == 401 {
        std::thread::yield_now();
    }
    assert_eq!(again().status(), 200);
}

#[test]
fn a_wrong_credential_is_refused_and_never_shown() {
    let tokens = Tokens::new();
    let folder = tempfile::tempdir().unwrap();
    let more = format!("{}\n[telemetry]\nlevel = \"trace\"", tokens.settings());
    let serving = Serving::start(folder.path(), &more);
    let ask = |authorization: &str| {
        let request = serving.client.get(serving.url("/live"));
        request.header("Authorization", authorization).send().unwrap()
    };
    let right = &tokens.by_role["officer"];
    let unknown = right.chars().rev().take(20).collect::<String>();
    let unknown = format!("{}{unknown}", &right[..right.len() - 20]);
    for (shown, reason) in [
        (format!("Bearer {unknown}"), "unknown_token"),
        (format!("Bearer {}", &right[..30]), "malformed_token"),
        (format!("Basic {right}"), "malformed_token"),
        (right.clone(), "malformed_token"),
    ] {
        let answer = ask(&shown);
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        let problem = check_problem(answer, 401, "token");
        assert_eq!(problem["reason"], reason, "{shown}");
    }
    assert_eq!(ask(&format!("bearer {right}")).status(), 200);
    let in_query = serving.get(&format!("/v1/matters?as={right}"));
    let shown = in_query.text().unwrap();
    let log = serving.end() + &shown;
    assert!(log.contains("malformed_token"), "{log}");
    let random = "airshed_130100_".len();
    for secret in [&right[random..random + 10], &unknown[unknown.len() - 10..]] {
        assert!(!log.contains(secret), "a secret in {log}");
    }
}

/// The keys are for tests alone; their authorities have none any more.
fn pem(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/io/identity/tls/files/");
    fs::read_to_string(format!("{folder}{name}")).unwrap()
}

/// A client that trusts the authority of the server, with a certificate of its own or without.
fn client(own: Option<&str>) -> Client {
    use_ring();
    let ca = Certificate::from_pem(pem("ca.pem").as_bytes()).unwrap();
    let mut builder = Client::builder().tls_certs_only([ca]);
    if let Some(name) = own {
        let both = pem(&format!("{name}.pem")) + &pem(&format!("{name}.key"));
        builder = builder.identity(Identity::from_pem(both.as_bytes()).unwrap());
    }
    builder.build().unwrap()
}

#[test]
fn over_tls_a_certificate_or_a_token_says_who_calls() {
    let tokens = Tokens::new();
    let file = tokens.file();
    for name in ["ca.pem", "server.pem", "server.key", "client.pem"] {
        fs::write(tokens.folder.path().join(name), pem(name)).unwrap();
    }
    let at = |name: &str| tokens.folder.path().join(name).display().to_string();
    let (certificate, shown) = (at("client.pem"), file.to_str().unwrap());
    json_of(&[
        "token",
        "new",
        "--json",
        "--file",
        shown,
        "--expires",
        "2999-01-01",
        "--body",
        "120000",
        "--role",
        "officer",
        "--name",
        "by certificate",
        "--certificate",
        &certificate,
    ]);
    let config = tokens.folder.path().join("config.toml");
    let settings = format!(
        "[http]\nlisten = \"0.0.0.0:0\"\nrequests_per_s = 10000\ntokens = {shown:?}\ncertificate = {:?}\nkey = {:?}\n\
         client_ca = {:?}\n[log]\nkeep = \"segments\"\nfolder = {:?}\n[rules]\nclock = \"sources\"\n",
        at("server.pem"),
        at("server.key"),
        at("ca.pem"),
        at("log"),
    );
    fs::write(&config, settings).unwrap();
    let serving = Serving::start_for(&config, client(None));
    let url = |path: &str| serving.url(path);
    let token = &tokens.by_role["reader"];
    let by_token = serving.client.get(url("/v1/status")).bearer_auth(token).send().unwrap();
    assert_eq!(by_token.status(), 200);
    check_problem(serving.get("/v1/status"), 401, "Bearer");
    // A certificate identifies 120000; a token goes before it.
    let known = client(Some("client"));
    assert_eq!(known.get(url("/v1/matters?as=120000")).send().unwrap().status(), 200);
    let other = known.get(url("/v1/matters?as=120000")).bearer_auth(token).send().unwrap();
    assert_eq!(check_problem(other, 403, "130100")["reason"], "other_body");
    let given = known.post(url("/v1/commands")).json(&command_of("130100", "officer", "x"));
    assert_eq!(check_problem(given.send().unwrap(), 403, "120000")["reason"], "other_body");
    // Without TLS nothing is answered; a certificate of another authority ends the connection.
    assert!(Client::new().get(url("/live").replace("https", "http")).send().is_err());
    assert!(client(Some("other")).get(url("/live")).send().is_err());
    assert!(Client::new().get(url("/live")).send().is_err());
}

#[test]
fn what_is_not_safe_does_not_start() {
    let tokens = Tokens::new();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let refused = |text: &str, said: &[&str]| {
        let text = format!("{text}\n[log]\nkeep = \"segments\"\n");
        fs::write(&config, text).unwrap();
        for more in [&[][..], &["--check"]] {
            let mut run = std::process::Command::new(AIRSHED);
            let run = run.args(["serve", "--config"]).arg(&config).args(more).output().unwrap();
            let words = String::from_utf8_lossy(&run.stderr).into_owned();
            assert_eq!(run.status.code(), Some(2), "{words}");
            for part in said {
                assert!(words.contains(part), "no {part:?} in {words}");
            }
        }
    };
    let listening = |more: &str| format!("[http]\nlisten = \"0.0.0.0:0\"\n{more}");
    let ours = tokens.settings();
    refused(&listening(""), &["http.certificate", "other machines"]);
    refused(&listening(&ours), &["http.certificate"]);
    refused(&listening("certificate = \"c\"\nkey = \"k\""), &["http.tokens"]);
    let local = |more: &str| format!("[http]\nlisten = \"127.0.0.1:0\"\n{more}");
    refused(&local("tokens = \"none.toml\""), &["http.tokens", "none.toml", "airshed token new"]);
    refused(&local("anonymous_read = true"), &["http.anonymous_read"]);
    let files = "certificate = \"none.pem\"\nkey = \"none.key\"";
    refused(&local(files), &["http.certificate", "none.pem", "right is"]);
    // A token of a body that the airshed does not have.
    let text = fs::read_to_string(tokens.file()).unwrap().replacen("130100", "310000", 1);
    fs::write(tokens.file(), text).unwrap();
    refused(&local(&ours), &["http.tokens", "310000", "region"]);
}

#[test]
fn without_tokens_only_this_machine_by_its_own_name_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), "");
    let ask = |host: &str| {
        let request = serving.client.get(serving.url("/v1/status")).header("Host", host);
        request.send().unwrap()
    };
    assert_eq!(ask("localhost:8480").status(), 200);
    let problem = check_problem(ask("evil.example"), 403, "localhost");
    assert_eq!(problem["reason"], "foreign_host");
}
