//! Whether the router learns: whether its weights get a gradient at all under some knobs.

use super::{Config, Form, Knobs, Policy};

impl Config {
    /// Whether any loss reaches the router's weights under `knobs`. False for SMoE-Dropout, whose router is random by design.
    ///
    /// One expert per token whose weight is scaled to 1 answers with weight 1 whatever the logits are, so the task loss says
    /// nothing to the router; what is left are the balance loss, the z-loss and, in competitions, the distillation loss.
    pub fn router_learns(&self, knobs: &Knobs) -> bool {
        let version1 = knobs.form == Form::Version1;
        let by_task = match knobs.policy {
            Policy::SmoeDropout => return false,
            Policy::SmoeRaw => true,
            _ => knobs.top_k > 1,
        };
        let has_balance = match knobs.policy {
            Policy::BiasBalanced => false,
            Policy::CompeteSmoe => !version1,
            _ => !(version1 && self.faults.no_baseline_balance),
        };
        let by_balance = has_balance && knobs.balance_weight > 0.0;
        let competes = knobs.policy.competes() && knobs.competition_rate > 0.0 && knobs.max_competing_layers > 0;
        // With the gate in the response, the competition's own losses reach the router as well.
        let by_competition = competes && (knobs.router_weight > 0.0 || knobs.combine_gate);
        by_task || by_balance || knobs.z_weight > 0.0 || by_competition
    }
}
