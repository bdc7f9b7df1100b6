//! The server itself, in a thread of its own.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rustls::ServerConfig;
use thiserror::Error;

/// How long requests that are being answered may take after the end of the program is asked for.
const END_WITHIN: Duration = Duration::from_millis(800);

/// A new connection must send its first request within this time, so that clients that send
/// nothing do not use up the sockets.
const FIRST_REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// The head of each further request must come within this time, also on a connection that is idle.
const NEXT_REQUEST_WITHIN: Duration = Duration::from_secs(75);

/// The settings of TLS; clones share them.
#[derive(Clone, Debug)]
pub struct Tls(RustlsConfig);

impl Tls {
    /// With these settings.
    pub fn new(config: Arc<ServerConfig>) -> Self {
        Self(RustlsConfig::from_config(config))
    }

    /// Puts others in their place, for connections that come from now on.
    pub fn replace(&self, config: Arc<ServerConfig>) {
        self.0.reload_from_config(config);
    }
}

/// The server cannot start.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The reason of the system.
        error: std::io::Error,
    },
    /// The system gives no thread.
    #[error("cannot start the HTTP server: {0}")]
    Thread(std::io::Error),
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens, and answers in other threads: over TLS, or else without. Streams must have ended
    /// before it is dropped.
    pub fn start(
        address: SocketAddr,
        router: Router,
        tls: Option<Tls>,
    ) -> Result<Self, ServeError> {
        let listen = |error| ServeError::Listen { address, error };
        let listener = TcpListener::bind(address).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("http")
            .enable_all()
            .build()
            .map_err(ServeError::Thread)?;
        let handle = Handle::new();
        let of_server = handle.clone();
        let serve = async move {
            if let Err(error) = serve(listener, router, tls, of_server).await {
                tracing::error!(%error, "the HTTP server has ended");
            }
        };
        let thread = std::thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || runtime.block_on(serve))
            .map_err(ServeError::Thread)?;
        Ok(Self { address, handle, thread: Some(thread) })
    }

    /// Where it listens; with port 0, the port that the system has given.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Tls>,
    handle: Handle<SocketAddr>,
) -> std::io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let mut server = axum_server::from_tcp(listener)?.handle(handle);
    server.http_builder().http1().header_read_timeout(NEXT_REQUEST_WITHIN);
    let server = server.first_request_timeout(FIRST_REQUEST_WITHIN);
    match tls {
        None => server.serve(service).await,
        Some(Tls(config)) => server.acceptor(RustlsAcceptor::new(config)).serve(service).await,
    }
}

/// Threads that answer. What takes long is done in threads for that.
const WORKERS: usize = 2;

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.graceful_shutdown(Some(END_WITHIN));
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the HTTP server has met a fault");
        }
    }
}
