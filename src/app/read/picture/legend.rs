//! What the colours, bars and lines of the picture mean.

use crate::domain::Grade;

use super::colour;
use super::colour::{FAINT, HOURLY, INK, LINKED, UNKNOWN};
use super::svg::{Attribute, Font, Svg, px};

/// Adds three lines below `bottom`, from `left` to `right`.
pub(super) fn add(svg: &mut Svg, bottom: f64, (left, right): (f64, f64)) {
    let top = bottom + 22.0;
    svg.line((24.0, top - 22.0), (right, top - 22.0), &[("stroke", &FAINT)]);
    let small = Font::new(12.0, INK);
    svg.text(24.0, top + 11.0, small.bold(), "24 h index 指数");
    let mut x = left;
    let levels = colour::LEVELS.iter().map(|it| (it.fill, format!("{} {}", it.range, it.name)));
    for (fill, words) in levels.chain([(UNKNOWN, "unknown 无效".to_owned())]) {
        svg.rect((x, top), (20.0, 14.0), &[("fill", &fill)]);
        svg.text(x + 26.0, top + 11.0, small, &words);
        x += 162.0;
    }
    warnings(svg, left, top + 30.0);
    lines(svg, left, top + 60.0);
}

fn warnings(svg: &mut Svg, left: f64, top: f64) {
    let small = Font::new(12.0, INK);
    svg.text(24.0, top + 11.0, small.bold(), "warning 预警");
    let mut x = left;
    for grade in [Grade::Blue, Grade::Yellow, Grade::Orange, Grade::Red] {
        let (fill, outline, _) = colour::of_grade(grade);
        let look: &[Attribute] = &[("fill", &fill), ("stroke", &outline), ("rx", &2)];
        svg.rect((x, top), (20.0, 14.0), look);
        let words = format!("{} {grade} · {} 级", colour::grade_zh(grade), grade.level());
        svg.text(x + 26.0, top + 11.0, small, &words);
        x += 162.0;
    }
    let (_, outline, _) = colour::of_grade(Grade::Orange);
    let look: &[Attribute] =
        &[("stroke", &outline), ("stroke-width", &2), ("stroke-dasharray", &"3 2")];
    svg.line((x, top + 7.0), (x + 20.0, top + 7.0), look);
    svg.text(x + 26.0, top + 11.0, small, "decided, not yet in force 已发布、未生效");
    x += 324.0;
    let look: &[Attribute] = &[("stroke", &HOURLY), ("stroke-width", &"0.8")];
    svg.line((x, top + 7.0), (x + 20.0, top + 7.0), look);
    svg.text(x + 26.0, top + 11.0, small, "index of one hour 小时指数");
}

fn lines(svg: &mut Svg, left: f64, top: f64) {
    let small = Font::new(12.0, INK);
    svg.text(24.0, top + 11.0, small.bold(), "order set 命令");
    let kinds = [
        (INK, "#ffffff", "decided; its number is the epoch"),
        (LINKED, LINKED, "the same, region linked 区域应急联动"),
    ];
    let mut x = left;
    for (colour, fill, words) in kinds {
        let look: &[Attribute] = &[("fill", &fill), ("stroke", &colour), ("rx", &3)];
        svg.rect((x, top), (20.0, 13.0), look);
        svg.text(x + 26.0, top + 11.0, small, words);
        x += 324.0;
    }
    let look: &[Attribute] =
        &[("cx", &px(x + 10.0)), ("cy", &px(top + 7.0)), ("r", &"3"), ("fill", &"#ffffff")];
    let ink: &[Attribute] = &[("stroke", &INK), ("stroke-width", &"1.3")];
    svg.element("circle", &[look, ink].concat());
    svg.text(x + 26.0, top + 11.0, small, "binds this jurisdiction");
    x += 210.0;
    let look: &[Attribute] = &[("stroke", &INK), ("stroke-dasharray", &"2 4")];
    svg.line((x, top + 7.0), (x + 20.0, top + 7.0), look);
    svg.text(x + 26.0, top + 11.0, small, "bound of a clause 分级标准的界限");
}
