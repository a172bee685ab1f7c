//! Staleness: how a router's agreement with the competition falls with the steps since its layer last competed.

/// Probes taken about as long after a competition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StalenessBin {
    /// Fewest steps since the competition.
    pub from: u64,
    /// Most steps.
    pub to: u64,
    /// Mean steps of its probes.
    pub since: f64,
    /// Their mean kappa.
    pub kappa: f64,
    /// How many probes.
    pub probes: usize,
}

/// Means of probes over spans of steps that double: 0, 1, 2 to 3, 4 to 7, …; spans without a probe are left out.
///
/// - `probes`: steps since the last competition, and kappa, of each probe
pub fn staleness(probes: &[(u64, f64)]) -> Vec<StalenessBin> {
    let mut bins: Vec<StalenessBin> = Vec::new();
    let mut from = 0;
    while probes.iter().any(|probe| probe.0 >= from) {
        let to = if from == 0 { 0 } else { 2 * from - 1 };
        let inside: Vec<_> = probes.iter().filter(|probe| (from..=to).contains(&probe.0)).collect();
        if !inside.is_empty() {
            let count = inside.len() as f64;
            let since = inside.iter().map(|probe| probe.0 as f64).sum::<f64>() / count;
            let kappa = inside.iter().map(|probe| probe.1).sum::<f64>() / count;
            bins.push(StalenessBin { from, to, since, kappa, probes: inside.len() });
        }
        from = to + 1;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_double_and_empty_ones_are_left_out() {
        let found = staleness(&[(0, 1.0), (3, 0.5), (2, 0.75), (9, 0.25)]);
        let bin = |from, to, since, kappa, probes| StalenessBin { from, to, since, kappa, probes };
        assert_eq!(found, [bin(0, 0, 0.0, 1.0, 1), bin(2, 3, 2.5, 0.625, 2), bin(8, 15, 9.0, 0.25, 1)]);
        assert_eq!(staleness(&[]), []);
    }
}
