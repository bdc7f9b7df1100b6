//! `airshed verify-order`: checks orders, alerts and CAP messages as they were received, without a
//! network.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::verify_cap;
use crate::app::support::{Failure, cap, notes, output, rules};
use crate::engine::Entry;
use crate::engine::projection::{Grounds, Involved, messages};
use crate::wire::publication;
use crate::wire::trust::bundle::{Bundle, Proven};
use crate::wire::trust::canonical::canonical;
use crate::wire::trust::key::VerifierKey;
use crate::wire::trust::message::{self, SIGNATURE};

/// Arguments of `verify-order`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = MEANING)]
pub(in crate::app) struct Args {
    /// The messages as they were received: a file with one or more JSON objects, or with a CAP message;
    /// `-` reads standard input.
    #[arg(required = true)]
    file: Vec<PathBuf>,
    /// A public key of the log, from a source that you trust; may be given several times.
    #[arg(long, value_name = "PUB", required = true)]
    key: Vec<PathBuf>,
    /// A bundle of evidence for the record that the messages follow from. They must be what this
    /// record says.
    #[arg(long, value_name = "BUNDLE")]
    pub(super) evidence: Option<PathBuf>,
    /// The folder of the log, or of a copy of it: CAP messages must be what this log says.
    #[arg(long, value_name = "DIR", conflicts_with = "evidence")]
    pub(super) log: Option<PathBuf>,
    /// The folder of the profile by which the CAP messages were written [default: the built-in one].
    #[arg(long, value_name = "DIR")]
    pub(super) profile: Option<PathBuf>,
    /// Print one JSON object for each message.
    #[arg(long)]
    pub(super) json: bool,
}

/// What is proven, for `--help`.
const MEANING: &str = "\
A log with a key signs each order, alert and record for a body that it sends. The signature covers
the content of the message, the origin of the log, the position of the record and the epoch of the
order. It proves that the holder of the key has sent exactly this.

With --evidence it is also proven that the message follows from a record of the log, which the
signed checkpoint of the bundle covers: `airshed log prove LOG POSITION` writes the bundle. A
message without a signature, of a log without a key, can be checked by a bundle alone.

A CAP message is not signed itself: it names its record, and has the signed checkpoint that covers
it. It is proven by --log or --evidence. Checked are the signature of the checkpoint, that the record
is in the tree of this checkpoint, and that the message is the one that this record gives by the
profile: every field, in both languages. Blanks between the elements do not matter.

  --log DIR          checks every field
  --evidence BUNDLE  checks every field of a message that is the first on its warning. Of any other it
                     does not check `references` and `msgType`, which depend on the messages before
                     it. Get the bundle by the checkpoint of the message:
                     airshed log prove DIR POSITION --checkpoint MESSAGE.xml -o BUNDLE
                     or over HTTP: /v1/evidence/POSITION?size=RECORDS, by the number of records
                     in this checkpoint

The exit code is 1 if one of the messages is not proven. To check a whole topic:
kcat -b BROKER -C -e -t airshed.orders.130100 | airshed verify-order - --key bth.key.pub

Example: airshed verify-order orders.json --key bth.key.pub

Example: airshed verify-order published/1*.xml --key bth.key.pub --log january";

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let keys = notes::verifiers(&args.key)?;
    if let Some(key) = keys.iter().find(|it| it.is_of_witness()) {
        let words = format!("--key: {} is the key of a witness, not of a log", key.name());
        return Err(Failure::Usage(words));
    }
    let mut texts = Vec::new();
    for file in &args.file {
        let shown = file.display().to_string();
        texts.push((read(file).with_context(|| format!("cannot read {shown}"))?, shown));
    }
    let (caps, plain): (Vec<_>, Vec<_>) =
        texts.into_iter().partition(|(text, _)| cap::is_message(text));
    if args.log.is_some() && !plain.is_empty() {
        let words = "--log is for CAP messages; for orders and alerts name --evidence";
        return Err(Failure::Usage(words.to_owned()));
    }
    let proven = args.evidence.as_deref().map(|it| proven(it, &keys)).transpose()?;
    let mut tally = Tally::default();
    let evidence = proven.as_ref().filter(|_| !plain.is_empty()).map(Evidence::of);
    for (text, shown) in &plain {
        check_all(args, (text, shown), (&keys, evidence.as_ref()), &mut tally)?;
    }
    verify_cap::check_all(args, &caps, (&keys, proven.as_ref()), &mut tally)?;
    match (tally.count, tally.wrong) {
        (_, 0) => Ok(()),
        (count, wrong) => {
            Err(Failure::Refused(format!("{wrong} of {count} messages are not proven")))
        }
    }
}

/// How many messages were checked.
#[derive(Debug, Default)]
pub(super) struct Tally {
    count: u64,
    wrong: u64,
}

