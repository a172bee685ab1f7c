//! Help of `moe-arena inspect`: every key of its JSON.

use std::fmt::Write as _;

/// Keys of the JSON with what they hold; a dot separates nested keys, `[]` is each entry of a list.
const KEYS: &[(&str, &str)] = &[
    ("format", "moe-arena, safetensors or gguf"),
    ("model_type", "what the config, or the architecture of a GGUF, calls the model; null if nothing says"),
    ("family", "the family that is"),
    (
        "layout",
        "names of the first mixture's tensors behind those of its block; {L} the layer, {e} the expert; null where there is none",
    ),
    ("layout.block", "what all of them begin with"),
    (
        "layout.kind",
        "each: a matrix for each expert; each_fused: gate and up in one; oi, io: one tensor [E, out, in] or [E, in, out]; fused_oi, fused_io: gate and up in one; flat: [E·I, H]",
    ),
    ("layout.interleaved", "whether gate and up take turns in one tensor"),
    ("layout.router", ""),
    ("layout.router_bias", "added to the logits"),
    ("layout.correction", "added to the scores when experts are chosen"),
    ("layout.gate", ""),
    ("layout.up", ""),
    ("layout.gate_up", "gate and up in one"),
    ("layout.down", ""),
    ("layout.gate_bias", ""),
    ("layout.up_bias", ""),
    ("layout.gate_up_bias", "of gate and up in one"),
    ("layout.down_bias", ""),
    ("layout.shared", "down of the shared expert"),
    ("layout.shared_gate", ""),
    ("layout.block_bias", "added to the answer of the block"),
    ("files", "the files: name, and bytes"),
    ("bytes", "of all files"),
    ("dtypes", "bytes of tensors by type"),
    ("parameters", "numbers, by who uses them"),
    ("parameters.total", "numbers in all tensors, scales of quantised ones not counted"),
    ("parameters.always_active", "all but the routed experts'"),
    ("parameters.per_expert", "of one routed expert of one layer"),
    (
        "parameters.active",
        "for one token: always_active, and k experts of every layer of the stack; null if k is not known",
    ),
    (
        "disagreements",
        "where config and files disagree, or something was assumed: about says what, the other keys depend on it",
    ),
    ("layers", "the mixtures of the stack; their keys follow"),
    ("vision_layers", "the same of experts for pictures beside those for text"),
    ("attention_layers", "the same of attention whose projections are experts"),
    ("extra_layers", "the same of layers that only predict further tokens"),
    ("layers[].key", "layer.N, enc.layer.N or dec.layer.N; vision.layer.N; attention.layer.N; mtp.layer.N"),
    ("layers[].experts", "E"),
    ("layers[].top_k", "k; null if not known"),
    ("layers[].hidden", "H"),
    ("layers[].expert_width", "I"),
    (
        "layers[].scoring",
        "softmax, sigmoid, sqrt-softplus, softmax-over-chosen, sigmoid-on-input, sparsemixer or top-1; null if not known",
    ),
    (
        "layers[].scoring_details",
        "what belongs to the rule: renormalised, groups, groups_kept, factor, epsilon, capacity; null where it has none",
    ),
    ("layers[].missing", "experts that lack a tensor"),
    ("layers[].router", "null without one"),
    ("layers[].router.row_norm", "[E], length of each expert's row"),
    ("layers[].router.bias", "[E], added to the logits"),
    ("layers[].router.correction_bias", "[E], added to the scores when experts are chosen"),
    ("layers[].router.row_cosine", "[E][E], cosine of the rows; 0 for a row of zeros"),
    ("layers[].health", "null with --quick, and where the numbers cannot be read"),
    ("layers[].health.gate_norm", "[E], Frobenius norm"),
    ("layers[].health.up_norm", "[E], Frobenius norm"),
    ("layers[].health.down_norm", "[E], Frobenius norm"),
    ("layers[].health.gate_effective_rank", "[E], exp H(σ ÷ Σσ) of the singular values σ"),
    ("layers[].health.up_effective_rank", "[E], exp H(σ ÷ Σσ) of the singular values σ"),
    ("layers[].health.down_effective_rank", "[E], exp H(σ ÷ Σσ) of the singular values σ"),
    ("layers[].health.gate_stable_rank", "[E], ‖W‖² ÷ σ₁²"),
    ("layers[].health.up_stable_rank", "[E], ‖W‖² ÷ σ₁²"),
    ("layers[].health.down_stable_rank", "[E], ‖W‖² ÷ σ₁²"),
    (
        "layers[].health.ranks_estimated",
        "whether effective ranks are estimates, to 2 %: the matrices' shorter side is over 512",
    ),
    ("layers[].health.weight_cosine", "[E][E], cosine of gate, up and down in one vector, as they lie"),
    (
        "layers[].health.matched_cosine",
        "[E][E], the same after the best order of one expert's neurons; null where that is too much work: an expert wider than 4,096 or \
         of more than 8,388,608 numbers, or E (E − 1) ÷ 2 · I² · (I + 6 H) above 10¹¹, as in most published models",
    ),
    ("layers[].unread", "why the experts' numbers cannot be read; null if they can"),
    ("layers[].shared", "the shared expert: width, parameters, and whether it is gated; null without one"),
    ("layers[].findings", "what is out of the ordinary"),
    (
        "layers[].findings[].rule",
        "not-finite, dead-router-row, twin-experts, rank-collapsed-expert, faint-expert, loud-router-row or bias-out-of-range",
    ),
    ("layers[].findings[].expert", "the expert; absent where there are several"),
    ("layers[].findings[].experts", "all of them, where there are several"),
    ("layers[].findings[].of", "gate, up, down or router; absent where it is the whole expert"),
    ("layers[].findings[].value", "what was measured"),
    ("layers[].findings[].limit", "what it would have to keep to"),
];

