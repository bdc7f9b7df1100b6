//! States that were kept, under a small rule book.

use std::sync::LazyLock;

use airshed::domain::{Event, Fact, Timestamp};
use airshed::engine::{Memory, Position, Record};
use airshed::wire::avro::ByteReader;
use airshed::wire::{snapshot, state, topic_snapshot};

use super::support::small_book;

/// What a state begins with: its form, a place in a log, and the digest of the rules.
static HEAD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let memory = begun();
    let mut bytes = Vec::new();
    state::write(&memory, &mut bytes);
    let mut reader = ByteReader::new(&bytes);
    let read = reader.string().and_then(|_| reader.unsigned()).and_then(|_| reader.long());
    let read = read.and_then(|_| reader.optional(ByteReader::unsigned));
    read.and_then(|_| reader.optional(ByteReader::string)).expect("the head of a state");
    let head = reader.at();
    bytes.truncate(head);
    bytes
});

/// A log with nothing but the rules.
pub(crate) fn begun() -> Memory {
    let mut memory = Memory::default();
    let record = Record {
        position: Position(0),
        happened_at: Timestamp::default(),
        recorded_at: Timestamp::default(),
        correlation: None,
        causation: None,
        event: Event::Fact(Fact::RuleBookAdopted(small_book().clone())),
    };
    memory.evolve(&record).expect("the first record");
    memory
}

/// A state as a seed: what follows its head, and what is kept beside it.
pub(crate) fn seed(memory: &Memory) -> Vec<u8> {
    let (mut bytes, mut beside) = (Vec::new(), Vec::new());
    state::write(memory, &mut bytes);
    state::write_undigested(memory, &mut beside);
    // The place in the log may be written in more bytes than in the head.
    let digest = small_book().digest.as_bytes();
    let at = bytes.windows(digest.len()).position(|it| it == digest).expect("the digest");
    let rest = &bytes[at + digest.len()..];
    let length = u16::try_from(rest.len()).expect("a short state").to_le_bytes();
    [&length[..], rest, &beside].concat()
}

/// Two bytes say how many belong to the state, the others are kept beside it. What is read comes
/// back from what is written of it.
pub(crate) fn fuzz(data: &[u8]) {
    // The message that has a state in a topic.
    let mut message = [&b"airshed topic snapshot 1\n"[..], data].concat();
    snapshot::add_check(&mut message);
    drop(topic_snapshot::TopicSnapshot::read(&message));
    let Some(([low, high], data)) = data.split_first_chunk() else { return };
    let length = usize::from(u16::from_le_bytes([*low, *high])).min(data.len());
    let (rest, beside) = data.split_at(length);
    let book = Some(small_book());
    let Ok(memory) = state::read(&[&HEAD, rest].concat(), beside, book) else { return };
    let (mut bytes, mut beside) = (Vec::new(), Vec::new());
    state::write(&memory, &mut bytes);
    state::write_undigested(&memory, &mut beside);
    let again = state::read(&bytes, &beside, book).expect("we wrote it");
    let (mut twice, mut twice_beside) = (Vec::new(), Vec::new());
    state::write(&again, &mut twice);
    state::write_undigested(&again, &mut twice_beside);
    assert!(twice == bytes && twice_beside == beside, "it has two forms");
}
