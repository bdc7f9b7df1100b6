//! Cuts at the one place where they hurt.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cluster::{Cluster, Node};
use crate::history::Message;
use crate::process::{Process, now};
use crate::world::{BROKERS, Leaders, World, coordinator};

/// The hours of the air pass in about 29 s: less than `CUT_OFF`, and enough for a slow machine to
/// cut in the middle.
const FLOWING: &str = "36000x";
/// Longer than a message waits for its broker, and shorter than a transaction.
const CUT_OFF: Duration = Duration::from_secs(40);

/// The two brokers that do not coordinate transactions.
fn others(cluster: &Cluster) -> [i32; 2] {
    let coordinator = coordinator(cluster);
    let mut others = BROKERS.into_iter().filter(|it| *it != coordinator);
    [others.next().unwrap(), others.next().unwrap()]
}

/// Each jurisdiction has a state, and there was more than one hour.
fn flows(current: &[Message]) -> bool {
    let hours: BTreeSet<_> = current.iter().map(|it| it.body["air"]["hour"].to_string()).collect();
    hours.len() > 3
}

/// A process is cut off from the leader of `current` in the middle of its work.
fn cut_off(cluster: &Cluster, seed: u64) -> (World<'_>, Process, Process) {
    let [current, log] = others(cluster);
    let world = World::new(cluster, seed, Some(Leaders { log, orders: log, current }));
    let mut older = world.serve(Node::A);
    older.await_words("serving");
    let feed = world.feed(FLOWING);
    world.await_current(std::slice::from_mut(&mut older), flows);
    cluster.cut(Node::A, Node::Broker(current));
    (world, feed, older)
}

#[test]
fn what_a_cut_off_process_has_queued_never_overwrites_newer_states() {
    let Some(cluster) = Cluster::of_test() else { return };
    let (world, mut feed, mut older) = cut_off(&cluster, 1);
    let cut = now();
    let mut newer = world.serve(Node::B);
    assert!(feed.await_end().success(), "{}", feed.words());
    world.await_last_hour(std::slice::from_mut(&mut newer));
    std::thread::sleep(CUT_OFF.saturating_sub(cut.elapsed()));
    cluster.heal();
    older.await_fenced();
    world.end_and_judge(vec![newer]);
    // A start believes the log, whatever stands in the topic.
    let mut again = world.serve(Node::A);
    again.await_words("serving");
    let history = world.end_and_judge(vec![again]);
    assert!(history.order_count() > 50, "{}", history.order_count());
}

#[test]
fn what_a_stopped_process_wakes_up_with_never_overwrites_newer_states() {
    let Some(cluster) = Cluster::of_test() else { return };
    let (world, mut feed, mut older) = cut_off(&cluster, 2);
    // Until it waits for the broker that it cannot reach.
    std::thread::sleep(Duration::from_secs(2));
    older.signal("STOP");
    let mut newer = world.serve(Node::B);
    assert!(feed.await_end().success(), "{}", feed.words());
    world.await_last_hour(std::slice::from_mut(&mut newer));
    cluster.heal();
    older.signal("CONT");
    older.await_fenced();
    world.end_and_judge(vec![newer]);
    let mut again = world.serve(Node::A);
    again.await_words("serving");
    again.kill();
    let mut again = world.serve(Node::A);
    again.await_words("serving");
    world.end_and_judge(vec![again]);
}

#[test]
fn an_order_that_no_follower_has_fetched_is_not_sent_twice() {
    let Some(cluster) = Cluster::of_test() else { return };
    let [orders, log] = others(&cluster);
    let world = World::new(&cluster, 3, Some(Leaders { log, orders, current: log }));
    let mut serving = world.serve(Node::A);
    serving.await_words("serving");
    let mut feed = world.feed(FLOWING);
    world.await_current(std::slice::from_mut(&mut serving), flows);
    for follower in BROKERS.into_iter().filter(|it| *it != orders) {
        cluster.cut_calls(Node::Broker(follower), orders);
    }
    let cut = now();
    // Until an order is on its way to the broker that cannot acknowledge it: then it waits.
    let mut before = -1;
    while world.log_end() != before {
        before = world.log_end();
        std::thread::sleep(Duration::from_secs(1));
    }
    assert!(!world.has_last_hour(), "it did not wait for a broker: {}", serving.words());
    serving.kill();
    let mut serving = world.serve(Node::A);
    std::thread::sleep(Duration::from_secs(12).saturating_sub(cut.elapsed()));
    cluster.heal();
    assert!(feed.await_end().success(), "{}", feed.words());
    world.await_last_hour(std::slice::from_mut(&mut serving));
    world.end_and_judge(vec![serving]);
}
