//! A log in files under `serve`: no order leaves before its record is on the device.

use std::fs;
use std::path::Path;

use crate::shim::{self, Disk, Faults};
use crate::support::broker_test;
use crate::world::{World, check_same, january, undisturbed};

/// Operations on the disk before which `serve` is killed. Opening takes about eight, the first time
/// about seventeen; each append takes four or five.
const KILLS: [u64; 10] = [19, 9, 10, 12, 11, 15, 10, 9, 12, 11];
/// After these runs the power is cut as well.
const POWER_CUTS: [usize; 4] = [1, 4, 7, 9];

fn faults(kill: Option<u64>) -> Faults {
    Faults { kill, sent: Some(".orders."), ..Faults::default() }
}

/// Takes in what a run has done; fails if an order left too early.
fn replay(disk: &mut Disk, journal: &Path, run: &str) {
    disk.replay(journal).unwrap_or_else(|error| panic!("{run}: {error}"));
}

broker_test!(no_order_leaves_before_its_record_is_on_the_device, |broker| {
    let Some(file) = january() else { return };
    if shim::library().is_none() {
        return;
    }
    let expected = undisturbed(broker, &file);
    let folder = tempfile::tempdir().unwrap();
    let (root, journal) = (folder.path().join("disk"), folder.path().join("journal"));
    fs::create_dir(&root).unwrap();
    let mut disk = Disk::new(&root);
    let world = World::in_segments(&broker.bootstrap, &root.join("logs/log"));
    assert!(world.feed(&file, "max").await_end().success());
    let mut dice = 2019_u64;
    for (run, kill) in KILLS.into_iter().enumerate() {
        let mut serving = world.serve_with(|it| faults(Some(kill)).plant(it, &root, &journal));
        let ended = world.await_last_hour_or_end(&mut serving);
        if ended.is_none() {
            serving.ask_to_end();
        }
        // Killed before it could end, or at its end.
        let status = serving.await_end();
        assert!(status.success() || status.code().is_none(), "run {run}: {}", serving.words());
        replay(&mut disk, &journal, &format!("run {run}"));
        if POWER_CUTS.contains(&run) {
            disk.cut_power(|end| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (dice >> 33) % end.max(1)
            });
        }
    }
    let mut serving = world.serve_with(|it| faults(None).plant(it, &root, &journal));
    world.await_last_hour(&mut serving);
    serving.ask_to_end();
    assert!(serving.await_end().success(), "{}", serving.words());
    replay(&mut disk, &journal, "the last run");
    check_same(&world.orders(), expected);
    let tally = disk.tally;
    assert!(tally.killed > 4 && tally.sent > 4 && tally.syncs > 8, "{tally:?}");
});
