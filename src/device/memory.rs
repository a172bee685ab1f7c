//! Memory of this machine and of this process, as Linux tells it; other systems are not asked.

/// Memory the machine has in all, bytes; `None` if the system does not tell.
pub fn machine_bytes() -> Option<u64> {
    kibibytes("/proc/meminfo", "MemTotal:")
}

/// Memory this process holds now, bytes; `None` if the system does not tell.
pub fn process_bytes() -> Option<u64> {
    kibibytes("/proc/self/status", "VmRSS:")
}

/// Most memory this process held since it began or since [`forget_process_peak`], bytes.
pub fn process_peak_bytes() -> Option<u64> {
    kibibytes("/proc/self/status", "VmHWM:")
}

/// Lets the peak begin anew at what is held now, where the system can do that.
pub fn forget_process_peak() {
    // Linux: 5 resets the high water mark. Elsewhere the file does not exist, and the peak is not told either.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The number behind `name` in a file of lines like `MemTotal:  16303428 kB`.
fn kibibytes(path: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    let number: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(number * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_holds_less_than_its_machine_has() {
        if cfg!(target_os = "linux") {
            let (process, machine) = (process_bytes().unwrap(), machine_bytes().unwrap());
            assert!(process > 1 << 20 && process < machine, "{process} of {machine}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_made_up() {
        assert_eq!(kibibytes("/proc/self/status", "NoSuchLine:"), None);
        assert_eq!(kibibytes("/no/such/file", "MemTotal:"), None);
    }
}
