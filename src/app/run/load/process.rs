//! Processor time and memory of another process, as Linux counts them.

use std::fs;

/// What a process has used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Used {
    pub(super) cpu_s: f64,
    /// Memory that is resident now.
    pub(super) memory_mib: f64,
}

/// Linux counts in hundredths of a second.
const TICKS_A_SECOND: f64 = 100.0;

/// What a process has used until now; none where there is no such process, or no Linux.
pub(super) fn used(pid: u32) -> Option<Used> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(Used { cpu_s: cpu_s(&stat)?, memory_mib: memory_mib(&status)? })
}

/// The name of the program stands in brackets, and may hold anything.
fn cpu_s(stat: &str) -> Option<f64> {
    let fields = stat.rsplit(')').next()?.split_whitespace();
    let ticks: Vec<f64> = fields.skip(11).take(2).map_while(|it| it.parse().ok()).collect();
    (ticks.len() == 2).then(|| ticks.iter().sum::<f64>() / TICKS_A_SECOND)
}

fn memory_mib(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_read_from_the_texts_of_the_kernel() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 1 0";
        assert_eq!(cpu_s(stat), Some(2.0));
        assert_eq!(memory_mib("Name:\tairshed\nVmRSS:\t   20480 kB\n"), Some(20.0));
        assert_eq!((cpu_s("7 (a) S 1"), memory_mib("Name:\ta")), (None, None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_memory_and_no_process_uses_none() {
        assert!(used(std::process::id()).unwrap().memory_mib > 0.0);
        assert_eq!(used(u32::MAX), None);
    }
}
