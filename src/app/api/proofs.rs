//! Checkpoints, proofs, and evidence for those who do not trust this server.
//!
//! The hashes of the log are read when the first proof is asked for, and then only those of new
//! records: 64 bytes of memory for each record. Evidence is what `airshed log prove` writes, and
//! reads the log from its beginning.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::access::Asker;
use super::answer::{At, tagged};
use super::decisions::Page;
use super::document::Answers;
use super::shared::Shared;
use crate::app::support::log_reader::LogLocation;
use crate::app::support::notes::base64;
use crate::app::trust::prove::{self, Missing, Wanted};
use crate::engine::Position;
use crate::io::http::{Kind, Problem};
use crate::wire::identity::Call;
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::note::Note;
use crate::wire::trust::proof::Stored;
use crate::wire::trust::witness::Request;

const TEXT: &str = "text/plain; charset=utf-8";

/// The newest checkpoint: a signed note, as `airshed log checkpoint` prints it.
#[utoipa::path(
    get,
    path = "/v1/log/checkpoint",
    tag = "log",
    operation_id = "checkpoint",
    responses(
        (status = 200, description = "The note.", body = String, content_type = "text/plain"),
        Answers,
    ),
)]
pub(super) async fn checkpoint(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadProofs)?;
    let (note, checkpoint) = stored(&shared).await?.pop().ok_or_else(unsigned)?;
    Ok(tagged(&asked, checkpoint.size, TEXT, note.to_string()))
}

/// The checkpoints of more than `after` records, one behind the other, the oldest first.
#[utoipa::path(
    get,
    path = "/v1/log/checkpoints",
    tag = "log",
    operation_id = "checkpoints",
    params(Page),
    responses(
        (status = 200, description = "The notes.", body = String, content_type = "text/plain"),
        Answers,
    ),
)]
pub(super) async fn checkpoints(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(page): Query<Page>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadProofs)?;
    let Page { after, limit } = page.check()?;
    let all = stored(&shared).await?;
    let newest = all.last().ok_or_else(unsigned)?.1.size;
    let shown = all.iter().filter(|it| it.1.size > after).take(limit);
    let text: String = shown.map(|it| it.0.to_string()).collect();
    Ok(tagged(&asked, newest, TEXT, text))
}

/// Which record, and in which log.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct InclusionOf {
    /// The position of the record.
    #[param(maximum = 9_007_199_254_740_991_i64)]
    position: u64,
    /// The records of the checkpoint to prove it by; without it, those of the newest one.
    #[param(maximum = 9_007_199_254_740_991_i64)]
    size: Option<u64>,
}

/// The proof that a record is among the first `size` records, by RFC 6962: the hash of the record,
/// the hashes that lead to the root, and the root, each in base64.
#[utoipa::path(
    get,
    path = "/v1/log/proof",
    tag = "log",
    operation_id = "inclusion",
    params(InclusionOf),
    responses((status = 200, description = "The proof.", body = Object), Answers),
)]
pub(super) async fn inclusion(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(InclusionOf { position, size }): Query<InclusionOf>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadProofs)?;
    let (size, _) = size_of(&shared, "size", size).await?;
    if position >= size {
        return Err(Problem::missing(format!("record {position} among the first {size}")));
    }
    let proof = move |tree: &Stored| {
        Some(json!({
            "position": position,
            "size": size,
            "leaf": base64(&tree.leaf(position)?),
            "proof": texts(&tree.inclusion(position, size)?),
            "root": base64(&tree.root_at(size)?),
        }))
    };
    prove(&shared, &asked, size, proof).await
}

/// Which two logs.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ConsistencyOf {
    /// The records of the older checkpoint.
    #[param(maximum = 9_007_199_254_740_991_i64)]
    old: u64,
    /// The records of the newer one; without it, those of the newest checkpoint.
    #[param(maximum = 9_007_199_254_740_991_i64)]
    new: Option<u64>,
}

/// The proof that the first `new` records begin with the first `old` ones, by RFC 6962; and as
/// `request` what `airshed witness` takes, where the log has a checkpoint of the `new` records.
#[utoipa::path(
    get,
    path = "/v1/log/consistency",
    tag = "log",
    operation_id = "consistency",
    params(ConsistencyOf),
    responses((status = 200, description = "The proof.", body = Object), Answers),
)]
pub(super) async fn consistency(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(ConsistencyOf { old, new }): Query<ConsistencyOf>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadProofs)?;
    let (new, note) = size_of(&shared, "new", new).await?;
    if old > new {
        let words = format!("old={old}: right is 0 to {new}, the records of the newer log");
        return Err(Problem::new(Kind::NotFound, words));
    }
    let proof = move |tree: &Stored| {
        let proof = tree.consistency(old, new)?;
        let texts = texts(&proof);
        let request = note.map(|note| Request { old, proof, note }.to_string());
        Some(json!({
            "old": old,
            "old_root": base64(&tree.root_at(old)?),
            "new": new,
            "new_root": base64(&tree.root_at(new)?),
            "proof": texts,
            "request": request,
        }))
    };
    prove(&shared, &asked, new, proof).await
}

