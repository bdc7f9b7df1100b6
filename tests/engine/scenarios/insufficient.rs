//! Too few values is an outcome, told once a run, with a fallback that is a parameter.

use airshed::domain::{AirEvent, Event, Insufficiency, InsufficientAs, WarningEvent};

use crate::world::World;

fn told(world: &World) -> Vec<(i32, Insufficiency)> {
    let zero = world.hour(0);
    let records = world.run().into_iter().filter_map(|it| match it.event {
        Event::Air(AirEvent::DataInsufficient(it)) => Some((it.hour.0 - zero.0, it)),
        _ => None,
    });
    records.collect()
}

#[test]
fn a_city_under_the_limit_is_told_of_once_a_run() {
    let check = |air: &str, expected: &[(i32, u8)]| {
        let told = told(&World::new("BTH-2023").air(air));
        let found = told.iter().map(|(hour, it)| (*hour, it.valid_hours));
        assert_eq!(found.collect::<Vec<_>>(), expected, "{air}");
        assert!(told.iter().all(|(_, it)| it.needed_hours == 20));
    };
    check("130100: clean*40 x*4 clean*40", &[]);
    check("130100: clean*40 x*5 clean*40", &[(45, 19)]);
    check("130100: clean*40 x*9 clean*40 x*5 clean*30", &[(45, 19), (94, 19)]);
    // Nobody can have more in the first day of a log.
    check("130100: x*4 clean*40", &[]);
    check("130100: x*5 clean*40", &[(24, 19)]);
}

#[test]
fn excluded_hours_are_not_missing() {
    let world =
        World::new("BTH-2023").air("130100: clean*40 x*5 clean*40").exclude(130_100, 41, 45);
    assert!(told(&world).is_empty());
}

/// Six hours of a bad day are missing: by itself nobody knows, by the others' air it is bad.
#[test]
fn the_fallback_is_a_parameter() {
    let mut world = World::new("BTH-2023").air("130100: clean*24 heavy*16 x*6 heavy*10 clean*30");
    world.elsewhere_ug_m3 = 160;
    let fallback = |world: &World| told(world).first().map(|(_, it)| it.fallback);
    let of_city = |world: &World| {
        let story = world.story();
        story.lines().filter(|it| it.contains("130100-1 issued")).map(str::to_owned).next()
    };
    assert_eq!(fallback(&world), Some(InsufficientAs::Outlook));
    let (before, after) =
        (of_city(&world), of_city(&world.clone().set("insufficient_as = \"airshed_mean\"")));
    assert_ne!(before, after);
    let world = world.set("insufficient_as = \"airshed_mean\"");
    assert_eq!(fallback(&world), Some(InsufficientAs::AirshedMean));
    let makers = world.run().into_iter().filter_map(|it| match it.event {
        Event::Warning(WarningEvent::WarningDecided(act)) => Some(act.makers),
        _ => None,
    });
    assert!(makers.flatten().any(|it| &*it == "airshed_mean"));
}
