"""Tiny decoders of families and variants, with what their own library computes: python make.py OUT (torch, transformers, safetensors)."""
import sys, json, torch, transformers
from pathlib import Path
from safetensors.torch import save_file
from transformers import *

OUT = Path(sys.argv[1])
T = 24
base = dict(vocab_size=48, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=64, pad_token_id=None, bos_token_id=1, eos_token_id=2)
yarn = dict(rope_type="yarn", rope_theta=100.0, factor=4.0, original_max_position_embeddings=16, beta_fast=4.0, beta_slow=1.0)
CASES = {
 "flex_olmo": (FlexOlmoConfig, dict(intermediate_size=12, num_experts=5, num_experts_per_tok=2, norm_topk_prob=False)),
 "qwen3_moe": (Qwen3MoeConfig, dict(head_dim=6, intermediate_size=20, moe_intermediate_size=12, num_experts=5, num_experts_per_tok=2, norm_topk_prob=True, mlp_only_layers=[1], num_hidden_layers=3)),
 "qwen3_moe_linear": (Qwen3MoeConfig, dict(head_dim=8, moe_intermediate_size=12, num_experts=4, num_experts_per_tok=2, norm_topk_prob=False, attention_bias=True, rope_parameters=dict(rope_type="linear", rope_theta=100.0, factor=3.0))),
 "deepseek_v2": (DeepseekV2Config, dict(num_key_value_heads=4, intermediate_size=20, moe_intermediate_size=12, n_routed_experts=6, num_experts_per_tok=2, n_shared_experts=2, first_k_dense_replace=1, kv_lora_rank=8, q_lora_rank=10, qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=5, head_dim=4, n_group=3, topk_group=2, topk_method="group_limited_greedy", routed_scaling_factor=1.5, num_hidden_layers=3,
       rope_parameters=dict(yarn, mscale=0.7, mscale_all_dim=0.5))),
 "deepseek_v2_lite": (DeepseekV2Config, dict(num_key_value_heads=4, intermediate_size=20, moe_intermediate_size=12, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=1, first_k_dense_replace=1, kv_lora_rank=8, q_lora_rank=None, qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=6, head_dim=4, topk_method="greedy", routed_scaling_factor=1.0)),
 "deepseek_v3_yarn": (DeepseekV3Config, dict(num_key_value_heads=4, intermediate_size=20, moe_intermediate_size=12, n_routed_experts=6, num_experts_per_tok=2, n_shared_experts=1, first_k_dense_replace=1, kv_lora_rank=8, q_lora_rank=10, qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=5, n_group=3, topk_group=2, routed_scaling_factor=2.5, rope_parameters=dict(yarn, mscale=1.0, mscale_all_dim=1.0))),
 "glm4_moe": (Glm4MoeConfig, dict(head_dim=8, intermediate_size=20, moe_intermediate_size=12, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=1, first_k_dense_replace=1, n_group=1, topk_group=1, attention_bias=True, use_qk_norm=True, routed_scaling_factor=1.5)),
 "ernie4_5_moe": (Ernie4_5_MoeConfig, dict(intermediate_size=20, moe_intermediate_size=12, moe_num_experts=4, moe_k=2, moe_num_shared_experts=2, moe_layer_start_index=1, moe_layer_end_index=-1, moe_layer_interval=1, use_bias=True, tie_word_embeddings=True)),
 "hunyuan_v1_moe": (HunYuanMoEV1Config, dict(head_dim=8, intermediate_size=12, num_experts=4, moe_topk=2, rope_parameters=dict(rope_type="dynamic", rope_theta=100.0, alpha=8.0, factor=1.0))),
 "minimax_m2": (MiniMaxM2Config, dict(head_dim=8, intermediate_size=12, num_local_experts=4, num_experts_per_tok=2, rotary_dim=4)),
 "granitemoeshared": (GraniteMoeSharedConfig, dict(intermediate_size=12, num_local_experts=4, num_experts_per_tok=2, shared_intermediate_size=10, embedding_multiplier=3.0, attention_multiplier=0.4, residual_multiplier=0.3, logits_scaling=1.5)),
 "mixtral_window": (MixtralConfig, dict(intermediate_size=12, num_local_experts=4, num_experts_per_tok=2, sliding_window=7, rope_parameters=dict(rope_type="llama3", rope_theta=100.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16))),
 "gpt_oss_window": (GptOssConfig, dict(head_dim=8, intermediate_size=12, num_local_experts=4, num_experts_per_tok=2, sliding_window=5, rope_parameters=dict(yarn, truncate=False))),
 "phimoe_long": (PhimoeConfig, dict(intermediate_size=12, num_local_experts=4, num_experts_per_tok=2, attention_bias=True, lm_head_bias=True, rope_parameters=dict(rope_type="longrope", rope_theta=100.0, short_factor=[1.0, 1.5], long_factor=[2.0, 3.0], short_mscale=1.1, long_mscale=1.3, original_max_position_embeddings=32))),
 "llama4_chunk": (Llama4TextConfig, dict(head_dim=8, intermediate_size=12, intermediate_size_mlp=20, num_local_experts=3, num_experts_per_tok=1, num_hidden_layers=4, interleave_moe_layer_step=2, attention_chunk_size=7, floor_scale=6, attn_scale=0.5, rope_parameters=dict(rope_type="llama3", rope_theta=100.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16))),
 "olmoe_clip": (OlmoeConfig, dict(intermediate_size=12, num_experts=4, num_experts_per_tok=2, clip_qkv=0.8, rope_parameters=dict(rope_type="dynamic", rope_theta=100.0, factor=2.0), max_position_embeddings=16)),
 "dbrx": (DbrxConfig, dict(d_model=16, n_heads=4, n_layers=2, max_seq_len=64, attn_config=dict(clip_qkv=0.8, kv_n_heads=2, rope_theta=100.0), ffn_config=dict(ffn_hidden_size=12, moe_num_experts=4, moe_top_k=2, moe_normalize_expert_weights=2.0, hidden_size=16))),
 "dots1_window": (Dots1Config, dict(head_dim=8, intermediate_size=20, moe_intermediate_size=12, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=1, first_k_dense_replace=1, n_group=2, topk_group=1, routed_scaling_factor=1.5, layer_types=["full_attention","sliding_attention"], sliding_window=6)),
}
for name, (kind, own) in CASES.items():
    if len(sys.argv) > 2 and name not in sys.argv[2:]: continue
    try:
        torch.manual_seed(7)
        config = kind(**{**({} if kind is DbrxConfig else base), **own, **({'vocab_size': 48} if kind is DbrxConfig else {})}); config._attn_implementation = "eager"
        model = AutoModelForCausalLM.from_config(config, attn_implementation="eager") if kind is not Llama4TextConfig else Llama4ForCausalLM(config)
        for n, p in list(model.named_parameters()) + [(n, b) for n, b in model.named_buffers() if "correction" in n]:
            with torch.no_grad():
                if p.dim() >= 2 and "correction" not in n: p.normal_(0, p.shape[-1] ** -0.5)
                elif "norm" in n and n.endswith("weight"): p.uniform_(0.5, 1.5)
                else: p.normal_(0, 0.3)
        model = model.float().eval()
        ids = torch.tensor([[(5 + 31 * i * i + 7 * i) % 48 for i in range(T)]])
        with torch.no_grad():
            o = model(ids, output_hidden_states=True, use_cache=False)
        folder = OUT / name
        model.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        save_file({"input_ids": ids[0].contiguous(), "hidden_states": torch.cat(o.hidden_states).contiguous(), "logits": o.logits[0].float().contiguous()}, folder / "expected.safetensors")
        print(name, "ok", sum(f.stat().st_size for f in folder.iterdir()), float(o.logits.abs().max()))
    except Exception as e:
        print(name, "FAILED", type(e).__name__, str(e)[:300])
