//! A message as XML, in the order of the schema of CAP 1.2.

use std::io;

use super::message::{Message, MessageKind, Said};
use super::profile::Profile;
use super::words::{Language, Words};
use super::xml::{Xml, document, text, within};
use crate::domain::{ActKind, HOUR_MS};

pub(super) const NAMESPACE: &str = "urn:oasis:names:tc:emergency:cap:1.2";

/// The message as XML. The checkpoint is a signed note of the log that covers the record of the
/// message, if there is one.
pub fn alert(message: &Message, profile: &Profile, checkpoint: Option<&str>) -> String {
    let writing = Writing { message, profile, checkpoint, said: message.said() };
    document(|xml| {
        let root = xml.create_element("alert").with_attribute(("xmlns", NAMESPACE));
        root.write_inner_content(|xml| writing.alert(xml)).map(drop)
    })
}

struct Writing<'a> {
    message: &'a Message,
    profile: &'a Profile,
    checkpoint: Option<&'a str>,
    said: Said<'a>,
}

impl Writing<'_> {
    fn alert(&self, xml: &mut Xml) -> io::Result<()> {
        let message = self.message;
        text(xml, "identifier", &message.identifier)?;
        text(xml, "sender", self.profile.sender())?;
        text(xml, "sent", &message.sent.to_string())?;
        text(xml, "status", message.status(self.profile))?;
        text(xml, "msgType", message.kind.name())?;
        text(xml, "scope", "Public")?;
        if message.is_exercise(self.profile) {
            text(xml, "note", "演练，无需采取行动。Exercise: no action is needed.")?;
        }
        if !message.references.is_empty() {
            text(xml, "references", &message.references.join(" "))?;
        }
        text(xml, "incidents", &message.warning_name())?;
        Language::ALL.into_iter().try_for_each(|it| within(xml, "info", |xml| self.info(xml, it)))
    }

    fn info(&self, xml: &mut Xml, language: Language) -> io::Result<()> {
        let (message, settings) = (self.message, &self.profile.settings);
        let words = Words::new(message, self.profile, language);
        let is_end = message.kind == MessageKind::Cancel;
        text(xml, "language", language.tag())?;
        for it in &settings.event.categories {
            text(xml, "category", &it.name())?;
        }
        text(xml, "event", words.event())?;
        text(xml, "responseType", if is_end { "AllClear" } else { "Execute" })?;
        text(xml, "urgency", self.urgency())?;
        let mapping = settings.mapping(message.sent.date());
        let (grade, is_forecast) = (self.said.act.grade, self.said.act.forecast_hours > 0);
        let severity = mapping.map(|it| format!("{:?}", it.severity(grade)));
        text(xml, "severity", severity.as_deref().unwrap_or("Unknown"))?;
        let certainty = mapping.map(|it| format!("{:?}", it.certainty(grade, is_forecast)));
        text(xml, "certainty", certainty.as_deref().unwrap_or("Unknown"))?;
        for code in &settings.event.codes {
            pair(xml, "eventCode", &code.name, &code.value)?;
        }
        text(xml, "effective", &message.sent.to_string())?;
        text(xml, "onset", &message.onset.to_string())?;
        text(xml, "expires", &message.expires.to_string())?;
        text(xml, "senderName", language.of(&settings.sender_name))?;
        text(xml, "headline", &words.headline())?;
        text(xml, "description", &words.description())?;
        if let Some(instruction) = words.instruction() {
            text(xml, "instruction", &instruction)?;
        }
        text(xml, "web", &settings.web)?;
        text(xml, "contact", &settings.contact)?;
        self.parameters(xml)?;
        within(xml, "area", |xml| self.area(xml, words.place()))
    }

    /// By the time from the message to its start; nothing is to be done any more after a lift.
    fn urgency(&self) -> &'static str {
        if self.said.act.kind == ActKind::Lift {
            return "Past";
        }
        let times = self.profile.settings.times;
        let ahead_ms = self.message.onset.end().0 - self.message.sent.0;
        let is_from = |hours: i32| ahead_ms >= i64::from(hours) * HOUR_MS;
        match (is_from(times.future_from_h), is_from(times.expected_from_h)) {
            (true, _) => "Future",
            (false, true) => "Expected",
            (false, false) => "Immediate",
        }
    }

    /// What programs read, with the names of the records of the log.
    fn parameters(&self, xml: &mut Xml) -> io::Result<()> {
        let (message, act) = (self.message, self.said.act);
        let position = message.position().to_string();
        let end = act.end.filter(|_| act.kind != ActKind::Lift).map(|it| it.to_string());
        let warning = message.warning_name();
        let parameters = [
            ("position", Some(position.as_str())),
            ("checkpoint", self.checkpoint),
            ("airshed", Some(&*self.said.rules.airshed)),
            ("warning", Some(warning.as_str())),
            ("act", Some(act.kind.record_type())),
            ("grade", Some(act.grade.name())),
            ("previous_grade", Some(act.previous_grade.name())),
            ("standard", Some(&*act.standard)),
            ("clause", act.clause.as_deref()),
            ("expected_end", end.as_deref()),
        ];
        for (name, value) in parameters {
            if let Some(value) = value {
                pair(xml, "parameter", &format!("airshed:{name}"), value)?;
            }
        }
        Ok(())
    }

    fn area(&self, xml: &mut Xml, name: &str) -> io::Result<()> {
        let code = self.said.jurisdiction.division.to_string();
        text(xml, "areaDesc", name)?;
        for polygon in self.profile.areas.get(&code).into_iter().flatten() {
            text(xml, "polygon", polygon)?;
        }
        pair(xml, "geocode", &self.profile.settings.geocode, &code)
    }
}

fn pair(xml: &mut Xml, name: &str, value_name: &str, value: &str) -> io::Result<()> {
    within(xml, name, |xml| {
        text(xml, "valueName", value_name)?;
        text(xml, "value", value)
    })
}
