//! CAP messages as they were received, and profiles by which they are written.

use std::sync::{Arc, LazyLock};

use airshed::domain::{
    ActKind, Cause, Event, Grade, Hour, JurisdictionIndex, WarningAct, WarningEvent, WarningId,
};
use airshed::engine::{Entry, Position, Record};
use airshed::wire::cap::{Message, Profile, Received, alert};

use super::support::small_book;

/// The first byte says what it is. A profile ends with a zero byte, and its areas follow.
pub(crate) fn fuzz(data: &[u8]) {
    let Some((first, text)) = data.split_first() else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    if *first == MESSAGE {
        return received(text);
    }
    let (text, areas) = text.split_once('\0').unwrap_or((text, ""));
    match Profile::parse(text, areas) {
        Ok(profile) => drop(written(&profile)),
        Err(words) => assert!(!words.is_empty()),
    }
}

/// The first byte of a seed with a message.
pub(crate) const MESSAGE: u8 = 0;
/// That of a seed with a profile.
pub(crate) const PROFILE: u8 = 1;

/// A message by a profile, whatever it says, is read as it was written.
pub(crate) fn written(profile: &Profile) -> String {
    let nothing = "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"/>";
    let nothing = Received::parse(nothing).expect("an empty message");
    let message = Message::of_record(profile, &RECORD, &nothing).expect("an act on a warning");
    let text = alert(&message, profile, Some("bth\n9\nroot\n\n— bth AAAAAAE=\n"));
    if let Ok(again) = Received::parse(&text) {
        assert_eq!(again.identifier(), message.identifier);
        assert_eq!(again.position(), Ok(7));
        assert_eq!(again.differences(&again), []);
    } else {
        assert!(text.len() > 1 << 20, "{text}");
    }
    text
}

/// A message differs from no copy of itself; from ours, unless it has the same fields.
fn received(text: &str) {
    static OURS: LazyLock<Received> =
        LazyLock::new(|| Received::parse(&written(&Profile::built_in())).expect("our own message"));
    match Received::parse(text) {
        Ok(received) => {
            assert_eq!(received.differences(&received), []);
            assert_eq!(received.differences(&OURS).is_empty(), received == *OURS);
            assert_eq!(received.differences(&OURS).len(), OURS.differences(&received).len());
            drop((received.position(), received.checkpoint().is_some()));
        }
        Err(words) => assert!(!words.is_empty()),
    }
}

static RECORD: LazyLock<Arc<Entry>> = LazyLock::new(|| {
    let hour = Hour(490_000);
    let act = WarningAct {
        kind: ActKind::Issue,
        hour,
        decided_at: hour.end(),
        warning: WarningId { jurisdiction: JurisdictionIndex(0), number: 1 },
        grade: Grade::Red,
        previous_grade: Grade::None,
        start: hour.plus(12),
        end: Some(hour.plus(90)),
        standard: "BTH-2023".into(),
        clause: Some("red-1".into()),
        lead_time_h: 11,
        cause: Cause::Warning,
        windows: Vec::new(),
        observed_hours: 24,
        forecast_hours: 48,
        makers: Vec::new(),
        in_force_from: None,
    };
    let record = Record {
        position: Position(7),
        happened_at: hour.end(),
        recorded_at: hour.end(),
        correlation: None,
        causation: None,
        event: Event::Warning(WarningEvent::WarningDecided(act)),
    };
    Arc::new(Entry { record, book: Some(small_book().clone()) })
});
