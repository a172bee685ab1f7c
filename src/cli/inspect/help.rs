//! Help of `moe-arena inspect`: every key of its JSON.

/// Keys of the JSON with what they hold; a dot separates nested keys, `[]` is each entry of a list.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("format", "moe-arena, safetensors or gguf"),
    (
        "model_type, family",
        "what the config (or the GGUF's architecture) calls the model, and the family that is; null if nothing says",
    ),
    ("layout", "names of the first mixture's tensors behind its block's: {L} the layer, {e} the expert"),
    (
        "layout.kind",
        "each: a matrix for each expert; each_fused: gate and up in one; oi, io: one tensor [E, out, in] or [E, in, out]; fused_oi, \
         fused_io: gate and up in one; flat: [E·I, H]",
    ),
    (
        "layout.block, .router, .router_bias, .correction, .gate, .up, .gate_up, .down, .shared, .shared_gate, .block_bias",
        "null if there is none",
    ),
    ("layout.interleaved", "gate and up take turns"),
    ("files[].name, .bytes", "the files"),
    ("bytes", "of all files"),
    ("dtypes", "bytes of tensors by type"),
    ("parameters.total", "numbers in all tensors, scales of quantised ones not counted"),
    ("parameters.always_active", "all but the routed experts'"),
    ("parameters.per_expert", "of one routed expert of one layer"),
    (
        "parameters.active",
        "for one token: always_active and k experts of every layer of the stack; null if k is not known",
    ),
    ("disagreements[].about", "where config and files disagree, or something was assumed; the other keys depend on it"),
    (
        "layers[]",
        "the mixtures of the stack; attention_layers[] those of attention, extra_layers[] those that predict further tokens",
    ),
    ("layers[].key", "layer.N, enc.layer.N or dec.layer.N; attention.layer.N; mtp.layer.N"),
    ("layers[].experts, .top_k, .hidden, .expert_width", "E, k, H, I"),
    (
        "layers[].scoring",
        "softmax, sigmoid, sqrt-softplus, softmax-over-chosen, sigmoid-on-input, sparsemixer or top-1; null if not known",
    ),
    (
        "layers[].scoring_details.renormalised, .groups, .groups_kept, .factor, .epsilon, .capacity",
        "null where the rule has none",
    ),
    ("layers[].missing", "experts that lack a tensor"),
    ("layers[].router.row_norm", "[E], length of each expert's row"),
    ("layers[].router.bias, .correction_bias", "[E], added to the logits; added to the scores when experts are chosen"),
    ("layers[].router.row_cosine", "[E][E], cosine of the rows; 0 for a row of zeros"),
    ("layers[].health", "null with --quick, and where the numbers cannot be read (then unread says why)"),
    ("layers[].health.gate_norm, .up_norm, .down_norm", "[E], Frobenius norm"),
    ("layers[].health.gate_effective_rank, .up_…, .down_…", "[E], exp H(σ ÷ Σσ) of the singular values"),
    ("layers[].health.gate_stable_rank, .up_…, .down_…", "[E], ‖W‖² ÷ σ₁²"),
    ("layers[].health.weight_cosine", "[E][E], cosine of gate, up and down in one vector, as they lie"),
    (
        "layers[].health.matched_cosine",
        "[E][E], the same after the best order of one expert's neurons; null where that is too much work",
    ),
    ("layers[].shared.width, .parameters, .gated", "of the shared expert; null without one"),
    (
        "layers[].findings[].rule",
        "not-finite, dead-router-row, twin-experts, rank-collapsed-expert, faint-expert, loud-router-row or bias-out-of-range",
    ),
    ("layers[].findings[].expert, .experts", "the expert; or all of them, where there are several"),
    ("layers[].findings[].of", "gate, up, down or router; absent where it is the whole expert"),
    ("layers[].findings[].value, .limit", "what was measured, and what it would have to keep to"),
];

/// What the help says of the JSON.
pub(in crate::cli) fn help() -> String {
    let mut text = String::from(
        "Singular values are roots of the eigenvalues of the smaller of W·Wᵀ and Wᵀ·W, in double precision.\n\n\
         JSON keys. A value is null where it is not defined: of an expert with a number that is not finite, or without a tensor.\n",
    );
    for (name, what) in KEYS {
        text += &format!("  {name}\n      {what}\n");
    }
    text.truncate(text.trim_end().len());
    text
}
