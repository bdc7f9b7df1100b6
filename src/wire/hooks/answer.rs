//! What the answer of a receiver means.

use std::time::Duration;

/// What becomes of a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// The receiver has it.
    Taken,
    /// The receiver does not have it.
    Failed {
        /// Why, and what to do.
        reason: String,
        /// How long it asks to wait.
        wait: Option<Duration>,
    },
}

/// Longer than any wait.
const FOR_LONG: Duration = Duration::from_secs(u32::MAX as u64);

/// Judges a status. `retry_after` is the header of that name; only a number of seconds counts.
pub fn judge(status: u16, retry_after: Option<&str>) -> Answer {
    let asked = retry_after.and_then(|it| it.trim().parse().ok()).map(Duration::from_secs);
    let (reason, wait) = match status {
        200..=299 => return Answer::Taken,
        300..=399 => {
            let words = "it sends to another address, which is not followed; set url to that one";
            (format!("status {status}: {words}"), None)
        }
        410 => {
            let words = "it wants no more; remove the target, or make it answer again";
            (format!("status {status}: {words}"), Some(FOR_LONG))
        }
        429 | 503 => (format!("status {status}"), asked),
        _ => (format!("status {status}"), None),
    };
    Answer::Failed { reason, wait }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_2xx_is_taken() {
        assert_eq!([200, 202, 204, 299].map(|it| judge(it, None)), [const { Answer::Taken }; 4]);
        let wait = |status, header| match judge(status, header) {
            Answer::Failed { reason, wait } => {
                assert!(reason.starts_with(&format!("status {status}")), "{reason}");
                wait
            }
            Answer::Taken => panic!("{status} is taken"),
        };
        for status in [100, 301, 302, 307, 400, 401, 404, 500, 999] {
            assert_eq!(wait(status, Some("7")), None, "{status}");
        }
        assert_eq!(wait(410, None), Some(FOR_LONG));
        for status in [429, 503] {
            assert_eq!(wait(status, Some(" 7")), Some(Duration::from_secs(7)));
            assert_eq!(wait(status, Some("Fri, 27 Nov 2026 08:00:00 GMT")), None);
            assert_eq!(wait(status, None), None);
        }
    }
}
