//! What becomes of orders, and of all that bodies do: scenarios that read like the procedure.
//!
//! A scenario is a few lines of a file in this folder:
//!
//! ```text
//! ## L01 nobody answers            a new world; what follows happens in it
//! rules lift_expires_h = 5         a line of cooperation.toml that is another one in it
//! set 2 09:30 130100 raise red 12-05T08:00   an order set: decided, jurisdiction act grade from; ...
//! decide 08:30 130400 issue red 12-05T08:00 12-09T08:00 warning; ...   the acts of a decision: each
//!                                  with the start that it would have by itself, end and cause
//! sets                             from here on acts and order sets are among the records
//! adopt lift_expires_h = 5         another rule book; or: adopt without 130500
//! 10:30                            the clock goes on, minute by minute
//! jump 16:00                       the clock goes on in one movement
//! officer 130100 acknowledge {"order": "1-130100"}   a command (before it: id=a1 given=09:00)
//! = order_acknowledged in_time=true    the next record, and fields of it
//! =                                 no further record
//! topics 130400 13-                the bodies to which that record is sent; `~` behind a code: in
//!                                  part, `-`: without the actor's name
//! 130200 sees at order             the fields of it that a body sees; or `nothing`
//! ```
//!
//! Times without a day are of 2025-12-04, days without a year of 2025. After the last line of a
//! scenario there is no record that was not named.

mod board;
mod interleavings;
mod noise;
mod real;
mod score;
mod stage;
mod story;
mod what_if;

use stage::play;

#[test]
fn commands() {
    play(include_str!("commands.txt"));
}

#[test]
fn deadlines() {
    play(include_str!("deadlines.txt"));
}

#[test]
fn orders() {
    play(include_str!("orders.txt"));
}

#[test]
fn approval() {
    play(include_str!("approval.txt"));
}

#[test]
fn floors() {
    play(include_str!("floors.txt"));
}

#[test]
fn consultations() {
    play(include_str!("consultations.txt"));
}

#[test]
fn enforcement() {
    play(include_str!("enforcement.txt"));
}

#[test]
fn episodes() {
    play(include_str!("episodes.txt"));
}

#[test]
fn who_sees_what() {
    play(include_str!("who_sees_what.txt"));
}
