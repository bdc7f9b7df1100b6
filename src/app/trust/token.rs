//! `airshed token`: makes, lists and revokes the credentials of the HTTP interface.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use clap::Subcommand;
use comfy_table::{Table, presets};
use serde_json::{Value, json};

use crate::domain::cooperation::{Bodies, Body};
use crate::domain::{Date, Rules, Timestamp};
use crate::io::identity::{self, ChangeError};
use crate::wire::identity::{Credential, CredentialKind, Fingerprint, Secret, TokenRole, Tokens};

use crate::app::support::rules::{self, Overrides};
use crate::app::support::{Failure, moment, output};

/// Arguments of `token`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token and print it once. The file has only its hash.
    ///
    /// With --certificate it makes no token: the file then says whom a client certificate of TLS
    /// identifies.
    #[command(after_help = "Example: airshed token new --body 130100 --role officer \\\n    \
                      --name \"duty officer\" --expires 2027-01-01")]
    New(New),
    /// List the tokens and certificates of a file: for whom, until when, and whether revoked.
    #[command(after_help = "Example: airshed token list")]
    List(List),
    /// Revoke a token or certificate. A running `serve` refuses it within a second.
    #[command(after_help = "Example: airshed token revoke \"order board\"")]
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
struct New {
    /// Body that it acts for: the code of a member, district or province, or region.
    #[arg(long, value_name = "BODY")]
    body: String,
    /// officer, command, government, forecaster, inspector or hotline: gives the commands of this
    /// role. reader: reads what the body sees. operator: reads everything and posts readings.
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: TokenRole,
    /// For whom it is: the title of an official, or the name of a program.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// From when on it is refused: the beginning of a day in Beijing, or a time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires: Timestamp,
    /// Add a client certificate (PEM) instead of a token.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Directory of the rule book that names the bodies; without it, the one built in.
    #[arg(long, value_name = "DIR")]
    airshed: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
struct Revoke {
    /// Name or id, as `airshed token list` prints them.
    #[arg(value_name = "NAME|ID")]
    which: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
struct Place {
    /// The token file, which http.tokens of the configuration names.
    #[arg(long, value_name = "FILE", default_value = "tokens.toml")]
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::New(args) => new(args),
        Command::List(args) => list(&args.place),
        Command::Revoke(args) => revoke(args),
    }
}

fn role(name: &str) -> Result<TokenRole, String> {
    TokenRole::find(name)
        .ok_or_else(|| format!("there is no such role; right is one of {}", TokenRole::names()))
}

/// A time, or the beginning of a day.
fn time(text: &str) -> Result<Timestamp, String> {
    let day = Date::parse(text).map(|it| it.at_minute(0));
    day.map_or_else(|| moment::parse(text), Ok).map_err(|error| format!("{error}, or 2027-01-01"))
}

#[expect(clippy::disallowed_methods, reason = "Here the wall clock enters, as a value.")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // In whole seconds, as people read it.
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX / 1000).saturating_mul(1000))
}

fn new(args: &New) -> Result<(), Failure> {
    let now = now();
    if args.expires <= now {
        let words = format!("--expires {}: is over; right is a day or time to come", args.expires);
        return Err(Failure::Usage(words));
    }
    let name = args.name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        let words = "--name: right is a name without control characters, such as \"duty officer\"";
        return Err(Failure::Usage(words.to_owned()));
    }
    let book = rules::load_with_answers(args.airshed.as_deref(), &Overrides::default())?;
    let body = body(&args.body, &book.rules)?;
    let (secret, fingerprint) = match &args.certificate {
        None => {
            let mut random = [0; 32];
            getrandom::fill(&mut random).context("the system has no random numbers")?;
            let secret = Secret::new(&body, random);
            let fingerprint = secret.fingerprint();
            (Some(secret), fingerprint)
        }
        Some(path) => (None, certificate(path)?),
    };
    let new = Credential {
        kind: if secret.is_some() { CredentialKind::Token } else { CredentialKind::Certificate },
        fingerprint,
        body,
        role: args.role,
        name: name.into(),
        created: now,
        expires: args.expires,
        revoked: None,
    };
    change(&args.place.file, |text, tokens| {
        if tokens.all().any(|it| it.fingerprint == new.fingerprint) {
            let id = new.fingerprint.id();
            return Err(format!("this certificate is in the file already, with the id {id}"));
        }
        Ok(Tokens::added(text, &new))
    })?;
    let file = args.place.file.display();
    if args.place.json {
        let mut value = as_json(&new);
        value["file"] = json!(file.to_string());
        if let Some(secret) = &secret {
            value["token"] = json!(secret.reveal());
        }
        return output::print_json(&value);
    }
    let shown = secret.as_ref().map_or_else(String::new, |it| {
        format!("Token    {}\n         It is printed this once and stored nowhere.\n", it.reveal())
    });
    output::print(&format!(
        "{shown}For      {}\nExpires  {}\nHash in  {file}",
        new.identity(),
        new.expires
    ))
}

