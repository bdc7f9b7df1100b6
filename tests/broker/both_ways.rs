//! The same rows lead to the same decisions, played from a file, or fed and served.

use crate::skip;
use crate::support::{Broker, broker_test};
use crate::world::World;

/// What `serve` takes where no forecast speaks.
const OUTLOOK: &str = "persistence:12";

fn check(broker: &Broker, file: &str) {
    let Some(file) = skip::shared_data(file) else { return };
    let world = World::new(&broker.bootstrap);
    let played = world.played(&file, OUTLOOK);
    let last = played.iter().rfind(|it| it["type"] == "hour_closed").unwrap();
    assert!(world.feed_with(&file, "max", "none").await_end().success());
    let mut serving = world.serve();
    world.await_hour(&mut serving, last["body"]["hour"].as_str().unwrap());
    serving.ask_to_end();
    assert!(serving.await_end().success(), "{}", serving.words());
    let served = world.decisions();
    for (played, served) in played.iter().zip(&served) {
        assert_eq!(played, served);
    }
    assert_eq!(played.len(), served.len());
    assert!(played.iter().any(|it| it["type"] == "order_set_issued"), "nothing was ordered");
}

broker_test!(january_2019_is_decided_alike, |broker| {
    check(broker, "cnemc_bth_ring_ep_20190109_0116.csv.gz");
});

broker_test!(the_first_red_of_2015_is_decided_alike, |broker| {
    check(broker, "beijing35_ep_20151205_1212_red1.csv.gz");
});
