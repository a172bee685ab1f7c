//! Inspections of checkpoints in words: what is out of the ordinary, why it matters and what to try.

use super::table::sentences;
use crate::inspect::FindingRule;

sentences! { "inspection":
    /// A checkpoint that cannot be inspected.
    pub(crate) fn refused(file, error);
    /// A checkpoint that reads no text.
    pub(crate) fn no_tokens(file, error);
    /// How far an inspection is.
    pub(crate) fn progress(layer, percent, time);
    /// No config says which family it is.
    pub(crate) fn no_config();
    /// Nothing is out of the ordinary.
    pub(crate) fn nothing_found();
    /// Nothing is out of the ordinary in the routers.
    pub(crate) fn nothing_found_quick();
    /// How much is out of the ordinary.
    pub(crate) fn findings(count);
    /// Findings that are not told.
    pub(crate) fn more_findings(count);
    /// Before what config and files disagree on.
    pub(crate) fn disagreements();
    /// Why the neurons of experts were not matched.
    pub(crate) fn unmatched();
    /// Numbers that cannot be read.
    pub(crate) fn unread(why);
    /// Ranks that are estimated, and how well.
    pub(crate) fn ranks_estimated();
    /// What a competition costs, before it begins.
    pub(crate) fn competition_costs(factor);
    /// A window of a text, from 1.
    pub(crate) fn window(number);
    /// A checkpoint of ours of which a dump of a text is wanted.
    pub(crate) fn own_dump();
    /// A file that cannot be written.
    pub(crate) fn unwritten(file, error);
    /// A file that would be written over, and was not to be.
    pub(crate) fn exists(file);
    /// A file of text that cannot be read.
    pub(crate) fn text_unread(file, error);
    /// Tokens that are not told.
    pub(crate) fn more_tokens[count](count: usize) {count = count};
    fn not_finite_why();
    fn not_finite_tries();
    fn dead_router_row_why();
    fn dead_router_row_tries();
    fn twin_experts_why();
    fn twin_experts_tries();
    fn rank_collapsed_why();
    fn rank_collapsed_tries();
    fn faint_expert_why();
    fn faint_expert_tries();
    fn loud_router_row_why();
    fn loud_router_row_tries();
    fn bias_out_of_range_why();
    fn bias_out_of_range_tries();
}

/// Why a finding matters.
pub(crate) fn why(rule: FindingRule) -> &'static str {
    match rule {
        FindingRule::NotFinite => not_finite_why(),
        FindingRule::DeadRouterRow => dead_router_row_why(),
        FindingRule::TwinExperts => twin_experts_why(),
        FindingRule::RankCollapsedExpert => rank_collapsed_why(),
        FindingRule::FaintExpert => faint_expert_why(),
        FindingRule::LoudRouterRow => loud_router_row_why(),
        FindingRule::BiasOutOfRange => bias_out_of_range_why(),
    }
}

/// What to try.
pub(crate) fn tries(rule: FindingRule) -> &'static str {
    match rule {
        FindingRule::NotFinite => not_finite_tries(),
        FindingRule::DeadRouterRow => dead_router_row_tries(),
        FindingRule::TwinExperts => twin_experts_tries(),
        FindingRule::RankCollapsedExpert => rank_collapsed_tries(),
        FindingRule::FaintExpert => faint_expert_tries(),
        FindingRule::LoudRouterRow => loud_router_row_tries(),
        FindingRule::BiasOutOfRange => bias_out_of_range_tries(),
    }
}
