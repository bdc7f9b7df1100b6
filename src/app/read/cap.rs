//! `airshed cap`: the warnings of a log as CAP messages, with an Atom feed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::{Value, json};

use crate::app::support::cap;
use crate::app::support::log_reader::{Checkpoints, Which};
use crate::app::support::{Failure, output};
use crate::engine::entries;
use crate::wire::cap::{Links, Message, Messages, alert, feed};

/// Arguments of `cap`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// Write each message to a file of this folder, and a feed of them to `feed.xml` there.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// The folder of the profile: sender, contact, codes, areas [default: the built-in one].
    #[arg(long, value_name = "DIR")]
    profile: Option<PathBuf>,
    /// The address at which the folder is published, for links in the feed [default: relative].
    #[arg(long, value_name = "URL", requires = "to")]
    address: Option<String>,
    /// Print the list of messages as JSON.
    #[arg(long)]
    json: bool,
}

const FEED_FILE: &str = "feed.xml";

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let profile = cap::read_or_built_in(args.profile.as_deref())?;
    let place = args.log.place()?;
    let mut messages = Messages::new(Arc::new(profile));
    let mut records = place.read()?.followed("");
    for entry in entries(&mut records) {
        messages.note(&Arc::new(entry.context("cannot go on")?));
    }
    records.end();
    if let Some(folder) = &args.to {
        // Read after the records, so that every decision of a key's log is covered.
        let checkpoints = Checkpoints::of(&place)?;
        write(folder, &messages, &checkpoints, args.address.as_deref())?;
    }
    if args.json {
        let all: Vec<Value> = messages.all().iter().map(|it| listed(it, &messages)).collect();
        return output::print_json(&json!({ "messages": all }));
    }
    match &args.to {
        Some(folder) => {
            let (count, folder) = (messages.all().len(), folder.display());
            output::print(&format!("{count} messages and {FEED_FILE} written to {folder}"))
        }
        None => output::print(&text(&messages)),
    }
}

fn write(
    folder: &Path,
    messages: &Messages,
    checkpoints: &Checkpoints,
    address: Option<&str>,
) -> Result<(), Failure> {
    let cannot = |path: &Path| format!("cannot write {}", path.display());
    fs::create_dir_all(folder).with_context(|| cannot(folder))?;
    // A reader of the folder never sees half a file, nor a feed with a message that is not there.
    let put = |name: &str, text: &str| -> anyhow::Result<()> {
        let (path, new) = (folder.join(name), folder.join(format!("{name}.new")));
        fs::write(&new, text).with_context(|| cannot(&new))?;
        fs::rename(&new, &path).with_context(|| cannot(&path))
    };
    for it in messages.all() {
        let checkpoint = checkpoints.covering(it.position());
        let name = format!("{}.xml", it.identifier);
        put(&name, &alert(it, messages.profile(), checkpoint))?;
    }
    let before = address.map_or(String::new(), |it| format!("{}/", it.trim_end_matches('/')));
    let own = format!("{before}{FEED_FILE}");
    let links = Links { own: &own, before: &before, after: ".xml" };
    Ok(put(FEED_FILE, &feed(messages, links))?)
}

fn listed(message: &Message, messages: &Messages) -> Value {
    let profile = messages.profile();
    let [headline_zh, headline] = message.headlines(profile);
    json!({
        "identifier": message.identifier,
        "sender": profile.sender(),
        "sent": message.sent.to_string(),
        "status": message.status(profile),
        "type": message.kind.name(),
        "references": message.references,
        "warning": message.warning_name(),
        "position": message.position(),
        "onset": message.onset.to_string(),
        "expires": message.expires.to_string(),
        "headline": headline,
        "headline_zh": headline_zh,
    })
}

fn text(messages: &Messages) -> String {
    let profile = messages.profile();
    let Some(first) = messages.all().first() else {
        return "no messages: no warning has been issued in this log".to_owned();
    };
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(["Identifier", "Message", "Headline"]);
    for it in messages.all() {
        let [_, headline] = it.headlines(profile);
        table.add_row([it.identifier.clone(), it.kind.name().to_owned(), headline]);
    }
    let (count, status) = (messages.all().len(), first.status(profile));
    let end = format!("{count} messages of {}, the first is {status}", profile.sender());
    format!("{}\n{end}", output::fitted(table))
}
