//! The page of an inspection: headings, columns and captions of the HTML report.

use super::table::sentences;
use crate::inspect::InspectMeasure;

sentences! { "inspection_page":
    /// Title.
    pub(crate) fn title(name);
    pub(crate) fn format();
    pub(crate) fn family();
    pub(crate) fn types();
    pub(crate) fn layout();
    pub(crate) fn parameters();
    /// Parameters by who uses them.
    pub(crate) fn counted(total, active, always, expert);
    /// Files of a checkpoint.
    pub(crate) fn files[count](count: usize, format: &str, bytes: &str) { count = count, format = format, bytes = bytes };
    /// Heading of what is out of the ordinary.
    pub(crate) fn findings();
    pub(crate) fn value();
    pub(crate) fn limit();
    /// Heading of where a text went.
    pub(crate) fn routing();
    /// How long the text is, and how well the model knows it.
    pub(crate) fn text_facts(tokens, loss);
    pub(crate) fn layer();
    pub(crate) fn expert();
    pub(crate) fn experts();
    pub(crate) fn load_cv();
    pub(crate) fn unused();
    pub(crate) fn weight_sum();
    pub(crate) fn busiest();
    /// Caption of the picture of loads.
    pub(crate) fn load_picture();
    /// Heading of a router held against all experts.
    pub(crate) fn agreement(response);
    pub(crate) fn by_softplus();
    pub(crate) fn by_norm();
    pub(crate) fn top1();
    pub(crate) fn kappa();
    pub(crate) fn recall();
    pub(crate) fn captured();
    pub(crate) fn spearman();
    pub(crate) fn chance();
    /// The tokens with their first experts.
    pub(crate) fn tokens();
    pub(crate) fn token();
    /// Heading of what changed.
    pub(crate) fn changed(other);
    /// Heading of the layers.
    pub(crate) fn layers();
    /// How a layer is built.
    pub(crate) fn built(experts, k, rule, width);
    pub(crate) fn shared(width);
    /// Caption of a picture of likeness.
    pub(crate) fn alike_matched();
    pub(crate) fn alike_stored();
    pub(crate) fn alike_routers();
    /// Several experts share a cell.
    pub(crate) fn alike_in_groups(count);
    fn router_norm();
    fn gate_norm();
    fn up_norm();
    fn down_norm();
    fn gate_effective_rank();
    fn up_effective_rank();
    fn down_effective_rank();
    fn gate_stable_rank();
    fn up_stable_rank();
    fn down_stable_rank();
}

/// A measure of each expert as the heading of its column.
pub(crate) fn column(measure: InspectMeasure) -> &'static str {
    match measure {
        InspectMeasure::RouterNorm => router_norm(),
        InspectMeasure::GateNorm => gate_norm(),
        InspectMeasure::UpNorm => up_norm(),
        InspectMeasure::DownNorm => down_norm(),
        InspectMeasure::GateEffectiveRank => gate_effective_rank(),
        InspectMeasure::UpEffectiveRank => up_effective_rank(),
        InspectMeasure::DownEffectiveRank => down_effective_rank(),
        InspectMeasure::GateStableRank => gate_stable_rank(),
        InspectMeasure::UpStableRank => up_stable_rank(),
        InspectMeasure::DownStableRank => down_stable_rank(),
    }
}
