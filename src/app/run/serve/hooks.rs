//! Webhooks of a program that serves.

use std::sync::Arc;

use super::ServingEngine;
use super::feed::{Followed, TargetFeed};
use crate::app::run::console::{Clock as _, SystemClock};
use crate::app::run::metrics::Metrics;
use crate::app::support::config::Config;
use crate::app::support::hooks::{Begin, Hook};
use crate::app::support::log_reader::LogLocation;
use crate::domain::RuleBook;
use crate::domain::cooperation::Body;
use crate::engine::PortError;
use crate::io::hooks::{Feed, Now, Observer, Stop, Store, Target, Workers, start};
use crate::io::tail::tail;
use crate::wire::hooks::Queue;

/// Records that may wait for the thread that follows; it reads what does not fit from the log.
const TAIL_RECORDS: usize = 1 << 14;

/// Checks what names bodies, types and files.
pub(in crate::app) fn check(config: &Config, book: &RuleBook) -> Result<(), String> {
    for (name, hook) in &config.hooks.targets {
        config.hooks.target(name, hook)?;
        body(name, hook, book)?;
        let known: Vec<&str> = crate::wire::record::types().collect();
        if let Some(wrong) = hook.types.iter().find(|it| !known.contains(&it.as_str())) {
            let words = "there is no such type of record; see schemas/README.md";
            return Err(format!("hooks.targets.{name}.types: {wrong}: {words}"));
        }
    }
    Ok(())
}

/// The body for which messages of a target are made.
fn body(name: &str, hook: &Hook, book: &RuleBook) -> Result<Option<Body>, String> {
    let Some(code) = &hook.viewer else { return Ok(None) };
    let bodies = book.rules.cooperation.as_ref().map(|it| &it.bodies);
    let wrong = || {
        format!(
            "hooks.targets.{name}.as: the airshed has no body {code}; right is a member or \
             district such as 130100, a province such as 13, or region"
        )
    };
    bodies.and_then(|it| it.find(code)).map(Some).ok_or_else(wrong)
}

/// Starts a thread for each target; nothing without targets. The engine has not appended yet, so a
/// new target misses nothing from here on.
pub(super) fn begin(
    config: &Config,
    book: &RuleBook,
    log: LogLocation,
    metrics: &Arc<Metrics>,
    engine: &mut ServingEngine,
) -> Result<Option<Workers>, PortError> {
    let hooks = &config.hooks;
    if hooks.targets.is_empty() {
        return Ok(None);
    }
    let next = engine.memory().next;
    let followed = Arc::new(Followed::new(log));
    let mut targets: Vec<(Target, Store, Queue, Box<dyn Feed>)> = Vec::new();
    for (name, hook) in &hooks.targets {
        let failed = |words: String| PortError::Failed(format!("hooks.targets.{name}: {words}"));
        let target = hooks.target(name, hook).map_err(PortError::Failed)?;
        let viewer = body(name, hook, book).map_err(PortError::Failed)?;
        let store = Store::new(&hooks.folder, name);
        let queue = queue(&store, hook, next.0).map_err(failed)?;
        let types = hook.types.iter().cloned().collect();
        let followed = Arc::clone(&followed);
        let feed = Box::new(TargetFeed { followed, viewer, types, behind: None });
        targets.push((target, store, queue, feed));
    }
    let (follower, tail) = tail(next, TAIL_RECORDS);
    engine.follow(follower);
    let stop = Stop::default();
    let of_thread = stop.clone();
    let thread = std::thread::Builder::new().name("hooks".to_owned());
    thread
        .spawn(move || followed.follow(tail, &of_thread))
        .map_err(|error| PortError::Failed(format!("no thread for webhooks: {error}")))?;
    let clock = SystemClock::start();
    let now: Now = Arc::new(move || clock.wall().0 / 1_000);
    let observer: Arc<dyn Observer> = Arc::<Metrics>::clone(metrics);
    let count = targets.len();
    let workers = start(targets, &book.rules.airshed, &now, &observer, stop);
    tracing::info!(targets = count, "sending webhooks");
    workers.map(Some).map_err(PortError::Failed)
}

/// The stored queue of a target, or a new one, which is stored.
fn queue(store: &Store, hook: &Hook, next: u64) -> Result<Queue, String> {
    let stored = store.queue().map_err(|error| error.to_string())?;
    let Some(queue) = stored else {
        let queue = Queue::new(if hook.begin == Begin::Start { 0 } else { next });
        store.set_queue(&queue).map_err(|error| error.to_string())?;
        return Ok(queue);
    };
    if queue.next > next {
        return Err(format!(
            "it was sent the records before {}, and this log has {next}: it is another log; name \
             another hooks.folder",
            queue.next
        ));
    }
    Ok(queue)
}
