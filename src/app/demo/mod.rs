//! `airshed demo`: a winter episode, played from a seed into a log.

mod episode;
mod outlook;
mod random;
mod weather;