/// Keys of what stands under `routing`.
const ROUTING: &[(&str, &str)] = &[
    (
        "tokens[]",
        "id; text, what it stands for or how the vocabulary writes it, null where nothing says; span, its bytes in the text",
    ),
    ("loss", "mean of −ln p of each token after the first, nats; null for one token"),
    ("expected", "[T], the id that the model expects after each token"),
    ("layers[].key", "layer.N, in order, with experts and top_k"),
    (
        "layers[].load",
        "[E], tokens sent to each expert; load_cv, its standard deviation ÷ its mean; unused, experts without a token",
    ),
    (
        "layers[].gate_mass",
        "[E], the weights of its answers added up; weight_sum, mean sum of a token's weights; routed_share, mean ‖routed answer‖ ÷ ‖answer of the layer‖",
    ),
    ("layers[].picks", "[T][k], experts of each token by falling weight; weights, theirs"),
    (
        "layers[].competition",
        "with --compete or --dump, by two responses (softplus: mean of ln(1 + e^y) over an answer y; norm: ‖y‖), ties to the lower expert; else null",
    ),
    (
        "layers[].competition.softplus.top1",
        "share of tokens whose strongest expert is the router's first; top1_chance at these loads",
    ),
    ("layers[].competition.softplus.kappa", "(top1 − chance) ÷ (1 − chance); chance 0"),
    ("layers[].competition.softplus.recall_at_k", "share of the k strongest among the picks; recall_chance, k ÷ E"),
    (
        "layers[].competition.softplus.response_captured",
        "Σ response of picks ÷ of the k strongest; captured_chance, of k at random",
    ),
    ("layers[].competition.softplus.spearman", "mean rank correlation of logits and responses; chance 0"),
    (
        "layers[].competition.softplus.won",
        "[E], tokens each expert wins; confusion [E][E], rows winners, columns the router's first",
    ),
    (
        "layers[].winners",
        "[T], the strongest expert of each token by softplus, of a run of ours by its own response; null without competition",
    ),
];

