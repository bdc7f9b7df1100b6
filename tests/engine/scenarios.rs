//! Given, when, then: air in, one line for each thing that was decided.

use crate::world::{World, check};

#[test]
fn first_look() {
    check(&World::new("BTH-2018").hindsight(120).air("130100: 30*40 260*60 20*60"), "");
}
#[test]
fn first_look_none() {
    check(&World::new("BTH-2018").air("130100: 30*40 260*60 20*60"), "");
}
