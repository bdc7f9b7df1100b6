//! `airshed index`: computes an air quality index by a named standard and shows the steps.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::domain::{Aqi, Averaging, IndexStandard, Pollutant, Rules, Tenths, Working, half_even};

use crate::wire::csv::says_missing;

use crate::app::support::rules::{Overrides, load};
use crate::app::support::{Failure, output};

/// Compute an air quality index and show the steps.
///
/// Concentrations are in µg/m³, carbon monoxide in mg/m³. An empty text, `/`, `-`, `NA` or `null`
/// means that the value is missing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: airshed index --standard \"HJ 633-2012\" --pm25 151 --co 1.2")]
pub(in crate::app) struct Args {
    /// The index standard; without it, the newest one.
    #[arg(long, value_name = "ID")]
    standard: Option<String>,
    /// The averaging time of the concentrations. For a day, ozone is the highest 8 h mean.
    #[arg(long, default_value = "24h", value_parser = ["1h", "8h", "24h"])]
    averaging: String,
    /// PM2.5 in µg/m³.
    #[arg(long, value_name = "UG_M3", allow_hyphen_values = true)]
    pm25: Option<String>,
    /// PM10 in µg/m³.
    #[arg(long, value_name = "UG_M3", allow_hyphen_values = true)]
    pm10: Option<String>,
    /// Sulphur dioxide in µg/m³.
    #[arg(long, value_name = "UG_M3", allow_hyphen_values = true)]
    so2: Option<String>,
    /// Nitrogen dioxide in µg/m³.
    #[arg(long, value_name = "UG_M3", allow_hyphen_values = true)]
    no2: Option<String>,
    /// Ozone in µg/m³.
    #[arg(long, value_name = "UG_M3", allow_hyphen_values = true)]
    o3: Option<String>,
    /// Carbon monoxide in mg/m³.
    #[arg(long, value_name = "MG_M3", allow_hyphen_values = true)]
    co: Option<String>,
    /// A folder with a rule book, instead of the built-in one.
    #[arg(long, value_name = "DIR")]
    airshed: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The part of one pollutant.
struct Part<'a> {
    pollutant: Pollutant,
    averaging: Averaging,
    given: &'a str,
    working: Working,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let book = load(args.airshed.as_deref(), &Overrides::default())?;
    let rules = &book.rules;
    let standard = named(rules, args.standard.as_deref())?;
    let averaging = Averaging::ALL.into_iter().find(|it| it.name() == args.averaging);
    let parts = parts(args, standard, averaging.unwrap_or(Averaging::Hour24))?;
    let Some(aqi) = Aqi::of(parts.iter().map(|it| (it.pollutant, it.working.index))) else {
        let words = "no concentration is given; say for example --pm25 151";
        return Err(Failure::Usage(words.to_owned()));
    };
    if args.json {
        output::print_json(&as_json(standard, &parts, &aqi))
    } else {
        output::print(&as_text(standard, &parts, &aqi))
    }
}

fn named<'a>(rules: &'a Rules, id: Option<&str>) -> Result<&'a IndexStandard, Failure> {
    let newest = || rules.indexes.last().filter(|_| id.is_none());
    let found = rules.indexes.iter().find(|it| Some(&*it.id) == id);
    found.or_else(newest).ok_or_else(|| {
        let known: Vec<_> = rules.indexes.iter().map(|it| format!("\"{}\"", it.id)).collect();
        let asked = id.unwrap_or_default();
        Failure::Usage(format!("no index standard \"{asked}\"; known are {}", known.join(", ")))
    })
}

fn parts<'a>(
    args: &'a Args,
    standard: &IndexStandard,
    averaging: Averaging,
) -> Result<Vec<Part<'a>>, Failure> {
    let given = [&args.pm25, &args.pm10, &args.so2, &args.no2, &args.o3, &args.co];
    let mut parts = Vec::new();
    for (pollutant, given) in Pollutant::ALL.into_iter().zip(given) {
        let Some(given) = given.as_deref().filter(|it| !says_missing(it)) else {
            continue;
        };
        let wrong = |why: &str| {
            let (name, unit) = (pollutant.name(), unit(pollutant));
            Failure::Usage(format!("{name}: \"{given}\" is not a concentration in {unit}{why}"))
        };
        let value = concentration(given, pollutant).ok_or_else(|| wrong(""))?;
        let is_below_0 = given.starts_with('-') && given.contains(|it| matches!(it, '1'..='9'));
        if is_below_0 {
            return Err(wrong(": it is below 0"));
        }
        let found = match averaging {
            Averaging::Hour24 => standard.daily_scale(pollutant),
            Averaging::Hour1 | Averaging::Hour8 => standard.scale(pollutant, averaging),
        };
        let scale = found.ok_or_else(|| no_scale(standard, pollutant, averaging))?;
        let working = scale.working(value);
        parts.push(Part { pollutant, averaging: scale.averaging, given, working });
    }
    Ok(parts)
}

fn no_scale(standard: &IndexStandard, pollutant: Pollutant, averaging: Averaging) -> Failure {
    let own = standard.scales.iter().filter(|it| it.pollutant == pollutant);
    let known: Vec<_> = own.map(|it| it.averaging.name()).collect();
    let (id, name, averaging) = (&standard.id, pollutant.name(), averaging.name());
    let known = known.join(", ");
    Failure::Usage(format!("{id} has no scale for {name} over {averaging}; it has {known}"))
}

fn unit(pollutant: Pollutant) -> &'static str {
    if pollutant == Pollutant::Co { "mg/m³" } else { "µg/m³" }
}

