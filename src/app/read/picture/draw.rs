//! Draws a log: one row for each jurisdiction, time from left to right.

use crate::domain::{Division, Grade, HOUR_MS, Hour, Timestamp};
#[cfg(test)]
use crate::engine::Record;

use super::answers;
use super::axis;
use super::colour;
use super::colour::{FAINT, HOURLY, INK, LINKED, QUIET};
use super::legend;
use super::svg::{Attribute, Font, Svg, px};
use crate::app::report::log_summary::{LogSummary, MemberRow, SetMark, Warning};

const WIDTH: f64 = 1400.0;
/// The left and the right end of the time axis.
const LEFT: f64 = 168.0;
const RIGHT: f64 = WIDTH - 46.0;
/// The lanes of the epochs, below the title.
const EPOCHS_TOP: f64 = 84.0;
const EPOCH_LANE: f64 = 15.0;
const EPOCH_LANES: usize = 3;
/// The day names, below the epochs.
const DAYS: f64 = 148.0;
const ROWS_TOP: f64 = 156.0;
/// A row: the bars of the warnings above, the index below.
const BAR: f64 = 13.0;
const CURVE: f64 = 46.0;
const ROW: f64 = 70.0;
/// A member without air of its own has bars alone.
const SLIM_ROW: f64 = 22.0;
const LEGEND: f64 = 108.0;
/// The line of the legend about answers.
const ANSWERS: f64 = 30.0;
/// The least index range of a row, so that clean weeks do not look polluted.
const INDEX_MAX_LEAST: u16 = 400;
/// The most columns of a row. In longer logs, a column is the highest index of several hours.
const COLUMNS_MAX: usize = 1500;

/// The picture of a log, from its first record on.
#[cfg(test)]
pub(super) fn draw<'a>(records: impl IntoIterator<Item = &'a Record>) -> String {
    draw_episode(&LogSummary::of(records))
}

/// The picture of a summary.
pub(super) fn draw_episode(episode: &LogSummary) -> String {
    let mut page = Page::new(episode);
    let title = page.title();
    page.rows();
    page.order_sets();
    let bottom = page.bottom();
    legend::add(&mut page.svg, bottom, (LEFT, RIGHT));
    if !episode.answers().is_empty() {
        answers::legend(&mut page.svg, LEFT, bottom + LEGEND + 4.0);
    }
    let height = bottom + LEGEND + answers_height(episode);
    page.svg.finish(WIDTH, height, &title)
}

/// The height of the line about answers; nothing where there are none.
fn answers_height(episode: &LogSummary) -> f64 {
    if episode.answers().is_empty() { 0.0 } else { ANSWERS }
}

/// Two pictures in one, with the recorded log on the left.
pub(super) fn side_by_side([left, right]: &[String; 2]) -> String {
    let height = [left, right].map(|it| height_of(it)).into_iter().fold(0.0, f64::max);
    let (width, height, middle) = (px(2.0 * WIDTH), px(height), px(WIDTH));
    let right = right.replacen("<svg ", &format!("<svg x=\"{middle}\" "), 1);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\">\n\
         <title>as recorded | what if</title>\n{left}{right}</svg>\n"
    )
}

fn height_of(picture: &str) -> f64 {
    let found = picture.split("height=\"").nth(1).and_then(|it| it.split('"').next());
    found.and_then(|it| it.parse().ok()).unwrap_or(0.0)
}

/// One drawing under way.
struct Page<'a> {
    episode: &'a LogSummary,
    svg: Svg,
    rows: Vec<PlacedRow>,
    /// The times at the left and the right edge.
    from: Timestamp,
    to: Timestamp,
    /// The index at the upper edge of a row.
    index_max: u16,
}

/// A member and the position of its row.
struct PlacedRow {
    member: MemberRow,
    top: f64,
    slim: bool,
}

impl PlacedRow {
    /// The middle of the lane of the bars.
    fn lane(&self) -> f64 {
        self.top + 4.0 + BAR / 2.0
    }

