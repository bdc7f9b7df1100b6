//! The messages as an Atom feed.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use super::message::{Message, Messages};
use super::words::{Language, Words};
use super::xml::{Xml, document, text, within};

const NAMESPACE: &str = "http://www.w3.org/2005/Atom";
/// So many of the newest messages are in the feed, and the last one on each open warning.
const NEWEST_MAX: usize = 100;

/// Where the feed and its messages are, as addresses or relative to the feed.
#[derive(Clone, Copy, Debug)]
pub struct Links<'a> {
    /// The feed itself.
    pub own: &'a str,
    /// What stands before the identifier of a message.
    pub before: &'a str,
    /// What stands behind it.
    pub after: &'a str,
}

/// The feed as XML.
pub fn feed(messages: &Messages, links: Links<'_>) -> String {
    let writing = Writing { messages, links };
    document(|xml| {
        let root = xml.create_element("feed").with_attribute(("xmlns", NAMESPACE));
        root.write_inner_content(|xml| writing.feed(xml)).map(drop)
    })
}

struct Writing<'a> {
    messages: &'a Messages,
    links: Links<'a>,
}

impl Writing<'_> {
    fn feed(&self, xml: &mut Xml) -> io::Result<()> {
        let profile = self.messages.profile();
        let both = |text| Language::ALL.map(|it| it.of(text).to_owned());
        let updated = self.messages.all().last().map_or(self.messages.begun_at(), |it| it.sent);
        text(xml, "id", &self.id("feed"))?;
        text(xml, "title", &both(&profile.settings.event.name).join(" / "))?;
        text(xml, "updated", &updated.to_string())?;
        within(xml, "author", |xml| {
            text(xml, "name", &both(&profile.settings.sender_name).join(" / "))
        })?;
        link(xml, "self", "application/atom+xml", self.links.own)?;
        self.shown().into_iter().try_for_each(|it| within(xml, "entry", |xml| self.entry(xml, it)))
    }

    /// The messages that are in it, the newest first.
    fn shown(&self) -> Vec<&Arc<Message>> {
        let all = self.messages.all();
        let mut shown: Vec<&Arc<Message>> = all.iter().rev().take(NEWEST_MAX).collect();
        let newest: BTreeSet<u64> = shown.iter().map(|it| it.position()).collect();
        shown.extend(self.messages.open().filter(|it| !newest.contains(&it.position())));
        shown.sort_by_key(|it| std::cmp::Reverse(it.position()));
        shown
    }

    fn entry(&self, xml: &mut Xml, message: &Message) -> io::Result<()> {
        let profile = self.messages.profile();
        let words = Language::ALL.map(|it| Words::new(message, profile, it));
        let Links { before, after, .. } = self.links;
        text(xml, "id", &self.id(&message.identifier))?;
        text(xml, "title", &words.each_ref().map(Words::headline).join(" / "))?;
        text(xml, "updated", &message.sent.to_string())?;
        text(xml, "published", &message.sent.to_string())?;
        let address = format!("{before}{}{after}", message.identifier);
        link(xml, "alternate", "application/cap+xml", &address)?;
        text(xml, "summary", &words.each_ref().map(Words::description).join("\n"))
    }

    /// An id that stays the same wherever the feed is published (RFC 4151).
    fn id(&self, name: &str) -> String {
        format!("tag:{},2026:cap/{name}", self.messages.profile().sender())
    }
}

fn link(xml: &mut Xml, relation: &str, kind: &str, address: &str) -> io::Result<()> {
    let attributes = [("rel", relation), ("type", kind), ("href", address)];
    xml.create_element("link").with_attributes(attributes).write_empty().map(drop)
}
