//! Given, when, then: air in, one line for each thing that was decided.

use crate::world::{World, check};

macro_rules! look { ($($name:ident: $world:expr;)*) => { $(#[test] fn $name() { eprintln!("=== {}\n{}", stringify!($name), $world.story()); })* } }

fn none(s: &str) -> World {
    World::new(s).set("outlook_of_last_resort = \"none\"")
}
fn foresight(s: &str) -> World {
    none(s).hindsight(120)
}

look! {
  a_bounds_are_strict: foresight("BTH-2023").air("130100: 30*40 150*40 30*60\n130200: 30*40 151*24 30*76");
  b_yellow2: foresight("BTH-2023").air("130100: 30*40 116*48 30*60\n130200: 30*40 115*60 30*40");
  c_orange: foresight("BTH-2023").air("130100: 30*40 151*48 30*60\n130200: 30*40 116*72 30*40");
  d_red: foresight("BTH-2023").air("130100: 30*40 151*24 251*24 151*24 30*60\n130200: 30*40 151*100 30*12");
  e_2016_500: foresight("BTH-2017").air("130100: 30*40 600*24 30*60");
  f_joined_episode: foresight("BTH-2023").air("130100: 30*40 160*24 30*35 160*24 30*60\n130200: 30*40 160*24 30*36 160*24 30*60");
  g_raise: foresight("BTH-2018").hindsight(60).air("130100: 30*40 160*100 30*60");
  h_lower: foresight("BTH-2023").hindsight(120).air("130100: 30*40 160*72 118*60 30*60");
  i_none: none("BTH-2023").air("130100: 30*40 160*72 118*60 30*60");
  j_sync: foresight("BTH-2023").air("130100: 30*40 160*72 30*60\n130200: 30*45 160*72 30*55\n130300: 30*52 160*72 30*48");
  k_linked: foresight("BTH-2023").air("130100: 30*40 160*72 30*60\n130200: 30*40 160*72 30*60\n130500: 30*40 160*72 30*60\n130600: 30*40 160*72 30*60\n130400: 30*60 160*30 30*60\n130300: 30*80 160*72 30*48");
  l_silence: none("BTH-2023").air("130100: 30*40 160*40 x*60 30*60");
  m_silence_clear: none("BTH-2023").air("130100: 30*40 160*40 30*6 x*60 30*60");
}
