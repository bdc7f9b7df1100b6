//! Random schedules: brokers are cut off from each other and from the program, the program is
//! killed, stopped and taken over in between, and receivers must not notice.

use std::time::Duration;

use crate::cluster::{Cluster, Node};
use crate::dice::Dice;
use crate::process::Process;
use crate::world::{BROKERS, World};

/// Schedules in a run, unless `AIRSHED_SCHEDULES` wants more.
const SCHEDULES: u64 = 10;
/// What happens in one schedule, besides a kill in its middle.
const DEEDS: u64 = 6;
/// The hours of the air pass in about 8 s.
const FLOWING: &str = "140000x";
/// The air of every schedule: all of them must lead to the same orders.
const AIR: u64 = 4;

/// What may happen.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// The newest process is cut off from a broker.
    CutOffProcess,
    /// Two brokers are cut off from each other.
    CutBrokers,
    /// A broker is cut off from both others.
    Isolate,
    /// Nobody can fetch from a broker as its follower.
    CutFollowers,
    /// The newest process is killed and started again, here or elsewhere.
    Kill,
    /// Another process takes over from one that goes on.
    TakeOver,
    /// Another process takes over from one that is stopped, and wakes up at the end.
    Stop,
    /// All nodes reach each other again.
    Heal,
}

const ALL: [Deed; 8] = [
    Deed::CutOffProcess,
    Deed::CutBrokers,
    Deed::Isolate,
    Deed::CutFollowers,
    Deed::Kill,
    Deed::TakeOver,
    Deed::Stop,
    Deed::Heal,
];

/// One schedule.
struct Schedule<'a> {
    cluster: &'a Cluster,
    world: World<'a>,
    dice: Dice,
    /// All that have not been killed, the newest one last.
    processes: Vec<Process>,
    /// Where the newest one runs.
    at: Node,
}

impl Schedule<'_> {
    fn start(&mut self) {
        self.processes.push(self.world.serve(self.at));
    }

    fn move_on(&mut self) {
        self.at = if self.at == Node::A { Node::B } else { Node::A };
    }

    /// A broker, and the other two.
    fn split(&mut self) -> (i32, Vec<i32>) {
        let one = self.dice.one_of(&BROKERS);
        (one, BROKERS.into_iter().filter(|it| *it != one).collect())
    }

    fn carry_out(&mut self, deed: Deed) {
        let (one, others) = self.split();
        match deed {
            Deed::CutOffProcess => self.cluster.cut(self.at, Node::Broker(one)),
            Deed::CutBrokers => self.cluster.cut(Node::Broker(one), Node::Broker(others[0])),
            Deed::Isolate => {
                for other in others {
                    self.cluster.cut(Node::Broker(one), Node::Broker(other));
                }
            }
            Deed::CutFollowers => {
                for other in others {
                    self.cluster.cut_calls(Node::Broker(other), one);
                }
            }
            Deed::Kill => {
                if let Some(mut newest) = self.processes.pop() {
                    if newest.ended().is_some() {
                        newest.check_fenced();
                    } else {
                        newest.kill();
                    }
                }
                if self.dice.below(2) == 0 {
                    self.move_on();
                }
                self.start();
            }
            Deed::TakeOver => {
                self.move_on();
                self.start();
            }
            Deed::Stop => {
                if let Some(newest) = self.processes.last_mut()
                    && newest.ended().is_none()
                {
                    newest.signal("STOP");
                }
                self.move_on();
                self.start();
            }
            Deed::Heal => self.cluster.heal(),
        }
    }

    fn pause(&mut self) {
        std::thread::sleep(Duration::from_millis(200 + self.dice.below(1_600)));
    }
}

/// Lives through a schedule; gives back the order sets of the log.
#[expect(clippy::print_stdout, reason = "The harness shows this for a test that fails.")]
fn live(cluster: &Cluster, seed: u64, deeds: u64) -> Vec<serde_json::Value> {
    cluster.heal();
    let world = World::new(cluster, AIR, None);
    let mut first = world.serve(Node::A);
    first.await_words("serving");
    let mut feed = world.feed(FLOWING);
    let (dice, processes) = (Dice::new(seed), vec![first]);
    let mut schedule = Schedule { cluster, world, dice, processes, at: Node::A };
    let mut done = Vec::new();
    for nth in 0..deeds {
        schedule.pause();
        let deed = if nth == deeds / 2 { Deed::Kill } else { schedule.dice.one_of(&ALL) };
        done.push(deed);
        schedule.carry_out(deed);
    }
    if deeds > 0 {
        schedule.pause();
    }
    cluster.heal();
    for process in &mut schedule.processes {
        if process.ended().is_none() {
            process.signal("CONT");
        }
    }
    println!("seed {seed}: {done:?}");
    assert!(feed.await_end().success(), "{}", feed.words());
    let Schedule { world, mut processes, .. } = schedule;
    world.await_last_hour(&mut processes);
    world.end_and_judge(processes).order_sets()
}

#[test]
fn whatever_is_cut_and_killed_each_order_arrives_once_and_in_order() {
    let Some(cluster) = Cluster::of_test() else { return };
    let calm = live(&cluster, 0, 0);
    assert!(calm.len() > 10, "{} order sets", calm.len());
    for seed in 0..schedules() {
        let lived = live(&cluster, seed, DEEDS);
        assert_eq!(lived.len(), calm.len(), "seed {seed}");
        assert!(lived == calm, "seed {seed}: other orders than without disturbance");
    }
}

#[expect(clippy::disallowed_methods, reason = "Only the caller knows how long it may take.")]
fn schedules() -> u64 {
    let wanted = std::env::var("AIRSHED_SCHEDULES").ok();
    wanted.map_or(SCHEDULES, |it| it.parse().unwrap())
}
