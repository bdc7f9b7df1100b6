//! The hash tree of RFC 6962 over records: each record's bytes are a leaf.
//!
//! Its full subtrees never change again, so their roots are stored once, each as soon as its last
//! leaf is there: leaf 0, leaf 1, root of 0..2, leaf 2, leaf 3, root of 2..4, root of 0..4, ...

use sha2::{Digest as _, Sha256};

use crate::wire::hash::Hash;

/// What a file of stored hashes has at its front.
pub const FILE_HEAD: &[u8; 32] = b"airshed tree 1\n\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// The hash of one record's bytes.
pub fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new_with_prefix([0]).chain_update(bytes).finalize().into()
}

/// The hash of two subtrees.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}

/// How many hashes are stored for so many leaves.
pub fn stored(leaves: u64) -> u64 {
    2 * leaves - u64::from(leaves.count_ones())
}

/// The most leaves for which so many hashes suffice.
pub fn leaves(stored_hashes: u64) -> u64 {
    let (mut low, mut high) = (0, stored_hashes + 1);
    // More leaves never need fewer hashes.
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if stored(middle) <= stored_hashes {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The right edge of a tree: all that is needed to make it grow and to know its root.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Edge {
    leaves: u64,
    /// The roots of the full subtrees, from the largest on: one for each bit of `leaves`.
    roots: Vec<Hash>,
}

impl Edge {
    /// Adds a leaf; every hash that is to be stored passes by, in its order.
    pub fn push(&mut self, leaf: Hash, mut store: impl FnMut(&Hash)) {
        let mut root = leaf;
        store(&root);
        for _ in 0..self.leaves.trailing_ones() {
            let Some(left) = self.roots.pop() else { break };
            root = node(&left, &root);
            store(&root);
        }
        self.roots.push(root);
        self.leaves += 1;
    }

    /// The edge of a tree of so many leaves, from its stored hashes.
    pub fn of<E>(
        leaves: u64,
        mut stored_at: impl FnMut(u64) -> Result<Hash, E>,
    ) -> Result<Self, E> {
        let (mut roots, mut end) = (Vec::new(), 0);
        for bit in (0..u64::BITS).rev().filter(|bit| leaves >> bit & 1 == 1) {
            end += 1 << bit;
            roots.push(stored_at(stored(end - 1) + u64::from(bit))?);
        }
        Ok(Self { leaves, roots })
    }

    /// An edge from the roots of its full subtrees; none if a tree of so many leaves has others.
    pub fn from_roots(leaves: u64, roots: Vec<Hash>) -> Option<Self> {
        let fits = u32::try_from(roots.len()).is_ok_and(|it| it == leaves.count_ones());
        fits.then_some(Self { leaves, roots })
    }

    /// The roots of its full subtrees, from the largest on.
    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// How many leaves it has.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// The root of the whole tree.
    pub fn root(&self) -> Hash {
        let right = |right: Hash, left: &Hash| node(left, &right);
        let Some(smallest) = self.roots.last().copied() else { return Sha256::digest([]).into() };
        self.roots.iter().rev().skip(1).fold(smallest, right)
    }
}

/// The root over some leaves, from stored hashes. They must begin where a tree of that size can.
pub fn root_of<E>(
    first: u64,
    end: u64,
    stored_at: &mut impl FnMut(u64) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let count = end - first;
    if count == 0 {
        return Ok(Sha256::digest([]).into());
    }
    if count.is_power_of_two() {
        return stored_at(stored(end - 1) + u64::from(count.trailing_zeros()));
    }
    let middle = first + (1 << count.ilog2());
    let left = root_of(first, middle, stored_at)?;
    let right = root_of(middle, end, stored_at)?;
    Ok(node(&left, &right))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::wire::trust::base64;

    /// As the RFC defines it.
    fn plain(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            more => {
                let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
                node(&plain(left), &plain(right))
            }
        }
    }

    #[test]
    fn the_edge_and_the_stored_hashes_give_the_root_of_the_definition() {
        let all: Vec<Hash> = (0..130_u8).map(|it| leaf(&[it])).collect();
        let (mut edge, mut kept) = (Edge::default(), Vec::new());
        for count in 0..all.len() {
            assert_eq!(kept.len() as u64, stored(count as u64));
            assert_eq!(leaves(kept.len() as u64), count as u64);
            assert_eq!(edge.root(), plain(&all[..count]));
            edge.push(all[count], |it| kept.push(*it));
        }
        for count in 0..all.len() as u64 {
            let at = &mut |at| Ok::<_, Infallible>(kept[usize::try_from(at).unwrap()]);
            let expected = plain(&all[..usize::try_from(count).unwrap()]);
            assert_eq!(root_of(0, count, at), Ok(expected), "{count}");
            let edge = Edge::of(count, at).unwrap();
            assert_eq!((edge.leaves(), edge.root()), (count, expected));
        }
    }

    #[test]
    fn hashes_are_those_of_the_rfc() {
        let check = |hash: Hash, expected: &str| assert_eq!(base64::text(&hash), expected);
        check(Edge::default().root(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        check(leaf(&[]), "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=");
    }
}
