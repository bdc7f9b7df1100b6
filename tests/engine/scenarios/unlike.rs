//! Same air, same grade: an auditor that tells of pairs for which it does not hold.

use crate::world::World;

fn told(world: &World) -> Vec<String> {
    let story = world.story();
    story.lines().filter(|it| it.contains(" unlike, ")).map(str::to_owned).collect()
}

/// The bound lies between the two.
fn neighbours(by_ug_m3: i32) -> World {
    let other = 148 + by_ug_m3;
    let air = format!("110000: clean*24 148*40 clean*30\n120000: clean*24 {other}*40 clean*30");
    World::new("BTH-2023").air(&air)
}

#[test]
fn like_air_with_unlike_grades_is_told_of_and_again_after_a_day() {
    let expected = |hours: &[i32], apart: i32| {
        let line = |hour: &i32| format!("{hour}: 110000 none, 120000 yellow unlike, {apart} apart");
        hours.iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(told(&neighbours(5)), expected(&[48, 72], 5));
    assert_eq!(told(&neighbours(6)), Vec::<String>::new(), "not alike");
    assert_eq!(told(&neighbours(6).set("like_air_ug_m3 = 6")), expected(&[48, 72], 6));
    // Both are below the bound.
    assert_eq!(told(&neighbours(2)), Vec::<String>::new());
}

/// In one of them an hour of the last three days is not known.
#[test]
fn air_of_which_only_one_is_known_is_not_alike() {
    let world = World::new("BTH-2023");
    let world = world.air("110000: clean*24 148*60\n120000: clean*24 153*23 x*5 153*32");
    let found = told(&world);
    assert!(found.iter().all(|it| it.starts_with("48:")), "{found:?}");
}

#[test]
fn jurisdictions_under_unlike_standards_are_not_compared() {
    // Pilot cities had a standard of their own in 2016.
    let world =
        World::in_force("2016-03-20").air("110000: clean*24 148*60\n130700: clean*24 153*60");
    assert_eq!(told(&world), Vec::<String>::new());
}
