//! Files of webhooks, and what a receiver answers.

use std::time::Duration;

use airshed::wire::hooks::{Answer, Backoff, DeadLetters, Queue, Secrets, judge};

/// What is read is written and read again as the same; a queue never goes back, and a wait is never
/// longer than its bound.
pub(crate) fn fuzz(data: &[u8]) {
    answer(data);
    let Ok(text) = str::from_utf8(data) else { return };
    match Secrets::parse(text) {
        Ok(secrets) => {
            let signed = secrets.sign("id", 0, data);
            let lines = text.lines().filter(|it| !it.trim().is_empty()).count();
            assert_eq!(signed.split(' ').filter(|it| it.starts_with("v1,")).count(), lines);
            assert!(!format!("{secrets:?}").contains("whsec_"));
        }
        Err(error) => assert!(error.to_string().len() < 200, "{error}"),
    }
    if let Ok(dead) = DeadLetters::parse(text) {
        assert_eq!(DeadLetters::parse(&dead.to_text()).as_ref(), Ok(&dead));
        assert!(dead.iter().all(|it| dead.get(it.position) == Some(it)));
    }
    if let Ok(mut queue) = Queue::parse(text) {
        assert_eq!(Queue::parse(&queue.to_text()).as_ref(), Ok(&queue));
        let (before, longest) = (queue.next, Duration::from_secs(60));
        let backoff = Backoff { first: Duration::from_millis(1), longest, tries_max: u32::MAX };
        let wait = queue.failed(text.to_owned(), &backoff, Some(Duration::MAX));
        assert!(wait.is_none_or(|it| it <= longest));
        queue.go_on(0);
        assert_eq!(queue.next, before);
    }
}

/// Two bytes of a status, then the header `retry-after`.
fn answer(data: &[u8]) {
    let Some((status, header)) = data.split_first_chunk() else { return };
    let status = u16::from_be_bytes(*status);
    match judge(status, str::from_utf8(header).ok()) {
        Answer::Taken => assert!((200..300).contains(&status)),
        Answer::Failed { reason, .. } => assert!(reason.contains(&status.to_string())),
    }
}
