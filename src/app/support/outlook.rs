//! `--outlook`: the source of forecasts.

use std::path::PathBuf;
use std::str::FromStr;

/// The source of the values after the decision hour.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::app) enum OutlookChoice {
    /// No forecast.
    None,
    /// The values observed later, for a number of hours.
    Hindsight(i32),
    /// The trailing 24 h value, for a number of hours.
    Persistence(u16),
    /// Forecasts from a file.
    File(PathBuf),
}

impl FromStr for OutlookChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hours = |kind: &str, hours: &str, most: u16| {
            let hours = hours.parse::<u16>().ok().filter(|it| (1..=most).contains(it));
            hours.ok_or_else(|| format!("{kind} takes whole hours from 1 to {most}: {kind}:120"))
        };
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            Some(("hindsight", it)) => Ok(Self::Hindsight(hours("hindsight", it, 720)?.into())),
            Some(("persistence", it)) => Ok(Self::Persistence(hours("persistence", it, 240)?)),
            None if text == "hindsight" || text == "persistence" => {
                Err(format!("add the number of hours: {text}:120"))
            }
            Some(_) | None => {
                let path = PathBuf::from(text);
                if path.is_file() {
                    return Ok(Self::File(path));
                }
                Err(format!(
                    "{text} is no file; right is none, hindsight:HOURS, persistence:HOURS, or a \
                     file of forecasts"
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outlooks_are_read_as_they_are_written() {
        check("none", Ok(OutlookChoice::None));
        check("hindsight:120", Ok(OutlookChoice::Hindsight(120)));
        check("persistence:12", Ok(OutlookChoice::Persistence(12)));
        check("Cargo.toml", Ok(OutlookChoice::File("Cargo.toml".into())));
        check("hindsight", Err("add the number of hours"));
        check("hindsight:0", Err("whole hours from 1"));
        check("tomorrow.csv", Err("is no file"));
    }

    fn check(text: &str, expected: Result<OutlookChoice, &str>) {
        match (text.parse::<OutlookChoice>(), expected) {
            (Ok(got), Ok(expected)) => assert_eq!(got, expected),
            (Err(got), Err(expected)) => assert!(got.contains(expected), "{got}"),
            (got, expected) => panic!("{text}: {got:?} is not {expected:?}"),
        }
    }
}
