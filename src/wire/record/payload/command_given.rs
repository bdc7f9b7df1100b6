//! A command of a body, as it was given.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::{CommandGiven, Status};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use super::cooperation::{parse_actor, put_actor};
use crate::wire::record::names::{self, Names};
use crate::wire::record::parts::{parse_source, parse_time, put_source, put_time};

impl Payload for Arc<CommandGiven> {
    fn put(&self, put: &mut Put<'_>) {
        put_time(put, self.at);
        put.string(&self.id);
        put_actor(put, &self.actor);
        put_time(put, self.given_at);
        put.place(self.status as u8);
        put.string(&self.command);
        put.string(&self.fields.to_string());
        put_source(put, self.source.as_ref());
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Arc::new(CommandGiven {
            at: parse_time(reader)?,
            id: reader.string()?.into(),
            actor: parse_actor(reader)?,
            given_at: parse_time(reader)?,
            status: reader.one_of(&[Status::Actual, Status::Exercise])?,
            command: reader.string()?.into(),
            fields: parse_fields(reader)?,
            source: parse_source(reader)?,
        }))
    }

    fn json(&self, _: Names<'_>) -> Value {
        json!({
            "at": self.at.to_string(),
            "by": self.actor,
            "id": self.id,
            "actor": self.actor,
            "given_at": self.given_at.to_string(),
            "status": self.status.name(),
            "command": &*self.command,
            "body": &*self.fields,
        })
    }

    fn words(&self, _: Names<'_>) -> String {
        let (actor, command) = (&self.actor, &self.command);
        format!("{command} {} by {} of {}", self.id, actor.role, actor.body)
    }

    fn source(&self) -> Value {
        names::optional_source(self.source.as_ref())
    }
}

/// The text must be as it was written, so that the same record has the same bytes.
fn parse_fields(reader: &mut ByteReader<'_>) -> Result<Arc<Value>, Malformed> {
    let text = reader.string()?;
    let fields = serde_json::from_str::<Value>(text).ok();
    match fields.map(|it| (it.to_string(), it)) {
        Some((again, fields)) if again == text => Ok(Arc::new(fields)),
        _ => Err(reader.wrong("no JSON as it is written here before this")),
    }
}

#[cfg(test)]
mod samples {
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::cooperation::Body;
    use crate::domain::{Actor, Timestamp};
    use crate::wire::record::samples::{HOUR, Sample, sample_source, source};

    impl Sample for Arc<CommandGiven> {
        fn sample() -> Self {
            Arc::new(CommandGiven {
                at: HOUR.end(),
                id: "130100-0007".into(),
                actor: Actor {
                    body: Body::new("130100"),
                    role: "officer".into(),
                    name: "duty officer".into(),
                },
                given_at: HOUR.end(),
                status: Status::Actual,
                command: "acknowledge".into(),
                fields: Arc::new(json!({"order": "1-130100"})),
                source: Some(sample_source()),
            })
        }

        fn any() -> BoxedStrategy<Self> {
            let times = (any::<i64>(), any::<i64>());
            (times, ".*", ".*", ".*", any::<bool>(), option::of(source()))
                .prop_map(|((at, given_at), id, role, text, drill, source)| {
                    Arc::new(CommandGiven {
                        at: Timestamp(at),
                        id,
                        actor: Actor { body: Body::new(&text), role, name: text.clone() },
                        given_at: Timestamp(given_at),
                        status: if drill { Status::Exercise } else { Status::Actual },
                        command: "object".into(),
                        fields: Arc::new(json!({"reason": text, "evidence": []})),
                        source,
                    })
                })
                .boxed()
        }
    }
}
