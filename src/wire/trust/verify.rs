//! Is a log whole? One pass over all of it, up to the first fault, wherever it is stored.

use crate::engine::{PortError, Position, Record};
use crate::wire::log_reader::{LogReader, ReadError, TornEnd};

use super::audit::{Audit, AuditOptions, Fault, Intact};
use super::checkpoint_audit::StoredCheckpoints;
use super::snapshot_audit::SnapshotAudit;
use super::tree_audit::TreeAudit;

/// A log, and what was stored along with its records before they are read.
pub struct LogUnderAudit<'a> {
    /// Its records, from the first one on.
    pub reader: &'a mut dyn LogReader,
    /// Its checkpoints.
    pub checkpoints: StoredCheckpoints,
    /// The hashes of its records, where some are stored.
    pub tree: Option<TreeAudit>,
    /// Whether hashes can be stored along with it.
    pub has_tree: bool,
    /// The state that its first records lead to, where one is stored.
    pub snapshot: Option<SnapshotAudit>,
    /// Whether a writer may be at work: then the last decisions may still be unsigned.
    pub live: bool,
    /// Whether the end may be an append that is being written.
    pub may_be_torn: bool,
    /// Whether a writer has signed meanwhile what was unsigned when the reading began.
    pub signed_meanwhile: &'a dyn Fn(&Audit) -> Result<bool, PortError>,
}

/// Reads a log from its first record to its end. `look` gets the progress now and then.
pub fn verify(
    log: LogUnderAudit<'_>,
    options: &AuditOptions,
    look: &mut dyn FnMut(u64, u64),
) -> Result<Result<Intact, Fault>, PortError> {
    let LogUnderAudit { reader, checkpoints, tree, has_tree, snapshot, live, .. } = log;
    let (may_be_torn, signed_meanwhile) = (log.may_be_torn, log.signed_meanwhile);
    let audit = match Audit::new(checkpoints, options, live) {
        Ok(audit) => audit,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut pass = Pass { reader, audit, tree, snapshot, may_be_torn };
    match pass.run(look) {
        Ok(()) => {}
        Err(Stopped::Fault(fault)) => return Ok(Err(fault)),
        Err(Stopped::Error(error)) => return Err(error),
    }
    if let Some(fault) = pass.audit.unsigned()
        && !signed_meanwhile(&pass.audit)?
    {
        return Ok(Err(fault));
    }
    Ok(Ok(pass.intact(has_tree, live)))
}

/// Why a pass ends before the end.
enum Stopped {
    Fault(Fault),
    Error(PortError),
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

struct Pass<'a> {
    reader: &'a mut dyn LogReader,
    audit: Audit,
    tree: Option<TreeAudit>,
    snapshot: Option<SnapshotAudit>,
    may_be_torn: bool,
}

impl Pass<'_> {
    fn run(&mut self, look: &mut dyn FnMut(u64, u64)) -> Result<(), Stopped> {
        while let Some(record) = self.reader.next_record().map_err(|error| self.stopped(error))? {
            self.reader.report(&record, look);
            self.record(&record)?;
        }
        if let (Some(torn), false) =
            (self.reader.torn_end(), self.may_be_torn || self.is_unfinished())
        {
            let TornEnd { damage, .. } = torn;
            let position = Position(self.audit.edge().leaves());
            return Err(Fault::at(damage, position).into());
        }
        if let Some(tree) = &mut self.tree {
            tree.end(self.audit.edge())?;
        }
        self.audit.end()?;
        let fault = self.snapshot.as_ref().and_then(|it| it.fault(self.audit.edge()));
        Ok(fault.map_or(Ok(()), Err)?)
    }

    /// Whether the end of the log is the beginning of an append that was never durable: hashes are
    /// written after the sync, and there is one for every record before it and none after.
    fn is_unfinished(&self) -> bool {
        let edge = self.audit.edge();
        self.tree.as_ref().is_some_and(|it| it.missing(edge) == 0 && it.is_read())
    }

    fn record(&mut self, record: &Record) -> Result<(), Stopped> {
        let (tree, reader) = (&mut self.tree, &self.reader);
        let mut fault = None;
        self.audit.take(
            record,
            reader.bytes(),
            || reader.place(),
            |hash| {
                if let (Some(tree), None) = (tree.as_mut(), &fault) {
                    fault = tree.fault(hash, record.position);
                }
            },
        )?;
        if let Some(fault) = fault {
            return Err(fault.into());
        }
        if let Some(snapshot) = &mut self.snapshot {
            snapshot.apply(record, self.audit.edge());
        }
        Ok(self.audit.pass(record, self.reader.ends_append())?)
    }

    fn intact(&self, has_tree: bool, live: bool) -> Intact {
        let edge = self.audit.edge();
        let tree = has_tree.then_some(self.tree.is_some());
        if live || !has_tree {
            // A writer at work is about to add its hashes and the rest of its append.
            return self.audit.intact(tree);
        }
        let unhashed = self.tree.as_ref().map_or(edge.leaves(), |it| it.missing(edge));
        let torn_bytes = self.reader.torn_end().map_or(0, |it| it.bytes);
        Intact { unhashed, torn_bytes, ..self.audit.intact(tree) }
    }

    /// Damage is a fault; that the log cannot be reached is none.
    fn stopped(&self, error: ReadError) -> Stopped {
        let position = Position(self.audit.edge().leaves());
        match error {
            ReadError::Damaged { damage, .. } => Fault::at(damage, position).into(),
            // No log is whole of which a file cannot be read.
            ReadError::Unreadable { file, what, .. } => {
                Fault::new(file, None, Position(0), what).into()
            }
            ReadError::Port(error) => Stopped::Error(error),
        }
    }
}
