//! The hash of records, trees and snapshots.

/// A SHA-256.
pub type Hash = [u8; 32];
