//! `airshed picture`: the episode of a log as one self-contained SVG.

mod colour;
mod draw;
mod legend;
mod svg;

pub(super) use draw::draw_episode;