/// Which records of the evidence.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EvidenceOf {
    /// Leave out the readings of the hours that the decision used.
    #[serde(default)]
    without_readings: bool,
    /// The records of the checkpoint to prove it by, such as the one in a CAP message; without it, the
    /// newest checkpoint that a witness has co-signed, or else the newest one.
    #[param(maximum = 9_007_199_254_740_991_i64)]
    size: Option<u64>,
}

/// A bundle of evidence for one record: what `airshed log prove` writes and `airshed verify-bundle`
/// checks without the log.
#[utoipa::path(
    get,
    path = "/v1/evidence/{position}",
    tag = "log",
    operation_id = "evidence",
    params(("position" = u64, Path, description = "The position of the record.",
        maximum = 9_007_199_254_740_991_i64), EvidenceOf),
    responses((status = 200, description = "The bundle.", body = Object), Answers),
)]
pub(super) async fn evidence(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path(position): Path<u64>,
    Query(EvidenceOf { without_readings, size }): Query<EvidenceOf>,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadLog)?;
    shared.ready()?;
    bundle(&shared, Wanted::of(position, without_readings, size)).await
}

/// A bundle of evidence, as an answer.
pub(super) async fn bundle(shared: &Shared, wanted: Wanted) -> Result<Response, Problem> {
    let (records, position) = (shared.view().next(), wanted.position);
    if position >= records {
        let missing = Missing::Record { position, records };
        return Err(Problem::new(Kind::NotFound, missing.to_string()));
    }
    let found = shared.read_much(move |log| Ok(prove::evidence(log, &wanted, false)?)).await?;
    let text = found.map_err(|missing| Problem::new(Kind::NotFound, missing.to_string()))?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, text).into_response())
}

fn unsigned() -> Problem {
    Problem::new(Kind::NotFound, Missing::Checkpoint.to_string())
}

/// The checkpoints that are stored with the log, the oldest first.
async fn stored(shared: &Shared) -> Result<Vec<(Note, Checkpoint)>, Problem> {
    let read = |log: &LogLocation| {
        let notes = log.notes()?.notes.into_iter();
        // What cannot be read is for `airshed log verify`.
        let notes = notes.filter_map(|(_, note)| note.ok());
        Ok(notes.filter_map(|it| Some((Checkpoint::of(&it).ok()?, it))).collect::<Vec<_>>())
    };
    let found = shared.read_log(read).await?;
    Ok(found.into_iter().map(|(checkpoint, note)| (note, checkpoint)).collect())
}

/// The size that was asked for, or that of the newest checkpoint; with the checkpoint of that size.
async fn size_of(
    shared: &Shared,
    name: &str,
    asked: Option<u64>,
) -> Result<(u64, Option<Note>), Problem> {
    shared.ready()?;
    let mut all = stored(shared).await?;
    let Some(size) = asked else {
        return all.pop().map(|(note, it)| (it.size, Some(note))).ok_or_else(unsigned);
    };
    let records = shared.view().next();
    if size > records {
        let words = format!("{name}={size}: the log has {records} records");
        return Err(Problem::new(Kind::NotFound, words));
    }
    Ok((size, all.into_iter().find(|it| it.1.size == size).map(|it| it.0)))
}

/// A proof from the hashes of so many records.
async fn prove(
    shared: &Shared,
    asked: &HeaderMap,
    size: u64,
    proof: impl FnOnce(&Stored) -> Option<serde_json::Value> + Send + 'static,
) -> Result<Response, Problem> {
    let tree = Arc::clone(&shared.tree);
    let read = move |log: &LogLocation| Ok(proof(&*grown(&tree, log, size)?));
    let found = shared.read_much(read).await?;
    let found = found.ok_or_else(|| Problem::missing(format!("log of {size} records")))?;
    let json = serde_json::to_vec(&found).unwrap_or_default().into();
    Ok(At { position: size, json }.answer(asked))
}

/// The tree with at least so many records.
fn grown<'a>(
    tree: &'a Mutex<Stored>,
    log: &LogLocation,
    size: u64,
) -> anyhow::Result<MutexGuard<'a, Stored>> {
    let mut tree = tree.lock().unwrap_or_else(PoisonError::into_inner);
    let known = tree.leaves();
    if known < size {
        prove::grow(&mut tree, log.read_from(Position(known))?, size, false, |_| {})?;
    }
    Ok(tree)
}

fn texts(hashes: &[[u8; 32]]) -> Vec<String> {
    hashes.iter().map(|it| base64(it)).collect()
}
