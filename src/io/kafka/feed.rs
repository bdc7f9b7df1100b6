//! A feed's way in: readings, forecasts and ticks into the topics that the engine takes from.

use std::time::Duration;

use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;

use crate::engine::PortError;

use super::admin::{Settings, Wanted, ensure_topics};
use super::client::{Connection, Context, failed};
use super::topics::Topics;

/// Writes into the topics of readings and forecasts.
pub struct KafkaFeed {
    connection: Connection,
    producer: BaseProducer<Context>,
    readings: Lane,
    forecasts: Lane,
    /// Messages handed over.
    sent: u64,
}

struct Lane {
    topic: String,
    partitions: i32,
}

impl KafkaFeed {
    /// Finds the topics; one that is missing is made, that of readings with so many partitions.
    pub fn open(
        connection: &Connection,
        topics: &Topics,
        partitions: i32,
    ) -> Result<Self, PortError> {
        let wanted = [(topics.readings(), partitions), (topics.forecasts(), 1)]
            .map(|(name, partitions)| Wanted { name, partitions, settings: Settings::KeepAll });
        let counts = ensure_topics(connection, &wanted)?;
        let lane = |at: usize| Lane {
            topic: wanted[at].name.clone(),
            partitions: counts.get(at).copied().unwrap_or(1),
        };
        let producer = connection
            .settings()
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "5")
            .set("compression.type", "lz4")
            .set("message.timeout.ms", "0")
            .create_with_context(connection.context())
            .map_err(|error| failed("preparing to feed", &error))?;
        Ok(Self {
            connection: connection.clone(),
            producer,
            readings: lane(0),
            forecasts: lane(1),
            sent: 0,
        })
    }

    /// How many partitions readings are spread over.
    pub fn partitions(&self) -> usize {
        usize::try_from(self.readings.partitions).unwrap_or(1)
    }

    /// Messages handed over until now.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Sends readings into a partition.
    pub fn readings(&mut self, partition: usize, key: &str, bytes: &[u8]) -> Result<(), PortError> {
        let partition = i32::try_from(partition).unwrap_or(0);
        self.send(&self.readings.topic, partition, Some(key), bytes)?;
        self.sent += 1;
        Ok(())
    }

    /// Sends a forecast; those of one maker stay in order.
    pub fn forecast(&mut self, maker: &str, bytes: &[u8]) -> Result<(), PortError> {
        let partition = spread(maker, usize::try_from(self.forecasts.partitions).unwrap_or(1));
        let partition = i32::try_from(partition).unwrap_or(0);
        self.send(&self.forecasts.topic, partition, Some(maker), bytes)?;
        self.sent += 1;
        Ok(())
    }

    /// Sends a tick into every partition of both topics, behind all that was sent before.
    pub fn tick(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        for lane in [&self.readings, &self.forecasts] {
            for partition in 0..lane.partitions {
                self.send(&lane.topic, partition, None, bytes)?;
            }
        }
        let ticks = self.readings.partitions + self.forecasts.partitions;
        self.sent += u64::try_from(ticks).unwrap_or(0);
        Ok(())
    }

    /// Returns when everything has arrived.
    pub fn flush(&self) -> Result<(), PortError> {
        while self.producer.in_flight_count() > 0 {
            self.poll(Duration::from_millis(10))?;
        }
        self.poll(Duration::ZERO)
    }

    /// Lets time pass, in steps short enough to notice that the program is to end.
    pub fn wait(&self, total: Duration) -> Result<(), PortError> {
        const STEP: Duration = Duration::from_millis(50);
        let mut left = total;
        while !left.is_zero() {
            let step = left.min(STEP);
            self.poll(step)?;
            left -= step;
        }
        Ok(())
    }

    fn poll(&self, wait: Duration) -> Result<(), PortError> {
        self.producer.poll(wait);
        self.connection.go_on("feeding")?;
        match self.producer.context().take_failed() {
            None => Ok(()),
            Some(error) => Err(failed("feeding", &error)),
        }
    }

    fn send(
        &self,
        topic: &str,
        partition: i32,
        key: Option<&str>,
        bytes: &[u8],
    ) -> Result<(), PortError> {
        let mut record = BaseRecord::<str, [u8]>::to(topic).partition(partition).payload(bytes);
        if let Some(key) = key {
            record = record.key(key);
        }
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((error, back))
                    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) =>
                {
                    self.poll(Duration::from_millis(5))?;
                    record = back;
                }
                Err((error, _)) => return Err(failed("feeding", &error)),
            }
        }
    }
}

/// The partition of a key, the same on every machine (FNV-1a).
pub fn spread(key: &str, partitions: usize) -> usize {
    let hash = key
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash as usize % partitions.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_station_keeps_its_partition() {
        assert_eq!(["1001A", "1002A", "1029A"].map(|it| spread(it, 4)), [2, 1, 0]);
        assert_eq!(spread("1001A", 1), 0);
        assert_eq!(spread("", 0), 0);
    }
}