    /// The base line of the index.
    fn base(&self) -> f64 {
        self.top + 4.0 + BAR + 3.0 + CURVE
    }
}

impl<'a> Page<'a> {
    fn new(episode: &'a LogSummary) -> Self {
        let (first, last) = episode.span().unwrap_or((Hour(1), Hour(24)));
        let steps =
            episode.warnings().iter().flat_map(|it| it.steps().into_iter().map(|step| step.from));
        let lifts = episode.warnings().iter().filter_map(Warning::lifted);
        let later = steps.chain(lifts).filter(|_| !episode.is_cut());
        let latest = later.chain([last]).max().unwrap_or(last);
        let mut svg = Svg::default();
        let mut members = episode.members();
        members.sort_by_key(|it| it.follows_zh.is_some());
        let mut top = ROWS_TOP;
        let mut rows = Vec::new();
        for member in members {
            let slim = member.follows_zh.is_some();
            rows.push(PlacedRow { member, top, slim });
            top += if slim { SLIM_ROW } else { ROW };
        }
        let indexes = rows.iter().flat_map(|row| episode.index(row.member.division));
        let highest = indexes.flatten().max().copied().unwrap_or_default();
        let index_max = INDEX_MAX_LEAST.max(highest.next_multiple_of(50));
        let height = top + LEGEND + answers_height(episode);
        svg.rect((0.0, 0.0), (WIDTH, height), &[("fill", &"#ffffff")]);
        Self { episode, svg, rows, from: first.plus(-1).end(), to: latest.end(), index_max }
    }

    /// Where the rows end.
    fn bottom(&self) -> f64 {
        let last = self.rows.last();
        last.map_or(ROWS_TOP, |row| row.top + if row.slim { SLIM_ROW } else { ROW })
    }

    /// The position of a time on the time axis.
    fn x(&self, at: Timestamp) -> f64 {
        let whole = real(self.to.0 - self.from.0).max(1.0);
        let part = real(at.0 - self.from.0) / whole;
        LEFT + (RIGHT - LEFT) * part.clamp(0.0, 1.0)
    }

    /// The head of the page; returns the title alone.
    fn title(&mut self) -> String {
        let episode = self.episode;
        let airshed = episode.airshed().to_uppercase();
        let days = match episode.span() {
            Some((first, last)) => format!("{} – {}", first.date(), last.date()),
            None => "no hour closed".to_owned(),
        };
        let standards = episode.standards().join(", ");
        let title = format!("airshed {airshed} · {days} · {standards}");
        self.svg.text(24.0, 38.0, Font::new(23.0, INK).bold(), &title);
        let warnings = episode.warnings();
        let strictest = warnings.iter().map(Warning::highest).max().unwrap_or_default();
        let linked = episode.sets().iter().filter(|it| it.linked).count();
        let words = format!(
            "24 h PM2.5 index per hour, warnings and order sets · 每小时的24小时滑动指数、预警与命令 · \
             Beijing time   |   {} warnings, highest {strictest}; {} order sets, {linked} of them \
             for a linked region",
            warnings.len(),
            episode.sets().len(),
        );
        self.svg.text(24.0, 62.0, Font::new(13.0, QUIET), &words);
        title
    }

    fn rows(&mut self) {
        self.ticks();
        let rows = std::mem::take(&mut self.rows);
        for row in &rows {
            self.names(row);
            if !row.slim {
                self.index(row);
            }
            self.warnings(row);
            self.answers(row);
        }
        self.rows = rows;
    }

    /// A line at the beginning of every day or month, with its name, as far as there is room.
    fn ticks(&mut self) {
        let (first, last) = (self.from.hour_at_or_after(), self.to.hour_at_or_before());
        let bottom = self.bottom();
        let ticks = axis::ticks(first, last);
        for (at, tick) in ticks.iter().enumerate() {
            if tick.from >= first && tick.from <= last {
                let x = self.x(tick.from.end());
                let look: &[Attribute] = &[("stroke", &FAINT)];
                self.svg.line((x, DAYS + 2.0), (x, bottom), look);
            }
            let begins = self.x(tick.from.max(first).end());
            let ends = self.x(ticks.get(at + 1).map_or(self.to, |it| it.from.end()));
            // A letter is 7 units wide.
            if ends - begins > 7.0 * real(i64::try_from(tick.name.len()).unwrap_or(0)) {
                let font = Font::new(12.0, QUIET).middle();
                self.svg.text(f64::midpoint(begins, ends), DAYS - 3.0, font, &tick.name);
            }
        }
    }

