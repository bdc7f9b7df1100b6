//! The right key that is nearest to a wrong one.

/// `; did you mean `brokers`?` for the words of an error about an unknown key: they name it first, and
/// then all that would be right. Empty for other errors, and where nothing is near.
pub(super) fn hint(words: &str) -> String {
    let unknown = ["unknown field `", "unknown variant `"].iter().any(|it| words.starts_with(it));
    let mut names = words.split('`').skip(1).step_by(2);
    let (true, Some(wrong)) = (unknown, names.next()) else { return String::new() };
    let near = names.map(|it| (distance(wrong, it), it)).min();
    match near {
        Some((steps, name)) if steps <= 2.max(name.len() / 3) => {
            format!("; did you mean `{name}`?")
        }
        Some(_) | None => String::new(),
    }
}

/// How many letters must be put in, left out, replaced or exchanged with the next.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 0..from.len() {
        let mut row = vec![i + 1];
        for j in 0..to.len() {
            let replaced = rows[i][j] + usize::from(from[i] != to[j]);
            let mut least = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j] {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_named() {
        let check = |words: &str, expected: &str| assert_eq!(hint(words), expected, "{words}");
        let keys = "expected one of `brokers`, `topic_prefix`, `partitions`";
        check(&format!("unknown field `borkers`, {keys}"), "; did you mean `brokers`?");
        check(&format!("unknown field `partition`, {keys}"), "; did you mean `partitions`?");
        check(&format!("unknown field `prefix`, {keys}"), "");
        check("unknown variant `wal`, expected `wall` or `sources`", "; did you mean `wall`?");
        check("unknown field `x`, there are no fields", "");
        check("invalid type: string \"a `b`\", expected u32", "");
    }

    #[test]
    fn letters_are_counted() {
        for (from, to, steps) in [("", "ab", 2), ("kafak", "kafka", 1), ("tick", "tick_s", 2)] {
            assert_eq!(distance(from, to), steps, "{from} {to}");
            assert_eq!(distance(to, from), steps, "{to} {from}");
        }
    }
}
