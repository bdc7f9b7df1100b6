//! The labels of the time axis: days, or months and years in a long log.

use crate::domain::{Date, Hour};

/// A position on the axis and its label.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Tick {
    pub(super) from: Hour,
    pub(super) name: String,
}

/// The most labels on an axis.
const NAMES_MAX: i32 = 24;
/// Longer logs have months as labels.
const DAYS_MAX: i32 = 120;

/// The ticks of an axis; the first can stand before its beginning.
pub(super) fn ticks(first: Hour, last: Hour) -> Vec<Tick> {
    let days = last.date().0 - first.date().0 + 1;
    if days > DAYS_MAX { months(first, last, days) } else { by_days(first, last, days) }
}

fn by_days(first: Hour, last: Hour, days: i32) -> Vec<Tick> {
    let step = [1, 2, 5].into_iter().find(|step| days / step <= NAMES_MAX).unwrap_or(5);
    let dates = (first.date().0..=last.date().0 + 1).step_by(usize::try_from(step).unwrap_or(1));
    let tick = |date: Date| {
        let day = date.to_string();
        let name = day.get(5..).unwrap_or(&day).to_owned();
        Some(Tick { from: Hour::of_beijing(date, 0)?, name })
    };
    dates.map(Date).filter_map(tick).collect()
}

/// `2019-01`, every month, or every second, third ...
fn months(first: Hour, last: Hour, days: i32) -> Vec<Tick> {
    let steps = [1, 2, 3, 6, 12, 24, 60, 120];
    let step = steps.into_iter().find(|step| days / 30 / step <= NAMES_MAX).unwrap_or(120);
    let mut ticks = Vec::new();
    for date in (first.date().0 - 31..=last.date().0 + 1).map(Date) {
        let text = date.to_string();
        let mut parts = text.split('-').map(str::parse::<i32>);
        let (Some(Ok(year)), Some(Ok(month)), Some(Ok(1))) =
            (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let is_wanted = (year * 12 + month - 1) % step == 0;
        let begins = Hour::of_beijing(date, 0).filter(|_| is_wanted);
        if let Some(from) = begins {
            ticks.push(Tick { from, name: text.get(..7).unwrap_or(&text).to_owned() });
        }
    }
    // Of the ticks before the beginning, only the last one labels a visible part.
    let before = ticks.iter().take_while(|it| it.from <= first).count();
    ticks.split_off(before.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(first: (i32, u32, u32), days: i32) -> Vec<String> {
        let date = Date::new(first.0, first.1, first.2).unwrap();
        let first = Hour::of_beijing(date, 1).unwrap();
        ticks(first, first.plus(24 * days - 1)).into_iter().map(|it| it.name).collect()
    }

    #[test]
    fn days_and_months_are_named_as_far_as_there_is_room() {
        assert_eq!(names((2019, 1, 9), 3), ["01-09", "01-10", "01-11", "01-12"]);
        assert_eq!(names((2019, 1, 9), 100)[..3], ["01-09", "01-14", "01-19"]);
        let year = names((2018, 12, 5), 366);
        assert_eq!((year.len(), &*year[0], &*year[12]), (13, "2018-12", "2019-12"));
        let four = names((2013, 3, 1), 1461);
        assert_eq!(four[..2], ["2013-03", "2013-05"]);
        assert_eq!(four[23..], ["2017-01", "2017-03"]);
        assert!(names((1970, 1, 2), 20_000).len() <= 25);
    }
}