/// Keys of what stands under `against`.
const AGAINST: &[(&str, &str)] = &[
    ("file", "the other checkpoint; then is that one, now the one that is inspected"),
    ("said[]", "what changed, in sentences"),
    ("layers[].key", "layer.N and so on, the mixtures of both"),
    (
        "layers[].matching.by",
        "as-stored; identity, of a run's experts; else another order made them clearly more alike: weights, neurons (whatever the \
         order of an expert's neurons) or router-rows (of experts that were not read). Of more than 1,024 experts as-stored",
    ),
    (
        "layers[].matching.then_of",
        "[E], the expert then that each is now, null if it is new; dropped, experts then that are gone",
    ),
    (
        "layers[].matching.likeness",
        "mean cosine of the pairs; likeness_as_stored, of equal numbers; likeness_by_chance, of unrelated experts, or null; \
         estimated, whether of a sample of the weights",
    ),
    (
        "layers[].router",
        "‖R now − R then‖ ÷ ‖R then‖ of its rows, matched; router_biases, shared: the same of its biases and of the shared expert. \
         Null without one, where a number is not finite, and where zeros became something",
    ),
    ("layers[].experts[].now", "the expert now; then, which one it was, null if it is new"),
    (
        "layers[].experts[].whole",
        "‖W now − W then‖ ÷ ‖W then‖ of all its matrices and biases; gate, up, down, router_row: the same of each. Null with \
         --quick, and as above",
    ),
    ("layers[].unread", "why the experts' numbers cannot be read; null if they can"),
    (
        "layers[].moved",
        "with a text, else null. tokens that both sent to an expert; moved, whose first expert changed; moved_at, their places",
    ),
    (
        "layers[].moved.share",
        "moved ÷ tokens; share_by_chance, 1 − Σ pᵢqᵢ for independent routers with these loads p and q",
    ),
    (
        "layers[].moved.flows",
        "[E then][E now], tokens by first expert; net [E now], what each gained less what it lost",
    ),
    (
        "layers[].moved.saturation",
        "mean |picks now ∩ picks then| ÷ k; saturation_by_chance, Σ aᵢbᵢ ÷ k with a and b the shares of tokens that pick i",
    ),
    (
        "layers[].moved.matching",
        "as layers[].matching; by picks, the order in which most tokens keep their first expert, where the weights then and now are \
         strangers (likeness below 0.1): likeness is then the share of tokens",
    ),
    (
        "measures[]",
        "measure; on, what it was taken on: run (curves of two saves of this program: stored probe, validation, last batch), text or \
         weights; layer, null of the whole model; then, now; verdict: better, worse, or neither, which a change below 0.0005 is",
    ),
];

/// What the help says of the JSON.
pub(in crate::cli) fn help() -> String {
    let mut text = String::from("With a text, its routing stands under the key routing:\n");
    for (name, what) in ROUTING {
        let _ = writeln!(text, "  {name}\n      {what}");
    }
    text.push_str("\nWith --against, what changed stands under the key against:\n");
    for (name, what) in AGAINST {
        let _ = writeln!(text, "  {name}\n      {what}");
    }
    text.push_str(
        "\nSingular values are roots of the eigenvalues of the smaller of W·Wᵀ and Wᵀ·W, in double precision. Where its side is more\n\
         than 512, effective ranks are estimated instead, within 2 % (stochastic Lanczos quadrature), and ranks_estimated is true.\n\n\
         JSON keys. A dot separates nested keys, [] is each entry of a list. What is not defined is null: for example the norm of a\n\
         matrix with a number that is not finite.\n",
    );
    for (name, what) in KEYS {
        let _ = writeln!(text, "  {name}");
        if !what.is_empty() {
            let _ = writeln!(text, "      {what}");
        }
    }
    text.truncate(text.trim_end().len());
    text
}
