//! The real program through everything that happens to programs: the same orders, each once.

use std::time::Duration;

use crate::support::{OwnBroker, broker_test};
use crate::world::{World, check_same, january, undisturbed};

/// Hours of the slice pass in milliseconds: about 25 s for all of it.
const FLOWING: &str = "28000x";
const KILLS: u32 = 24;
const TAKEOVERS: u32 = 5;

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % end
    }
}

broker_test!(killed_again_and_again_it_orders_the_same, |broker| {
    let Some(file) = january() else { return };
    let expected = undisturbed(broker, &file);
    let world = World::new(&broker.bootstrap);
    let mut feed = world.feed(&file, FLOWING);
    let mut random = Random(2019);
    for _ in 0..KILLS {
        let mut serving = world.serve();
        std::thread::sleep(Duration::from_millis(150 + random.below(1_100)));
        if let Some(status) = serving.ended() {
            panic!("serve ended with {status}: {}", serving.words());
        }
        serving.kill();
    }
    assert!(feed.await_end().success(), "{}", feed.words());
    let mut serving = world.serve();
    world.await_last_hour(&mut serving);
    check_same(&world.orders(), expected);
    world.check_whole();
    serving.end();
    world.check_published();
});

broker_test!(of_two_one_is_fenced_and_says_so, |broker| {
    let Some(file) = january() else { return };
    let expected = undisturbed(broker, &file);
    let world = World::new(&broker.bootstrap);
    let mut feed = world.feed(&file, FLOWING);
    let mut older = world.serve();
    std::thread::sleep(Duration::from_secs(3));
    let mut newer = world.serve();
    let status = older.await_end();
    assert_eq!(status.code(), Some(1), "{}", older.words());
    assert!(older.words().contains("another engine has taken over"), "{}", older.words());
    assert!(feed.await_end().success(), "{}", feed.words());
    world.await_last_hour(&mut newer);
    check_same(&world.orders(), expected);
    world.check_whole();
    newer.end();
    world.check_published();
});

// One that stalls wherever it is, and wakes when another has taken over, publishes nothing more.
broker_test!(one_that_stalls_and_wakes_after_a_takeover_publishes_nothing, |broker| {
    let Some(file) = january() else { return };
    let expected = undisturbed(broker, &file);
    let world = World::new(&broker.bootstrap);
    let mut feed = world.feed(&file, FLOWING);
    let mut random = Random(2020);
    let mut older = world.serve();
    for _ in 0..TAKEOVERS {
        older.await_words("serving");
        std::thread::sleep(Duration::from_millis(500 + random.below(2_000)));
        older.stall();
        let newer = world.serve();
        newer.await_words("serving");
        std::thread::sleep(Duration::from_millis(random.below(600)));
        older.wake();
        let status = older.await_end();
        assert_eq!(status.code(), Some(1), "{}", older.words());
        assert!(older.words().contains("another engine has taken over"), "{}", older.words());
        older = newer;
    }
    assert!(feed.await_end().success(), "{}", feed.words());
    world.await_last_hour(&mut older);
    check_same(&world.orders(), expected);
    world.check_whole();
    older.end();
    world.check_published();
});

broker_test!(it_waits_for_a_killed_broker_and_loses_nothing, |shared| {
    let Some(file) = january() else { return };
    let expected = undisturbed(shared, &file);
    let broker = OwnBroker::start();
    let world = World::new(&broker.bootstrap);
    let mut feed = world.feed(&file, FLOWING);
    let mut serving = world.serve();
    // Some while it starts, when topics are made and searched, some while it serves.
    for pause_ms in [300, 2_000, 6_000] {
        std::thread::sleep(Duration::from_millis(pause_ms));
        broker.kill();
        broker.start_again_after(Duration::from_secs(4)).join().unwrap();
    }
    assert!(feed.await_end().success(), "{}", feed.words());
    world.await_last_hour(&mut serving);
    check_same(&world.orders(), expected);
    world.check_whole();
    serving.end();
    world.check_published();
    let words = serving.words();
    assert!((1..=6).contains(&words.matches("no broker answers").count()), "{words}");
    assert!(words.contains("answers again"), "{words}");
});

broker_test!(partitions_that_are_added_while_it_runs_are_read_too, |broker| {
    let Some(file) = january() else { return };
    let expected = undisturbed(broker, &file);
    let world = World::new(&broker.bootstrap);
    let mut serving = world.serve();
    serving.await_words("serving");
    world.add_partitions(6);
    serving.await_words("a new partition");
    assert!(world.feed(&file, "max").await_end().success());
    world.await_last_hour(&mut serving);
    check_same(&world.orders(), expected);
});

broker_test!(it_ends_when_asked_even_without_a_broker, |_shared| {
    let world = World::new("127.0.0.1:9");
    let mut serving = world.serve();
    serving.await_words("no broker answers");
    serving.ask_to_end();
    assert!(serving.await_end().success(), "{}", serving.words());
});