    fn names(&mut self, row: &PlacedRow) {
        let member = &row.member;
        self.svg.line((24.0, row.top), (RIGHT, row.top), &[("stroke", &FAINT)]);
        if row.slim {
            let y = row.lane() + 4.5;
            self.svg.text(24.0, y, Font::new(12.0, INK).bold(), &member.name_zh);
            let leader = member.follows_zh.as_deref().unwrap_or_default();
            let words = format!("follows {leader}");
            self.svg.text(LEFT - 10.0, y, Font::new(10.5, QUIET).end(), &words);
            return;
        }
        self.svg.text(24.0, row.top + 31.0, Font::new(17.0, INK).bold(), &member.name_zh);
        self.svg.text(24.0, row.top + 49.0, Font::new(12.0, QUIET), &member.name);
        let peak = self.episode.index(member.division).iter().flatten().max();
        if let Some(peak) = peak {
            let x = LEFT - 10.0;
            self.svg.text(x, row.top + 31.0, Font::new(14.0, INK).bold().end(), &peak.to_string());
            self.svg.text(x, row.top + 49.0, Font::new(10.5, QUIET).end(), "peak");
        }
    }

    /// The index as coloured columns with a thin line on top, over the bounds of the clauses.
    fn index(&mut self, row: &PlacedRow) {
        let series = self.episode.index(row.member.division);
        let (base, top) = (row.base(), row.base() - CURVE);
        let width = RIGHT - LEFT;
        self.svg.rect((LEFT, top), (width, CURVE), &[("fill", &"#f6f7f8")]);
        let step = series.len().div_ceil(COLUMNS_MAX).max(1);
        let columns: Vec<Column> = (0..series.len())
            .step_by(step)
            .map(|at| {
                let end = (at + step).min(series.len());
                let index = series[at..end].iter().flatten().max().copied();
                Column {
                    from: self.x(self.after(at)),
                    to: self.x(self.after(end)),
                    index,
                    y: base - index.map_or(CURVE, |it| self.height(it)),
                }
            })
            .collect();
        for run in columns.chunk_by(|a, b| a.fill() == b.fill()) {
            self.filled(run, base);
        }
        let mut labelled_at = f64::MIN;
        let bounds = self.episode.bounds(row.member.division).into_iter();
        for bound in bounds.rev().filter(|bound| *bound <= self.index_max) {
            let y = base - self.height(bound);
            let look: &[Attribute] = &[
                ("stroke", &INK),
                ("stroke-width", &"0.7"),
                ("stroke-dasharray", &"2 4"),
                ("stroke-opacity", &"0.75"),
            ];
            self.svg.line((LEFT, y), (RIGHT, y), look);
            if y - labelled_at > 9.0 {
                self.svg.text(RIGHT + 5.0, y + 3.2, Font::new(9.5, QUIET), &bound.to_string());
                labelled_at = y;
            }
        }
        for run in columns.chunk_by(|a, b| a.index.is_some() == b.index.is_some()) {
            if run.iter().any(|column| column.index.is_some()) {
                self.outline(run);
            }
        }
        if step == 1 {
            self.hourly(row);
        }
    }

