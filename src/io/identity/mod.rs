//! Files of the HTTP interface: the token file, read again when it changes, and those of TLS.

mod tls;
mod token_file;
mod watch;

pub use tls::{TlsError, certificates, server_config};
pub use token_file::{ChangeError, FileError, change, read};
pub use watch::{Changes, watch, watch_tls};
