//! Followers of a log while it is written: an overview, a live page, metrics, the console.

use std::cell::RefCell;
use std::fmt::Debug;
use std::rc::Rc;
use std::sync::Arc;

use super::Entry;

/// Is shown each record after the append that holds it is durable and what follows from it has been
/// sent.
///
/// A follower cannot fail the engine. It runs on the engine's thread and must return at once: one
/// that may wait stands behind a queue that is bounded, loses its place when that is full, and
/// reads the log again from its position.
pub trait Follower: Debug {
    /// Takes the next record. Records come in the order of the log, without a gap, from the moment
    /// at which it began to follow.
    fn follow(&mut self, entry: &Arc<Entry>);
}

/// A follower that its owner reads as well.
impl<F: Follower> Follower for Rc<RefCell<F>> {
    fn follow(&mut self, entry: &Arc<Entry>) {
        self.borrow_mut().follow(entry);
    }
}