/// The hash of the first certificate of a file, which is the one that its owner shows.
fn certificate(path: &Path) -> Result<Fingerprint, Failure> {
    let all = identity::certificates("--certificate", path);
    let all = all.map_err(|error| Failure::Usage(error.to_string()))?;
    let first = all.first().context("a file with certificates has a first one")?;
    Ok(Fingerprint::of(first))
}

/// A body of the rule book, by the code under which records know it.
fn body(code: &str, rules: &Rules) -> Result<Body, Failure> {
    // A rule book that asks bodies for nothing still has jurisdictions.
    let members = rules.jurisdictions.iter().map(|it| Body::new(&it.division.to_string()));
    let members = || Bodies::new(members.map(|it| (it, None)).collect(), &[], &[]);
    let known = rules.cooperation.as_ref().map_or_else(members, |it| it.bodies.clone());
    known.find(code).ok_or_else(|| {
        let all: Vec<String> = known.named().map(|it| it.to_string()).collect();
        Failure::Usage(format!(
            "--body {code}: the rule book has no such body; right is one of {}, or a district",
            all.join(", ")
        ))
    })
}

fn list(place: &Place) -> Result<(), Failure> {
    let tokens = identity::read(&place.file).map_err(|error| Failure::Usage(error.to_string()))?;
    let now = now();
    if place.json {
        let all: Vec<Value> = tokens.all().map(as_json).collect();
        return output::print_json(&all.into());
    }
    let mut table = Table::new();
    let heads = ["id", "kind", "name", "body", "role", "created", "expires", "state"];
    table.load_preset(presets::UTF8_BORDERS_ONLY).force_no_tty().set_header(heads);
    for it in tokens.all() {
        let state = match it.revoked {
            Some(at) => format!("revoked {at}"),
            None if now >= it.expires => "expired".to_owned(),
            None => "valid".to_owned(),
        };
        let row = [
            it.fingerprint.id().to_string(),
            it.kind.name().to_owned(),
            it.name.to_string(),
            it.body.to_string(),
            it.role.to_string(),
            it.created.to_string(),
            it.expires.to_string(),
            state,
        ];
        table.add_row(row);
    }
    output::print(&output::fitted(table).to_string())
}

fn revoke(args: &Revoke) -> Result<(), Failure> {
    let (now, which, file) = (now(), &args.which, args.place.file.display());
    if !args.place.file.exists() {
        return Err(Failure::Usage(format!("{file}: there is no such file; right is --file FILE")));
    }
    let mut revoked = None;
    change(&args.place.file, |text, tokens| {
        let all: Vec<&Credential> = tokens.named(which).collect();
        let mut valid = all.iter().filter(|it| it.revoked.is_none());
        let (Some(found), None) = (valid.next(), valid.next()) else {
            return Err(not_one(which, &all));
        };
        let new = tokens.revoked(text, found.fingerprint.id(), now).ok_or_else(|| {
            format!("{file} was not written by `airshed token`; add the line `revoked = \"{now}\"`")
        })?;
        revoked = Some(Credential { revoked: Some(now), ..(*found).clone() });
        Ok(new)
    })?;
    let it = revoked.context("a change that was made has a credential")?;
    if args.place.json {
        return output::print_json(&as_json(&it));
    }
    output::print(&format!("Revoked  {}\n         at {now}, in {file}", it.identity()))
}

/// Why a name does not say what to revoke.
fn not_one(which: &str, all: &[&Credential]) -> String {
    if all.is_empty() {
        return format!("{which:?} is no name and no id; `airshed token list` prints them");
    }
    let valid = || all.iter().filter(|it| it.revoked.is_none());
    if valid().count() == 0 {
        return format!("{which:?} is revoked already");
    }
    let all: Vec<String> = valid().map(|it| it.identity().to_string()).collect();
    format!("{which:?} names several; give the id of one: {}", all.join("; "))
}

fn change(
    path: &Path,
    by: impl FnOnce(&str, &Tokens) -> Result<String, String>,
) -> Result<(), Failure> {
    identity::change(path, by).map_err(|error| match error {
        ChangeError::File(error) => Failure::Usage(error.to_string()),
        ChangeError::Refused(words) => Failure::Usage(words),
    })
}

fn as_json(it: &Credential) -> Value {
    json!({
        "id": it.fingerprint.id().to_string(),
        "kind": it.kind.name(),
        "name": &*it.name,
        "body": it.body.code(),
        "role": it.role.name(),
        "sha256": it.fingerprint.to_string(),
        "created": it.created.to_string(),
        "expires": it.expires.to_string(),
        "revoked": it.revoked.map(|at| at.to_string()),
    })
}
