//! Stops a run on Ctrl-C and, on Unix, on SIGTERM.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::Context as _;

use crate::io::kafka::Stop;

/// The signal that stopped a run, if any.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct Asked(Arc<AtomicU8>);

impl Asked {
    /// The exit code that shells report after such a signal: 130 for Ctrl-C, 143 for SIGTERM.
    pub(in crate::app) fn exit_code(&self) -> u8 {
        match self.0.load(Ordering::Relaxed) {
            0 => EXIT_BY_INTERRUPT,
            code => code,
        }
    }
}

/// Sets `stop` at the first signal. A second one ends the program at once.
pub(in crate::app) fn listen(stop: Stop) -> anyhow::Result<Asked> {
    let asked_by = Asked::default();
    let code = Arc::clone(&asked_by.0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot listen for signals")?;
    let asked = async move {
        let first = request().await;
        code.store(*first.as_ref().unwrap_or(&EXIT_BY_INTERRUPT), Ordering::Relaxed);
        stop.set();
        tracing::info!("stopping: finishing the current step");
        if first.is_ok()
            && let Ok(again) = request().await
        {
            tracing::warn!("stopping at once on a second signal; the log is intact");
            std::process::exit(i32::from(again));
        }
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || runtime.block_on(asked))
        .context("cannot listen for signals")?;
    Ok(asked_by)
}

/// 128 plus the number of the signal.
const EXIT_BY_INTERRUPT: u8 = 130;
#[cfg(unix)]
const EXIT_BY_TERMINATION: u8 = 143;

/// Waits for a signal and returns its exit code.
#[cfg(unix)]
async fn request() -> std::io::Result<u8> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map(|()| EXIT_BY_INTERRUPT),
        _ = term.recv() => Ok(EXIT_BY_TERMINATION),
    }
}

#[cfg(not(unix))]
async fn request() -> std::io::Result<u8> {
    tokio::signal::ctrl_c().await.map(|()| EXIT_BY_INTERRUPT)
}
