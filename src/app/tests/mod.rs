//! What several tests of this layer use.

pub(super) mod fixture;
