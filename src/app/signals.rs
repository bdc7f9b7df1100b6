//! Being asked to end: Ctrl-C, and SIGTERM where there is one.

use anyhow::Context as _;

use crate::io::kafka::Stop;

/// Sets `stop` at the first request; at a second one the system's own way is taken.
pub(super) fn listen(stop: Stop) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot listen for signals")?;
    let asked = async move {
        let first = request().await;
        tracing::info!("asked to end: finishing the step at hand");
        stop.set();
        if first.is_ok() && request().await.is_ok() {
            tracing::warn!("asked again: ending at once, the log is whole");
            std::process::exit(EXIT_BY_SIGNAL);
        }
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || runtime.block_on(asked))
        .context("cannot listen for signals")?;
    Ok(())
}

/// What shells report of a program that was interrupted.
const EXIT_BY_SIGNAL: i32 = 130;

#[cfg(unix)]
async fn request() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = term.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn request() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
