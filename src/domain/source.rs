//! Where an input came from: the only thing the domain knows of the world outside.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One ordered stream of inputs: a file, or one partition of a topic.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Stream {
    /// File name or topic.
    pub name: Arc<str>,
    /// The partition of a topic; none for a file.
    pub partition: Option<i32>,
}

/// A place in a stream.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Source {
    /// The stream.
    pub stream: Stream,
    /// The line of a file (the first is 1), or the offset in a partition.
    pub position: u64,
}

impl Stream {
    /// A file by its name.
    pub fn file(name: &str) -> Self {
        Self { name: name.into(), partition: None }
    }

    /// One partition of a topic.
    pub fn topic(name: &str, partition: i32) -> Self {
        Self { name: name.into(), partition: Some(partition) }
    }

    /// A statement about the streams of this name: that they are the partitions of the topic to
    /// which the broker gave this id. Brings no inputs of its own.
    pub fn topic_id(name: &str, id: &str) -> Self {
        Self { name: format!("{name}={id}").into(), partition: Some(Self::ALL_PARTITIONS) }
    }

    /// The name of the streams and the id of the topic, where this states them.
    pub fn as_topic_id(&self) -> Option<(&str, &str)> {
        let states = self.partition == Some(Self::ALL_PARTITIONS);
        states.then(|| self.name.rsplit_once('=')).flatten()
    }

    /// In place of the number of a partition.
    const ALL_PARTITIONS: i32 = -1;

    /// Whether it is a file.
    pub fn is_file(&self) -> bool {
        self.partition.is_none()
    }

    /// A place in this stream.
    pub fn at(&self, position: u64) -> Source {
        Source { stream: self.clone(), position }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, id)) = self.as_topic_id() {
            return write!(f, "{name} with id {id}");
        }
        match self.partition {
            Some(partition) => write!(f, "{}/{partition}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.stream, self.position)
    }
}