    /// The index of each single hour as a thin line. It shows the air at the end of a warning.
    fn hourly(&mut self, row: &PlacedRow) {
        let series = self.episode.hourly(row.member.division);
        let point = |at: usize, index: u16| {
            let (from, to) = (self.x(self.after(at)), self.x(self.after(at + 1)));
            let y = row.base() - self.height(index);
            format!("{},{}", px(f64::midpoint(from, to)), px(y))
        };
        let hours: Vec<_> = series.iter().copied().enumerate().collect();
        let runs = hours.chunk_by(|a, b| a.1.is_some() == b.1.is_some()).map(|run| {
            let points = run.iter().filter_map(|(at, index)| Some(point(*at, (*index)?)));
            points.collect::<Vec<_>>()
        });
        let runs: Vec<_> = runs.filter(|run| run.len() > 1).collect();
        for run in runs {
            let look: &[Attribute] = &[
                ("points", &run.join(" ")),
                ("fill", &"none"),
                ("stroke", &HOURLY),
                ("stroke-width", &"0.6"),
            ];
            self.svg.element("polyline", look);
        }
    }

    /// The height of an index above its base line.
    fn height(&self, index: u16) -> f64 {
        f64::from(index.min(self.index_max)) / f64::from(self.index_max) * CURVE
    }

    /// The position `hours` after the left edge.
    fn after(&self, hours: usize) -> Timestamp {
        Timestamp(self.from.0 + HOUR_MS * i64::try_from(hours).unwrap_or(i64::MAX / HOUR_MS))
    }

