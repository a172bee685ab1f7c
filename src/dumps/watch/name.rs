//! Names of dumps: which files of a folder may be dumps, the step that a name holds, and their order.

/// What a dump's name ends with.
const END: &str = ".safetensors";

/// Whether a file may be a dump by its name. Those that begin with a dot, or end otherwise, are what others write into first.
pub(super) fn may_be_dump(name: &str) -> bool {
    name.ends_with(END) && !name.starts_with('.')
}

/// The step that a name holds: the digits after the last "step", else the last digits there are.
/// `None` without digits, or with more than a number holds.
pub(super) fn step_of(name: &str) -> Option<u64> {
    let stem = name.strip_suffix(END).unwrap_or(name);
    let lower = stem.to_ascii_lowercase();
    let after = lower.rfind("step").map(|at| lower[at + 4..].trim_start_matches(['-', '_', '=', '.', ' ']));
    let first = after.map(|rest| digits(rest.chars())).filter(|digits| !digits.is_empty());
    let last = || {
        let end = lower.rfind(|c: char| c.is_ascii_digit()).map_or(0, |at| at + 1);
        digits(lower[..end].chars().rev()).chars().rev().collect::<String>()
    };
    first.unwrap_or_else(last).parse().ok()
}

fn digits(characters: impl Iterator<Item = char>) -> String {
    characters.take_while(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_as_trainers_write_them() {
        for (name, step) in [
            ("step-000100.safetensors", Some(100)),
            ("step_7.safetensors", Some(7)),
            ("global_step20000-rank3.safetensors", Some(20000)),
            ("routing_rank0_Step=12.safetensors", Some(12)),
            ("dump.300.safetensors", Some(300)),
            ("run2-routing-0042b.safetensors", Some(42)),
            ("stepwise-5.safetensors", Some(5)),
            ("routing.safetensors", None),
            ("step-99999999999999999999999.safetensors", None),
            ("schritt-ü12é.safetensors", Some(12)),
        ] {
            assert_eq!(step_of(name), step, "{name}");
        }
    }

    #[test]
    fn what_is_being_written_beside_is_no_dump_yet() {
        let names = ["step-1.safetensors", ".step-1.safetensors", "step-1.safetensors.tmp", "metrics.csv"];
        assert_eq!(names.map(may_be_dump), [true, false, false, false]);
    }
}
