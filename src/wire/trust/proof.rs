//! Proofs of RFC 6962: that a record is in the tree of a checkpoint, and that one checkpoint
//! follows from another.

use ct_merkle::{
    ConsistencyProof, InclusionProof, RootHash, indices_for_consistency_proof,
    indices_for_inclusion_proof,
};
use sha2::Sha256;

use super::checkpoint::Checkpoint;
use super::tree::{self, Edge};
use super::{Hash, TrustError};

/// A tree with all its hashes at hand.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    edge: Edge,
    hashes: Vec<Hash>,
}

impl Stored {
    /// Adds a record's bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.edge.push(tree::leaf(bytes), |it| self.hashes.push(*it));
    }

    /// How many records it has.
    pub fn leaves(&self) -> u64 {
        self.edge.leaves()
    }

    /// The root over the first so many; none where there are fewer.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        if size > self.leaves() {
            return None;
        }
        tree::root_of(0, size, &mut |at| self.hash(at)).ok()
    }

    /// The hash of a record; none where there are fewer.
    pub fn leaf(&self, position: u64) -> Option<Hash> {
        let at = (position < self.leaves()).then(|| tree::stored(position))?;
        self.hash(at).ok()
    }

    /// That a record is among the first so many.
    pub fn inclusion(&self, position: u64, size: u64) -> Option<Vec<Hash>> {
        if position >= size || size > self.leaves() {
            return None;
        }
        inclusion(position, size, &mut |at| self.hash(at)).ok()
    }

    /// That the first so many go on as those.
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        if old > new || new > self.leaves() {
            return None;
        }
        consistency(old, new, &mut |at| self.hash(at)).ok()
    }

    fn hash(&self, at: u64) -> Result<Hash, ()> {
        let found = usize::try_from(at).ok().and_then(|it| self.hashes.get(it));
        found.copied().ok_or(())
    }
}

/// The hashes that lead from a record to the root of so many records.
fn inclusion<E>(
    position: u64,
    size: u64,
    stored_at: &mut impl FnMut(u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let nodes = indices_for_inclusion_proof(size, position);
    nodes.into_iter().map(|it| node(it, size, stored_at)).collect()
}

/// The hashes that lead from the root of so many records to that of more.
fn consistency<E>(
    old: u64,
    new: u64,
    stored_at: &mut impl FnMut(u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if old == 0 {
        return Ok(Vec::new());
    }
    let nodes = indices_for_consistency_proof(old, new - old);
    nodes.into_iter().map(|it| node(it, new, stored_at)).collect()
}

/// Whether a record with these bytes stands at this position of the checkpoint's log.
pub fn check_inclusion(
    bytes: &[u8],
    position: u64,
    proof: &[Hash],
    checkpoint: &Checkpoint,
) -> Result<(), TrustError> {
    let proof = InclusionProof::try_from_bytes(proof.concat());
    let proven = proof.and_then(|it| root(checkpoint).verify_inclusion(&bytes, position, &it));
    proven.map_err(|_| TrustError::Unproven)
}

/// Whether the new log begins with the old one.
pub fn check_consistency(
    old: &Checkpoint,
    new: &Checkpoint,
    proof: &[Hash],
) -> Result<(), TrustError> {
    // Every log begins with nothing.
    if old.size == 0 && proof.is_empty() {
        let nothing = old.root == Edge::default().root();
        return nothing.then_some(()).ok_or(TrustError::Unproven);
    }
    let proof = ConsistencyProof::try_from_bytes(proof.concat());
    let proven = proof.and_then(|it| root(new).verify_consistency(&root(old), &it));
    proven.map_err(|_| TrustError::Unproven)
}

fn root(checkpoint: &Checkpoint) -> RootHash<Sha256> {
    RootHash::new(checkpoint.root.into(), checkpoint.size)
}

/// The hash of a node by its number: of as many low ones as it is high, the rest says where.
fn node<E>(
    number: u64,
    size: u64,
    stored_at: &mut impl FnMut(u64) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let level = number.trailing_ones();
    let first = (number >> (level + 1)) << level;
    let end = (first + (1 << level)).min(size);
    tree::root_of(first, end, stored_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDS: u64 = 40;

    /// A log of some records, and the checkpoints at every size.
    fn log() -> (Stored, Vec<Checkpoint>) {
        let (mut log, mut checkpoints) = (Stored::default(), Vec::new());
        for size in 0..=RECORDS {
            let root = log.root_at(size).unwrap();
            checkpoints.push(Checkpoint { origin: "bth".into(), size, root });
            log.push(&size.to_be_bytes());
        }
        (log, checkpoints)
    }

    #[test]
    fn every_record_is_proven_in_every_log_and_nothing_else_is() {
        let (log, checkpoints) = log();
        for checkpoint in &checkpoints {
            for position in 0..checkpoint.size {
                let bytes = position.to_be_bytes();
                let proof = log.inclusion(position, checkpoint.size).unwrap();
                let check = |bytes, position, proof: &[Hash], checkpoint| {
                    check_inclusion(bytes, position, proof, checkpoint).is_ok()
                };
                assert!(check(&bytes, position, &proof, checkpoint));
                assert!(!check(b"another", position, &proof, checkpoint));
                assert!(!check(&bytes, position + 1, &proof, checkpoint));
                assert!(!check(&bytes, u64::MAX, &proof, checkpoint));
                let mut changed = proof.clone();
                changed.push([0; 32]);
                assert!(!check(&bytes, position, &changed, checkpoint));
                if let Some(hash) = proof.first() {
                    changed = proof.clone();
                    changed[0] = hash.map(|it| !it);
                    assert!(!check(&bytes, position, &changed, checkpoint));
                }
            }
        }
    }

    #[test]
    fn every_log_follows_from_every_shorter_one_and_from_no_other() {
        let (log, checkpoints) = log();
        for new in &checkpoints {
            for old in checkpoints.iter().filter(|it| it.size <= new.size) {
                let proof = log.consistency(old.size, new.size).unwrap();
                assert_eq!(check_consistency(old, new, &proof), Ok(()));
                let forked = Checkpoint { root: [9; 32], ..old.clone() };
                assert!(check_consistency(&forked, new, &proof).is_err());
                let forked = Checkpoint { root: [9; 32], ..new.clone() };
                assert!(old.size == 0 || check_consistency(old, &forked, &proof).is_err());
                assert!(old.size == new.size || check_consistency(new, old, &proof).is_err());
            }
        }
    }
}
