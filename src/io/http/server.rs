//! The server itself, in a thread of its own.

use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use thiserror::Error;

/// How long requests that are being answered may take after the end of the program is asked for.
const END_WITHIN: Duration = Duration::from_millis(800);

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
    /// Listens, and answers in other threads. Streams must have ended before it is dropped.
    pub fn start(address: SocketAddr, router: Router) -> Result<Self, ServeError> {
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
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            let server = axum_server::from_tcp(listener).map(|it| it.handle(of_server));
            let served = match server {
                Ok(server) => server.serve(service).await,
                Err(error) => Err(error),
            };
            if let Err(error) = served {
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
