//! The broker answers at all: a failure here is one of the surroundings.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use crate::support::broker_test;

broker_test!(the_broker_tells_who_it_is, |broker| {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", &broker.bootstrap).create().unwrap();
    let metadata = consumer.fetch_metadata(None, Duration::from_secs(20)).unwrap();
    assert!(!metadata.brokers().is_empty());
});