    /// Columns of one colour as one shape.
    fn filled(&mut self, run: &[Column], base: f64) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
        let mut path = vec![format!("M{} {}V{}", px(first.from), px(base), px(first.y))];
        let mut y = first.y;
        for column in run {
            if (column.y - y).abs() > f64::EPSILON {
                path.push(format!("V{}", px(column.y)));
                y = column.y;
            }
            path.push(format!("H{}", px(column.to)));
        }
        path.push(format!("V{}Z", px(base)));
        let (top, width) = (base - CURVE, last.to - first.from);
        let pale: &[Attribute] = &[("fill", &first.fill()), ("fill-opacity", &"0.16")];
        self.svg.rect((first.from, top), (width, CURVE), pale);
        self.svg.element("path", &[("d", &path.concat()), ("fill", &first.fill())]);
    }

    /// The thin line on top of the columns.
    fn outline(&mut self, run: &[Column]) {
        let points =
            run.iter().map(|it| format!("{},{}", px(f64::midpoint(it.from, it.to)), px(it.y)));
        let points: Vec<String> = points.collect();
        let look: &[Attribute] = &[
            ("points", &points.join(" ")),
            ("fill", &"none"),
            ("stroke", &INK),
            ("stroke-width", &"1.1"),
        ];
        self.svg.element("polyline", look);
    }

    /// The bars: a line from the decision to the start, then the grades until the lift.
    fn warnings(&mut self, row: &PlacedRow) {
        let division = row.member.division;
        let episode = self.episode;
        for warning in episode.warnings().iter().filter(|it| it.division == division) {
            let ends = warning.lifted().map_or(self.to, Hour::end);
            let steps = warning.steps();
            let Some(first) = steps.first() else { continue };
            let announced = self.x(warning.announced_at);
            let (_, outline, _) = colour::of_grade(first.grade);
            let look: &[Attribute] =
                &[("stroke", &outline), ("stroke-width", &2), ("stroke-dasharray", &"3 2")];
            let start = self.x(first.from.end());
            self.svg.line((announced, row.lane()), (start, row.lane()), look);
            for (place, step) in steps.iter().enumerate() {
                let next = steps.get(place + 1).map_or(ends, |it| it.from.end());
                self.bar(row, warning, step.grade, (step.from.end(), next.min(ends)));
            }
            if warning.lifted().is_none() {
                let x = self.x(ends);
                self.svg.text(x + 3.0, row.lane() + 4.0, Font::new(11.0, outline), "▸");
            }
        }
    }

    /// Acknowledgements and escalations, above the bars.
    fn answers(&mut self, row: &PlacedRow) {
        let episode = self.episode;
        for answer in episode.answers().iter().filter(|it| it.division == row.member.division) {
            let x = self.x(answer.at);
            answers::mark(&mut self.svg, answer.kind, (x, row.top + 3.0));
        }
    }

    fn bar(
        &mut self,
        row: &PlacedRow,
        warning: &Warning,
        grade: Grade,
        span: (Timestamp, Timestamp),
    ) {
        let (from, to) = (self.x(span.0), self.x(span.1));
        if to <= from {
            return;
        }
        let (fill, outline, letters) = colour::of_grade(grade);
        let top = row.lane() - BAR / 2.0;
        let look: &[Attribute] =
            &[("fill", &fill), ("stroke", &outline), ("stroke-width", &"0.8"), ("rx", &2)];
        self.svg.rect((from, top), (to - from, BAR), look);
        let long =
            format!("{} {grade} · {} h", colour::grade_zh(grade), (span.1.0 - span.0.0) / HOUR_MS);
        let room = to - from;
        let words = match room {
            it if it > 110.0 => long,
            it if it > 66.0 => format!("{} {grade}", colour::grade_zh(grade)),
            it if it > 30.0 => colour::grade_zh(grade).to_owned(),
            _ => String::new(),
        };
        if !words.is_empty() {
            let font = Font::new(10.0, letters).bold();
            self.svg.text(from + 5.0, row.lane() + 3.6, font, &words);
        }
        debug_assert_eq!(warning.division, row.member.division);
    }

    /// A line through all rows for each order set, with a dot in each row that it binds.
    fn order_sets(&mut self) {
        let mut lanes = [f64::MIN; EPOCH_LANES];
        let episode = self.episode;
        for set in episode.sets() {
            let x = self.x(set.decided_at);
            let colour = if set.linked { LINKED } else { INK };
            let name = set.epoch.to_string();
            let width = 7.0 + 6.4 * real(i64::try_from(name.len()).unwrap_or(i64::MAX));
            let free = lanes.iter().position(|end| *end + 3.0 <= x - width / 2.0);
            let bottom = self.bottom();
            let Some(lane) = free else {
                // There is no room for the number, so only the line is drawn.
                let look: &[Attribute] =
                    &[("stroke", &colour), ("stroke-width", &"0.5"), ("stroke-opacity", &"0.3")];
                self.svg.line((x, DAYS + 2.0), (x, bottom), look);
                self.bound(set, x, colour);
                continue;
            };
            lanes[lane] = x + width / 2.0;
            // The first lane is the lowest, next to the days.
            let up = real(i64::try_from(EPOCH_LANES - 1 - lane).unwrap_or(0));
            let y = EPOCHS_TOP + EPOCH_LANE * up;
            let look: &[Attribute] =
                &[("stroke", &colour), ("stroke-width", &"0.9"), ("stroke-opacity", &"0.45")];
            self.svg.line((x, y + EPOCH_LANE - 2.0), (x, bottom), look);
            let (fill, letters) = if set.linked { (LINKED, "#ffffff") } else { ("#ffffff", INK) };
            let look: &[Attribute] =
                &[("fill", &fill), ("stroke", &colour), ("stroke-width", &"0.9"), ("rx", &3)];
            self.svg.rect((x - width / 2.0, y), (width, EPOCH_LANE - 2.0), look);
            let font = Font::new(10.0, letters).bold().middle();
            self.svg.text(x, y + 9.8, font, &name);
            self.bound(set, x, colour);
        }
    }

    fn bound(&mut self, set: &SetMark, x: f64, colour: &str) {
        let place = |division: Division| {
            self.rows.iter().find(|row| row.member.division == division).map(PlacedRow::lane)
        };
        let dots: Vec<f64> = set.orders.iter().filter_map(|(who, _, _)| place(*who)).collect();
        for y in dots {
            let (x, y) = (px(x), px(y));
            let look: &[Attribute] = &[
                ("cx", &x),
                ("cy", &y),
                ("r", &"2.6"),
                ("fill", &"#ffffff"),
                ("stroke", &colour),
                ("stroke-width", &"1.3"),
            ];
            self.svg.element("circle", look);
        }
    }
}

/// One column of the index.
struct Column {
    from: f64,
    to: f64,
    index: Option<u16>,
    y: f64,
}

