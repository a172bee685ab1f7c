//! Units that are counted: one step, two thousand steps.

use crate::ui::kit::numbers::count;
use crate::words::table::sentences;

sentences! { "units":
    /// So many bytes.
    pub(crate) fn byte[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many experts.
    pub(crate) fn expert[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many steps.
    pub(crate) fn step[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many tokens.
    pub(crate) fn token[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many probes.
    pub(crate) fn probe[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many rows.
    pub(crate) fn row[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many alerts.
    pub(crate) fn alert[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many values.
    pub(crate) fn value[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many validations.
    pub(crate) fn validation[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many changes.
    pub(crate) fn change[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many earlier ones.
    pub(crate) fn earlier_one[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many more layers.
    pub(crate) fn more_layer[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many saves.
    pub(crate) fn save[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
    /// So many pairs.
    pub(crate) fn pair[whole(n)](n: impl TryInto<u64> + Copy) { n = count(whole(n)) };
}

fn whole(n: impl TryInto<u64>) -> u64 {
    n.try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_told_in_the_singular() {
        assert_eq!([0, 1, 2, 2138].map(|n: u64| step(n)), ["0 steps", "1 step", "2 steps", "2,138 steps"]);
        assert_eq!((validation(1usize), more_layer(3usize)), ("1 validation".into(), "3 more layers".into()));
    }
}
