//! The marks of answers on a row: an order was acknowledged, a matter was escalated.

use super::colour::INK;
use super::svg::{Attribute, Font, Svg, px};
use crate::app::report::answers::AnswerKind;

/// Acknowledged before the deadline.
const IN_TIME: &str = "#0b7a3b";
/// Acknowledged after it.
const LATE: &str = "#c77700";
/// Escalated to the body above.
const ESCALATED: &str = "#b00020";

/// Draws one mark with its middle at a point: a tick in its colour, or a triangle. The shape tells
/// them apart without colours.
pub(super) fn mark(svg: &mut Svg, kind: AnswerKind, (x, y): (f64, f64)) {
    let (colour, points) = match kind {
        AnswerKind::InTime => (IN_TIME, [(-3.0, 0.0), (-1.0, 2.5), (3.0, -2.5)]),
        AnswerKind::Late => (LATE, [(-3.0, 0.0), (-1.0, 2.5), (3.0, -2.5)]),
        AnswerKind::Escalated => (ESCALATED, [(-3.0, 2.5), (0.0, -3.0), (3.0, 2.5)]),
    };
    let points = points.map(|(right, down)| format!("{},{}", px(x + right), px(y + down)));
    let points = points.join(" ");
    let is_filled = kind == AnswerKind::Escalated;
    let look: &[Attribute] = &[
        ("points", &points),
        ("fill", if is_filled { &ESCALATED } else { &"none" }),
        ("stroke", &colour),
        ("stroke-width", &"1.4"),
    ];
    svg.element(if is_filled { "polygon" } else { "polyline" }, look);
}

/// What the marks mean, as a line of the legend.
pub(super) fn legend(svg: &mut Svg, left: f64, top: f64) {
    let small = Font::new(12.0, INK);
    svg.text(24.0, top + 11.0, small.bold(), "answers 响应");
    let kinds = [
        (AnswerKind::InTime, "acknowledged in time 按时签收"),
        (AnswerKind::Late, "acknowledged late 逾期签收"),
        (AnswerKind::Escalated, "escalated to the body above 上报上级"),
    ];
    let mut x = left;
    for (kind, words) in kinds {
        mark(svg, kind, (x + 10.0, top + 7.0));
        svg.text(x + 26.0, top + 11.0, small, words);
        x += 324.0;
    }
}
