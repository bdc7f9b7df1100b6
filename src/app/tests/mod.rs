//! Test support of this layer.

pub(super) mod fixture;
