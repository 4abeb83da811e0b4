//! What a process costs, as the kernel counts it (Linux, `/proc`).

use std::fs;
use std::time::Duration;

/// CPU time of a process and its children that still run: user and system.
pub(super) fn cpu_time(pid: u32) -> Result<Duration, String> {
    let mut total = ticks(pid)?;
    for child in children(pid) {
        total += ticks(child)?;
    }
    // The kernel reports in units of 1/100 s whatever its own tick is (USER_HZ).
    Ok(Duration::from_millis(total * 10))
}

/// Resident memory of a process in bytes.
pub(super) fn resident_bytes(pid: u32) -> Result<u64, String> {
    status_bytes(pid, "VmRSS:")
}

/// The most memory that was ever resident for a process, in bytes.
pub(super) fn peak_resident_bytes(pid: u32) -> Result<u64, String> {
    status_bytes(pid, "VmHWM:")
}

/// The most memory that was resident since [`forget_peak`] for a process and its children that still run, in bytes.
pub(super) fn peak_of_tree(pid: u32) -> Result<u64, String> {
    children(pid)
        .into_iter()
        .try_fold(peak_resident_bytes(pid)?, |sum, child| Ok::<_, String>(sum + peak_resident_bytes(child)?))
}

/// Begins anew with the most memory of a process and its children (`proc(5)`, `clear_refs`).
pub(super) fn forget_peak(pid: u32) {
    for process in children(pid).into_iter().chain([pid]) {
        // Where it may not be asked for, the peak is that of the whole life.
        let _ = fs::write(format!("/proc/{process}/clear_refs"), "5");
    }
}

fn status_bytes(pid: u32, field: &str) -> Result<u64, String> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    text.lines()
        .find_map(|line| line.strip_prefix(field))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|kib| kib.parse::<u64>().ok())
        .map(|kib| kib * 1024)
        .ok_or_else(|| format!("{path} does not say {field}"))
}

fn ticks(pid: u32) -> Result<u64, String> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    // The command's name, in parentheses, may hold blanks: count fields after it.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
    match (field(11), field(12)) {
        (Some(user), Some(system)) => Ok(user + system),
        (_, _) => Err(format!("{path} is not as proc(5) says")),
    }
}

fn children(pid: u32) -> Vec<u32> {
    fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
        .collect()
}
