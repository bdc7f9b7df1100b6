//! Which brokers there are, whether each can be reached, and whether the times of messages fit this
//! clock. Nothing is written.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::{Offset, TopicPartitionList};

use crate::domain::Timestamp;
use crate::engine::PortError;

use super::admin::Asking;
use super::client::{ASK, Connection, failed};

/// The longest wait for a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// The brokers that answer as one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cluster {
    /// Its name, if the brokers have one.
    pub id: Option<String>,
    /// All its brokers, as they name themselves.
    pub brokers: Vec<BrokerAddress>,
}

/// A broker and the address at which it wants to be reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BrokerAddress {
    /// Its number.
    pub id: i32,
    /// Host and port.
    pub address: String,
}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broker {} at {}", self.id, self.address)
    }
}

impl BrokerAddress {
    /// Whether a connection can be opened; an error says why not. Messages go to these addresses,
    /// whichever address was asked first.
    pub fn connect(&self) -> io::Result<()> {
        let mut last = io::Error::other("the name has no address");
        for address in self.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, CONNECT_WITHIN) {
                Ok(_) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// Asks which brokers there are.
pub fn cluster(connection: &Connection) -> Result<Cluster, PortError> {
    let asking = Asking::new(connection)?;
    let found =
        connection.patiently("asking for brokers", || asking.client().fetch_metadata(None, ASK))?;
    let brokers = found.brokers().iter().map(|it| BrokerAddress {
        id: it.id(),
        address: match it.host() {
            host if host.contains(':') => format!("[{host}]:{}", it.port()),
            host => format!("{host}:{}", it.port()),
        },
    });
    let mut brokers: Vec<_> = brokers.collect();
    brokers.sort_by_key(|it| it.id);
    let id = asking.client().client().fetch_cluster_id(ASK).filter(|it| !it.is_empty());
    Ok(Cluster { id, brokers })
}

/// The topics of these that have a message with a time after `at`. Those that are missing have none.
pub fn topics_with_messages_after(
    connection: &Connection,
    topics: &[String],
    at: Timestamp,
) -> Result<BTreeSet<String>, PortError> {
    let doing = "asking for the times of messages";
    let asking = Asking::new(connection)?;
    let there = asking.partition_counts()?;
    let mut asked = TopicPartitionList::new();
    for topic in topics {
        for partition in 0..there.get(topic).copied().unwrap_or(0) {
            let added = asked.add_partition_offset(topic, partition, Offset::Offset(at.0 + 1));
            added.map_err(|error| failed(doing, &error))?;
        }
    }
    if asked.count() == 0 {
        return Ok(BTreeSet::new());
    }
    let found =
        connection.patiently(doing, || asking.client().offsets_for_times(asked.clone(), ASK))?;
    let is_after = |it: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
        it.error().is_ok() && matches!(it.offset(), Offset::Offset(_))
    };
    let elements = found.elements();
    Ok(elements.iter().filter(|it| is_after(it)).map(|it| it.topic().to_owned()).collect())
}
