//! Reads the log after the run: where the order sets stand, and whether the last checkpoint proves
//! them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::app::support::log_reader::LogLocation;
use crate::app::support::{Failure, notes};
use crate::domain::{Event, ResponseEvent};
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::proof::{Stored, check_inclusion};

use super::comparison::{Fault, Kind, LogOffsets, ReceivedOrder};

/// What the log says.
#[derive(Default)]
pub(super) struct LogFacts {
    pub(super) offsets: LogOffsets,
    /// Where a key was given: the size of the last checkpoint that is signed with it, and the order
    /// sets that it does not prove.
    pub(super) proven: Option<(u64, Vec<u64>)>,
}

/// Reads the log. The hashes of its records are remembered only with a key.
pub(super) fn read(place: &LogLocation, key: Option<&PathBuf>) -> Result<LogFacts, Failure> {
    let mut facts = LogFacts::default();
    let (mut tree, mut records) = (Stored::default(), BTreeMap::new());
    let mut log = place.read()?;
    let bar = log.bar();
    bar.say("reading the log");
    while let Some(record) = log.next().transpose().map_err(anyhow::Error::new)? {
        bar.at(log.done());
        if key.is_some() {
            tree.push(log.bytes());
        }
        if matches!(record.event, Event::Response(ResponseEvent::OrderSetIssued(_))) {
            let offset = i64::try_from(log.place().1).unwrap_or(i64::MAX);
            facts.offsets.insert(record.position.0, offset);
            if key.is_some() {
                records.insert(record.position.0, log.bytes().to_vec());
            }
        }
    }
    if let Some(key) = key {
        let checkpoint = last_checkpoint(place, key)?;
        facts.proven = Some((checkpoint.size, unproven(&tree, &records, &checkpoint)));
    }
    Ok(facts)
}

/// The last checkpoint with a signature by this key.
fn last_checkpoint(place: &LogLocation, key: &PathBuf) -> Result<Checkpoint, Failure> {
    let keys = notes::verifiers(std::slice::from_ref(key))?;
    let mut last = None;
    for (_, note) in place.notes()?.notes {
        let note = note.map_err(anyhow::Error::new)?;
        if keys.iter().all(|it| it.verify(&note).is_ok()) {
            last = Some(Checkpoint::of(&note).map_err(anyhow::Error::new)?);
        }
    }
    last.ok_or_else(|| {
        let key = key.display();
        anyhow::anyhow!("{place} has no checkpoint signed with {key}: start serve with --key")
            .into()
    })
}

fn unproven(tree: &Stored, records: &BTreeMap<u64, Vec<u8>>, checkpoint: &Checkpoint) -> Vec<u64> {
    let is_proven = |position: u64, bytes: &[u8]| {
        let proof = tree.inclusion(position, checkpoint.size)?;
        check_inclusion(bytes, position, &proof, checkpoint).ok()
    };
    let unproven = records.iter().filter(|(position, it)| is_proven(**position, it).is_none());
    unproven.map(|it| *it.0).collect()
}

/// The received orders that the checkpoint does not prove.
pub(super) fn faults(facts: &LogFacts, received: &[ReceivedOrder]) -> Vec<Fault> {
    let Some((size, unproven)) = &facts.proven else { return Vec::new() };
    let of = |order: &&ReceivedOrder| order.position.is_some_and(|it| unproven.contains(&it));
    let fault = |order: &ReceivedOrder| Fault {
        kind: Kind::Unproven,
        order: order.id.clone().unwrap_or_default(),
        words: format!("its record is not proven by the checkpoint of {size} records"),
    };
    received.iter().filter(of).map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bytes_under_the_checkpoint_are_proven() {
        let mut tree = Stored::default();
        for byte in 0..5_u8 {
            tree.push(&[byte]);
        }
        let checkpoint = |size, root| Checkpoint { origin: "bth".into(), size, root };
        let good = checkpoint(4, tree.root_at(4).unwrap());
        let records = [(1, vec![1]), (2, vec![9]), (4, vec![4])].into();
        assert_eq!(unproven(&tree, &records, &good), [2, 4]);
        assert_eq!(unproven(&tree, &records, &checkpoint(4, [7; 32])), [1, 2, 4]);
        let facts = LogFacts { proven: Some((4, vec![2])), ..LogFacts::default() };
        let order = |position| ReceivedOrder {
            id: Some(format!("1-{position}")),
            position: Some(position),
            ..ReceivedOrder::default()
        };
        let found = faults(&facts, &[order(1), order(2)]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].kind, &*found[0].order), (Kind::Unproven, "1-2"));
    }
}