impl Column {
    fn fill(&self) -> &'static str {
        colour::of_index(self.index)
    }
}

/// A whole number as a length; a picture needs no more than 53 bits.
#[expect(clippy::cast_precision_loss, reason = "A picture needs no more than 53 bits.")]
fn real(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::fixture;

    fn count(text: &str, part: &str) -> usize {
        text.matches(part).count()
    }

    #[test]
    fn every_jurisdiction_warning_and_order_set_is_there() {
        let picture = draw(&fixture::records());
        for words in ["北京", "Beijing", "衡水", "Hengshui &lt;&amp;&gt;", "follows 保定"] {
            assert!(picture.contains(words), "{words}");
        }
        assert!(picture.contains("BTH · 2025-12-03 – 2025-12-14 · BTH-2023"), "{picture}");
        // Yellow until raised, red until lifted; orange to the end, with its arrow.
        for (words, times) in [("黄色 yellow", 2), ("红色 red", 2), ("橙色 orange", 2), ("▸", 1)]
        {
            assert_eq!(count(&picture, words), times, "{words}");
        }
        // Four dots for four orders, and one in the legend.
        assert_eq!(count(&picture, "<circle"), 5);
        assert!(!picture.contains("Hengshui <&>"));
    }

    #[test]
    fn the_same_log_gives_the_same_picture() {
        assert_eq!(draw(&fixture::records()), draw(&fixture::records()));
    }

    #[test]
    fn logs_without_hours_and_very_long_ones_are_drawn_too() {
        let records = fixture::records();
        for some in [&records[..0], &records[..1], &records[..2]] {
            let picture = draw(some);
            assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
        }
        let year = draw(&fixture::hours(366 * 24));
        assert!(year.len() < 1_000_000, "{} bytes", year.len());
        // Every month of it has its name, with the year.
        for month in ["2025-12", "2026-01", "2026-06", "2026-11"] {
            assert_eq!(count(&year, &format!(">{month}<")), 1, "{month}");
        }
    }

    #[test]
    fn an_hour_alone_is_a_thin_line_where_there_is_room_for_it() {
        let thin = format!("stroke=\"{HOURLY}\" stroke-width=\"0.6\"");
        let drawn = |episode: &mut LogSummary| {
            episode.fill_hourly(Division(110_000), 80);
            count(&draw_episode(episode), &thin)
        };
        assert_eq!(drawn(&mut LogSummary::of(&fixture::records())), 1);
        assert_eq!(drawn(&mut LogSummary::of(&fixture::hours(366 * 24))), 0);
    }

    #[test]
    fn a_part_of_a_log_is_drawn_alone() {
        let episode = || LogSummary::of(&fixture::records());
        let (first, last) = episode().span().unwrap();
        let part = episode().between(Some(first.plus(80)), Some(first.plus(143)));
        let picture = draw_episode(&part);
        assert!(picture.contains("BTH · 2025-12-06 – 2025-12-08"), "{picture}");
        // The third order set was decided on the 13th.
        for (epoch, times) in [("1", 0), ("2", 1), ("3", 0)] {
            assert_eq!(count(&picture, &format!(">{epoch}</text>")), times, "{epoch}");
        }
        assert_eq!(draw_episode(&episode().between(None, None)), draw_episode(&episode()));
        assert_eq!(episode().between(Some(first), Some(last)).index(Division(110_000)).len(), 288);
    }

    #[test]
    fn numbers_of_order_sets_do_not_lie_upon_one_another() {
        let mut episode = LogSummary::of(&fixture::records());
        let set = episode.sets()[0].clone();
        for nth in 0..500 {
            let decided_at = set.decided_at.plus_minutes(30 * nth);
            episode.push_set(SetMark { epoch: 1000, decided_at, ..set.clone() });
        }
        let picture = draw_episode(&episode);
        let numbers = count(&picture, ">1000</text>");
        // 35 units each and the room between them, in three lanes.
        assert!((20..=3 * 1186 / 33).contains(&numbers), "{numbers}");
    }
}
