//! Texts that are signed, and those that sign: notes, checkpoints, keys, requests to a witness.

use std::sync::LazyLock;

use airshed::wire::trust::base64;
use airshed::wire::trust::checkpoint::Checkpoint;
use airshed::wire::trust::checkpoint_audit::notes;
use airshed::wire::trust::key::{SignerKey, VerifierKey};
use airshed::wire::trust::note::Note;
use airshed::wire::trust::proof::check_inclusion;
use airshed::wire::trust::witness::{Request, may_cosign};

/// The key of the seeds.
pub(crate) fn key() -> SignerKey {
    SignerKey::new("bth", [7; 32], false).expect("a name without spaces")
}

static KEY: LazyLock<VerifierKey> = LazyLock::new(|| key().verifier());

/// What is read is written as it was.
pub(crate) fn fuzz(data: &[u8]) {
    let notes = notes(data);
    assert!(notes.windows(2).all(|it| it[0].0 < it[1].0) && notes.len() <= data.len());
    let Ok(text) = str::from_utf8(data) else { return };
    let mut seen: Option<Checkpoint> = None;
    for (at, note) in Note::all(text) {
        let Ok(note) = note else { continue };
        assert!(text[at..].starts_with(&note.to_string()));
        assert_eq!(Note::parse(&note.to_string()).as_ref(), Ok(&note));
        let verified = KEY.verify(&note);
        assert!(verified.is_err() || note.text.starts_with("bth\n"), "it was never signed");
        let _why = KEY.verify_cosignature(&note);
        if let Ok(checkpoint) = Checkpoint::of(&note) {
            let _why = may_cosign(seen.as_ref(), &checkpoint, None);
            seen = Some(checkpoint);
        }
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text.trim_end());
    }
    if let Ok(key) = text.parse::<SignerKey>() {
        assert_eq!(key.secret_text(), text.trim_end());
        assert_eq!(key.verifier().to_string().parse(), Ok(key.verifier()));
    }
    if let Ok(request) = Request::parse(text) {
        assert_eq!(Request::parse(&request.to_string()).as_ref(), Ok(&request));
        if let Ok(new) = Checkpoint::of(&request.note) {
            let old = Checkpoint { size: request.old, ..new.clone() };
            let _why = may_cosign(Some(&old), &new, Some(&request));
            let _why = check_inclusion(data, request.old, &request.proof, &new);
        }
    }
    if let Some(bytes) = base64::bytes(text) {
        assert_eq!(base64::text(&bytes), text);
    }
}
