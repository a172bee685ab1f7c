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
    ("attention_layers", "the same of attention whose projections are experts"),
    ("extra_layers", "the same of layers that only predict further tokens"),
    ("layers[].key", "layer.N, enc.layer.N or dec.layer.N; attention.layer.N; mtp.layer.N"),
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
    ("layers[].health.weight_cosine", "[E][E], cosine of gate, up and down in one vector, as they lie"),
    (
        "layers[].health.matched_cosine",
        "[E][E], the same after the best order of one expert's neurons; null where that is too much work",
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

/// What the help says of the JSON.
pub(in crate::cli) fn help() -> String {
    let mut text = String::from(
        "Singular values are roots of the eigenvalues of the smaller of W·Wᵀ and Wᵀ·W, in double precision. Where its side is more\n\
         than 512, effective ranks are estimated instead, to some thousandths (stochastic Lanczos quadrature).\n\n\
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