impl Tally {
    /// Counts a message.
    pub(super) fn add(&mut self, is_proven: bool) {
        self.count += 1;
        self.wrong += u64::from(!is_proven);
    }
}

/// Checks the messages of a file of JSON.
fn check_all(
    args: &Args,
    (text, shown): (&str, &str),
    (keys, evidence): (&[VerifierKey], Option<&Evidence>),
    tally: &mut Tally,
) -> Result<(), Failure> {
    let mut count = 0_u64;
    for found in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let found = found.with_context(|| format!("{shown} has no JSON behind message {count}"))?;
        count += 1;
        let checked = check(&found, keys, evidence);
        tally.add(checked.is_ok());
        output::print(&if args.json { as_json(&found, &checked) } else { line(&found, &checked) })?;
    }
    if count == 0 {
        return Err(Failure::Usage(format!("{shown} has no message")));
    }
    Ok(())
}

fn read(path: &Path) -> std::io::Result<String> {
    if path != Path::new("-") {
        return std::fs::read_to_string(path);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// What the records of a bundle make of messages.
struct Evidence {
    origin: String,
    /// How many records the checkpoint covers.
    size: u64,
    /// The canonical forms of what is sent of these records.
    sent: BTreeSet<String>,
}

fn proven(path: &Path, keys: &[VerifierKey]) -> Result<Proven, Failure> {
    let file = path.display();
    let text = std::fs::read(path).with_context(|| format!("cannot read {file}"))?;
    let bundle: Bundle =
        serde_json::from_slice(&text).with_context(|| format!("{file} is no bundle"))?;
    let proven = bundle.check(rules::parse, keys, &[]);
    Ok(proven.with_context(|| format!("{file} proves nothing"))?)
}

impl Evidence {
    fn of(proven: &Proven) -> Self {
        let Proven { checkpoint, records, .. } = proven;
        let (mut grounds, mut sent) = (Grounds::default(), BTreeSet::new());
        for (_, record, book) in records {
            grounds.note(record);
            let entry = Arc::new(Entry { record: record.clone(), book: book.clone() });
            let all = messages(&entry, &grounds, &Involved::default());
            sent.extend(all.iter().map(|it| canonical(&publication::message(it))));
        }
        Self { origin: checkpoint.origin.clone(), size: checkpoint.size, sent }
    }
}

/// What is proven of a message, or why it is not.
fn check(found: &Value, keys: &[VerifierKey], proven: Option<&Evidence>) -> Result<Value, String> {
    let has_signature = found.get(SIGNATURE).is_some();
    let signed = if has_signature || proven.is_none() {
        Some(message::verify(found, keys).map_err(|error| error.to_string())?)
    } else {
        None
    };
    if let Some(Evidence { origin, sent, .. }) = proven {
        if signed.as_ref().is_some_and(|it| it.origin != *origin) {
            return Err(format!("the evidence is of another log, {origin}"));
        }
        let mut content = found.clone();
        content.as_object_mut().and_then(|it| it.remove(SIGNATURE));
        if !sent.contains(&canonical(&content)) {
            return Err("the records of the evidence do not say this".to_owned());
        }
    }
    let origin = signed.map(|it| it.origin).or_else(|| proven.map(|it| it.origin.clone()));
    Ok(json!({
        "origin": origin,
        "signed": has_signature,
        "in_log_of_records": proven.map(|it| it.size),
    }))
}

fn line(found: &Value, checked: &Result<Value, String>) -> String {
    let name = name(found);
    match checked {
        Err(words) => format!("WRONG  {name}: {words}"),
        Ok(proven) => {
            let origin = proven["origin"].as_str().unwrap_or_default();
            let signed = if proven["signed"] == true { "signed by" } else { "not signed, of" };
            let size = &proven["in_log_of_records"];
            let within = if size.is_null() {
                String::new()
            } else {
                format!(", in the log of {size} records")
            };
            format!("right  {name}: {signed} {origin}{within}")
        }
    }
}

/// `7-130100, record 103`
fn name(found: &Value) -> String {
    let word = |name: &str| found.get(name).and_then(Value::as_str);
    let name = word("order").or_else(|| word("type")).unwrap_or("message");
    let position = found.get("position").and_then(Value::as_u64);
    position.map_or_else(|| name.to_owned(), |it| format!("{name}, record {it}"))
}

fn as_json(found: &Value, checked: &Result<Value, String>) -> String {
    let mut shown = json!({
        "proven": checked.is_ok(),
        "order": found.get("order"),
        "position": found.get("position"),
        "epoch": found.get("epoch"),
    });
    match checked {
        Ok(proven) => shown["by"] = proven.clone(),
        Err(words) => shown["wrong"] = words.as_str().into(),
    }
    shown.to_string()
}
