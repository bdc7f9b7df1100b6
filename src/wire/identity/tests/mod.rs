//! Tests of the token file, and of who may do what.

mod file;
mod gate;
