//! Memory of this machine, of the container around this process and of the process, as Linux tells it; other systems are not
//! asked.

use std::fs::read_to_string;
use std::path::Path;

/// Most memory this process may hold, bytes: what the machine has, or less where a container (cgroup) or the process's own
/// limit on address space says so. `None` if the system does not tell.
pub(crate) fn usable_bytes() -> Option<u64> {
    let groups = read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = read_to_string("/proc/self/limits").unwrap_or_default();
    [
        kibibytes("/proc/meminfo", "MemTotal:"),
        container_bytes(&groups, Path::new("/sys/fs/cgroup")),
        address_space_bytes(&limits),
    ]
    .into_iter()
    .flatten()
    .min()
}

/// The least memory limit of the control groups this process is in and of those around them; `None` without a limit.
///
/// - `groups`: the text of `/proc/self/cgroup`: `0::/path` (version 2) or `5:memory:/path` (version 1)
/// - `mount`: where control groups are mounted
fn container_bytes(groups: &str, mount: &Path) -> Option<u64> {
    let limits = groups.lines().flat_map(|line| {
        let parts: Vec<&str> = line.splitn(3, ':').collect();
        let &[hierarchy, controllers, path] = parts.as_slice() else { return Vec::new() };
        let (root, file) = match controllers {
            "" if hierarchy == "0" => (mount.to_owned(), "memory.max"),
            list if list.split(',').any(|name| name == "memory") => (mount.join("memory"), "memory.limit_in_bytes"),
            _ => return Vec::new(),
        };
        // Within a container the path may be that of the host, which is not there: the mount's own root is then the group.
        let ancestors = Path::new(path.trim_start_matches('/')).ancestors();
        ancestors.filter_map(|at| number(&read_to_string(root.join(at).join(file)).ok()?)).collect()
    });
    limits.min()
}

/// A limit in bytes; `None` for `max` and for the huge numbers that version 1 writes where there is none.
fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|&bytes: &u64| bytes < 1 << 60)
}

/// The soft limit on the address space from the text of `/proc/self/limits`; `None` if it is unlimited.
fn address_space_bytes(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Memory this process holds now, bytes; `None` if the system does not tell.
pub(crate) fn process_bytes() -> Option<u64> {
    kibibytes("/proc/self/status", "VmRSS:")
}

/// Most memory this process held since it began or since [`forget_process_peak`], bytes.
pub(crate) fn process_peak_bytes() -> Option<u64> {
    kibibytes("/proc/self/status", "VmHWM:")
}

/// Lets the peak begin anew at what is held now, where the system can do that.
pub(crate) fn forget_process_peak() {
    // Linux: 5 resets the high water mark. Elsewhere the file does not exist, and the peak is not told either.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The number behind `name` in a file of lines like `MemTotal:  16303428 kB`.
fn kibibytes(path: &str, name: &str) -> Option<u64> {
    let text = read_to_string(path).ok()?;
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
            let (process, machine) = (process_bytes().unwrap(), usable_bytes().unwrap());
            assert!(process > 1 << 20 && process < machine, "{process} of {machine}");
        }
    }

    #[test]
    fn the_narrowest_container_counts() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let file = folder.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        let of = |groups: &str| container_bytes(groups, folder.path());
        assert_eq!(of("0::/jobs/mine\n"), None);
        write("jobs/memory.max", "2147483648\n");
        write("jobs/mine/memory.max", "max\n");
        assert_eq!(of("0::/jobs/mine\n"), Some(2 << 30), "the limit of a group around it");
        write("memory.max", "1073741824\n");
        assert_eq!(of("0::/a/path/of/the/host\n"), Some(1 << 30), "the root of a container's own tree");
        write("memory/slice/memory.limit_in_bytes", "536870912\n");
        write("memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(of("12:cpu,cpuacct:/slice\n5:memory:/slice\n"), Some(512 << 20), "version 1");
        assert_eq!(of("5:memory:/elsewhere\n"), None, "what version 1 writes for no limit");
        assert_eq!(of("rubbish\n\n:::\n0:cpu\n"), None);
    }

    #[test]
    fn a_limit_on_address_space_is_read() {
        let limits =
            |soft: &str| format!("Limit  Soft Limit  Hard Limit  Units\nMax address space  {soft}  unlimited  bytes\n");
        assert_eq!(address_space_bytes(&limits("8589934592")), Some(8 << 30));
        assert_eq!(address_space_bytes(&limits("unlimited")), None);
        assert_eq!(address_space_bytes(""), None);
    }

    #[test]
    fn what_is_not_there_is_not_made_up() {
        assert_eq!(kibibytes("/proc/self/status", "NoSuchLine:"), None);
        assert_eq!(kibibytes("/no/such/file", "MemTotal:"), None);
    }
}
