//! Messages that wait until a registry says by which schema they were written.

use std::time::{Duration, Instant};

use crate::domain::Command;
use crate::wire::message::{NoSchema, Schemas, UnknownSchema, WriterSchemas};

use super::lanes::{Lane, refuse};

/// An id that a registry does not have is asked for again after this time: it may be given by then.
const ABSENT_FOR: Duration = Duration::from_secs(60);

/// Our own schemas and those of a registry, if there is one.
#[derive(Default)]
pub(super) struct KnownSchemas {
    schemas: Schemas,
    registry: Option<Box<dyn WriterSchemas>>,
    /// Ids that the registry does not have, and since when.
    absent: Vec<(u32, Instant)>,
}

impl KnownSchemas {
    /// Schemas that are not known here come from there.
    pub(super) fn set_registry(&mut self, registry: Box<dyn WriterSchemas>) {
        self.registry = Some(registry);
    }

    /// Takes the answers of the registry. Returns whether there are any.
    #[expect(clippy::disallowed_methods, reason = "When an id is asked for again decides nothing.")]
    pub(super) fn take_answers(&mut self) -> bool {
        let Some(registry) = &mut self.registry else { return false };
        let answers = registry.answers();
        if self.absent.is_empty() && answers.is_empty() {
            return false;
        }
        let now = Instant::now();
        let schemas = &mut self.schemas;
        self.absent.retain(|(id, since)| {
            let stays = now.duration_since(*since) < ABSENT_FOR;
            if !stays {
                schemas.forget_id(*id);
            }
            stays
        });
        let has_answers = !answers.is_empty();
        for (id, answer) in answers {
            let refused = match answer {
                Ok(text) => match schemas.learn_id(id, &text) {
                    Ok(kind) => {
                        tracing::info!(id, %kind, "a schema of the registry");
                        continue;
                    }
                    Err(error) => error.to_string(),
                },
                Err(none) => {
                    if none == NoSchema::Absent {
                        self.absent.push((id, now));
                    }
                    none.to_string()
                }
            };
            tracing::warn!(id, "messages with this schema id are refused: {refused}");
            schemas.refuse_id(id, &refused);
        }
        has_answers
    }

    /// Reads a message, unless it has to wait.
    pub(super) fn read(
        &mut self,
        lane: &mut Lane,
        offset: u64,
        payload: &[u8],
        commands: &mut Vec<Command>,
    ) {
        if !lane.waiting.is_empty() || !self.try_read(lane, offset, payload, commands) {
            lane.waiting.push_back((offset, payload.to_vec()));
        }
    }

    /// Reads the messages of a partition that waited, up to one that still has to.
    pub(super) fn read_waiting(&mut self, lane: &mut Lane, commands: &mut Vec<Command>) {
        while let Some((offset, payload)) = lane.waiting.pop_front() {
            if !self.try_read(lane, offset, &payload, commands) {
                lane.waiting.push_front((offset, payload));
                return;
            }
        }
    }

    /// False where the schema is not known and the registry is asked for it.
    fn try_read(
        &mut self,
        lane: &mut Lane,
        offset: u64,
        payload: &[u8],
        commands: &mut Vec<Command>,
    ) -> bool {
        let mut give = |command| commands.push(command);
        match (lane.reader.read(offset, payload, &self.schemas, &mut give), &mut self.registry) {
            (Ok(()), _) => {}
            (Err(UnknownSchema::Id(id)), Some(registry)) => {
                registry.ask(id, &format!("{} at offset {offset}", lane.stream));
                return false;
            }
            (Err(unknown), _) => refuse(lane, offset, &unknown, commands),
        }
        true
    }
}
