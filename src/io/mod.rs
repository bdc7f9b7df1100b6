//! With whom: one folder a technology, each hiding it behind the engine's ports.

pub mod disk;
pub mod files;
pub mod hooks;
pub mod http;
pub mod identity;
pub mod kafka;
pub mod memory;
pub mod otlp;
pub mod registry;
pub mod segments;
pub mod tail;