/// A decimal number in tenths of a µg/m³, as in readings. Further decimals are rounded half to
/// even.
fn concentration(text: &str, pollutant: Pollutant) -> Option<Tenths> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |it| (-1, it));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 6 || decimals.len() > 6 {
        return None;
    }
    if !plain(whole) || !plain(decimals) {
        return None;
    }
    let number: i64 = format!("{whole}{decimals}").parse().ok()?;
    let unit_tenths = if pollutant == Pollutant::Co { 10_000 } else { 10 };
    let divisor = 10_i64.pow(u32::try_from(decimals.len()).ok()?);
    let tenths = half_even(sign * number * unit_tenths, divisor);
    i32::try_from(tenths).ok()
}

/// A number of tenths in the unit of its pollutant.
fn in_unit(pollutant: Pollutant, steps: i32) -> String {
    if pollutant == Pollutant::Co {
        format!("{}.{}", steps / 10, steps % 10)
    } else {
        steps.to_string()
    }
}

fn as_text(standard: &IndexStandard, parts: &[Part<'_>], aqi: &Aqi) -> String {
    let mut text =
        format!("{}  ({}; {})\n", standard.id, standard.reference, standard.certainty.name());
    for part in parts {
        text.push('\n');
        text.push_str(&working(part));
    }
    let names: Vec<_> = aqi.primary.iter().map(|it| it.name()).collect();
    let primary = match names.as_slice() {
        [] => "no primary pollutant at an index of 50 or below".to_owned(),
        [one] => format!("primary pollutant {one}"),
        several => format!("primary pollutants {}", several.join(", ")),
    };
    let written = writeln!(text, "\nAQI {}, {primary}", aqi.index);
    debug_assert!(written.is_ok(), "a String takes everything");
    text
}

/// The steps of one pollutant, one line each.
fn working(part: &Part<'_>) -> String {
    let Part { pollutant, averaging, given, working } = part;
    let (name, unit) = (pollutant.name(), unit(*pollutant));
    let show = |steps| in_unit(*pollutant, steps);
    let steps = show(working.steps);
    let (low, low_index) = (show(working.lower.0), working.lower.1);
    let head = format!(
        "{name}, {}\n  concentration  {given} {unit}, rounded half to even: {steps}\n",
        averaging.name()
    );
    let line = match working.upper {
        None => {
            format!("  segment        at or above {low}, where the scale ends at {low_index}\n")
        }
        Some(upper) => {
            let (high, high_index) = (show(upper.0), upper.1);
            let exact = decimal(working.exact);
            format!(
                "  segment        from {low} (index {low_index}) to {high} (index {high_index})\n  \
                 interpolated   ({high_index} - {low_index}) / ({high} - {low}) × \
                 ({steps} - {low}) + {low_index} = {exact}\n"
            )
        }
    };
    format!("{head}{line}  rounded up     {}\n", working.index)
}

/// A fraction with at most three decimals, and dots if there are more.
fn decimal((numerator, denominator): (i64, i64)) -> String {
    let thousandths = numerator * 1000 / denominator;
    let more = if numerator * 1000 % denominator == 0 { "" } else { "…" };
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    if more.is_empty() {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    format!("{text}{more}")
}

fn as_json(standard: &IndexStandard, parts: &[Part<'_>], aqi: &Aqi) -> Value {
    let pollutants: Vec<_> = parts
        .iter()
        .map(|part| {
            let number = |steps: i32| match part.pollutant {
                Pollutant::Co => json!(f64::from(steps) / 10.0),
                Pollutant::Pm25
                | Pollutant::Pm10
                | Pollutant::So2
                | Pollutant::No2
                | Pollutant::O3 => json!(steps),
            };
            let point = |it: (i32, u16)| json!({ "concentration": number(it.0), "index": it.1 });
            let (numerator, denominator) = part.working.exact;
            json!({
                "pollutant": part.pollutant.name(),
                "averaging": part.averaging.name(),
                "given": part.given,
                "unit": unit(part.pollutant),
                "rounded": number(part.working.steps),
                "lower": point(part.working.lower),
                "upper": part.working.upper.map(point),
                "exact": { "numerator": numerator, "denominator": denominator },
                "index": part.working.index,
            })
        })
        .collect();
    json!({
        "standard": &*standard.id,
        "reference": &*standard.reference,
        "certainty": standard.certainty.name(),
        "pollutants": pollutants,
        "index": aqi.index,
        "primary": aqi.primary.iter().map(|it| it.name()).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concentrations_are_read_exactly() {
        use Pollutant::{Co, Pm25};
        for (text, pollutant, expected) in [
            ("151", Pm25, Some(1510)),
            ("150.5", Pm25, Some(1505)),
            ("150.25", Pm25, Some(1502)),
            ("150.35", Pm25, Some(1504)),
            ("150.", Pm25, Some(1500)),
            ("-3", Pm25, Some(-30)),
            ("1.2", Co, Some(12_000)),
            ("1.25", Co, Some(12_500)),
            ("", Pm25, None),
            (".5", Pm25, None),
            ("1e3", Pm25, None),
            ("+1", Pm25, None),
            ("1,5", Pm25, None),
            ("--1", Pm25, None),
            ("9999999", Pm25, None),
        ] {
            assert_eq!(concentration(text, pollutant), expected, "{text}");
        }
    }

    #[test]
    fn fractions_are_shown_shortly() {
        for (fraction, expected) in
            [((20_200, 100), "202"), ((595, 4), "148.75"), ((1, 3), "0.333…"), ((0, 5), "0")]
        {
            assert_eq!(decimal(fraction), expected);
        }
    }
}
