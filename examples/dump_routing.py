#!/usr/bin/env python3
"""Writes what the routers of a PyTorch model do while it trains: a routing dump every so many steps, for `moe-arena watch`.

    pip install torch numpy safetensors transformers
    python3 examples/dump_routing.py FOLDER      # trains a small model, to see it work; beside it: moe-arena watch FOLDER

In your own training, copy this file and write:

    from dump_routing import RoutingDump
    dumps = RoutingDump(model, "dumps", every=100)
    for step, batch in enumerate(loader):
        with dumps.step(step) as dump:
            loss = model(**batch).loss
            dump.tell(loss=loss)
        ...

It hooks every module that has `experts` (one fused module, as in transformers 5, or a list of modules) and a router beside
them (`gate`, `router`, `wg` or `gating`; a linear layer, or a module that gives logits, weights and indices in any order).
Between dumps the hooks return at once. docs/dumps.md has the format, and what to do where this does not fit.
"""

import argparse
import contextlib
import os
import re
import time

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

ROUTERS = ("gate", "router", "wg", "gating")


class Mixture:
    """A module of experts and its router, and what was seen of it at this step."""

    def __init__(self, key, router, experts):
        self.key, self.router, self.experts = key, router, experts
        self.count = len(experts) if isinstance(experts, nn.ModuleList) else None
        self.seen = {}

    def take_logits(self, states, logits):
        """The router's input [T, D] and its logits [T, N]."""
        if "router_logits" not in self.seen:
            self.seen["router_logits"], self.seen["input"] = flat(logits), flat(states)

    def take_router(self, inputs, output):
        """What a router gives: logits [T, N]; weights and picks [T, k], or probabilities and a map [T, N], where it does."""
        found = [t for t in (output if isinstance(output, (tuple, list)) else [output]) if torch.is_tensor(t) and t.dim() > 1]
        chosen = [t for t in found if t.dtype == torch.bool]
        if chosen and "router_logits" in self.seen:  # as in Megatron, whose logits were taken before
            self.take_map(flat(chosen[0]), flat(found[0]))
            return
        if "router_logits" in self.seen:
            return  # a second pass: accumulated gradients, or a forward pass that is computed again
        floats = [t for t in found if t.is_floating_point()]
        if not floats:
            raise TypeError(f"the router of {self.key} gives no logits; see docs/dumps.md")
        self.take_logits(inputs[0], max(floats, key=lambda t: t.shape[-1]))
        self.take_picks(found)

    def take_map(self, chosen, weights):
        """Picks [T, k] from a map [T, N] of who is picked: −1 where a token has fewer than others, since some were dropped."""
        if "topk_index" not in self.seen:
            k = max(int(chosen.sum(-1).max()), 1)
            there, index = chosen.int().topk(k, dim=-1)
            self.seen["topk_index"] = index.masked_fill(there == 0, -1)
            self.seen["topk_weight"] = weights.gather(-1, index).masked_fill(there == 0, 0)

    def take_picks(self, tensors):
        """The picks [T, k] among tensors, and their weights: floats of the same shape."""
        index = [t for t in tensors if torch.is_tensor(t) and t.dim() > 1 and not t.is_floating_point() and t.dtype != torch.bool]
        if index and "topk_index" not in self.seen:
            self.seen["topk_index"] = flat(index[0])
            same = [t for t in tensors if torch.is_tensor(t) and t.is_floating_point() and t.shape == index[0].shape]
            if same:
                self.seen["topk_weight"] = flat(same[0])

    def answers(self, states):
        """Every expert's answer to every state, one expert after the other: [T, D] each."""
        count = self.count or self.seen["router_logits"].shape[-1]
        for expert in range(count):
            if isinstance(self.experts, nn.ModuleList):
                answer = self.experts[expert](states)
            else:  # fused: every token is sent to this expert alone, with weight 1
                index = torch.full((len(states), 1), expert, dtype=torch.long, device=states.device)
                answer = self.experts(states, index, torch.ones_like(index, dtype=states.dtype))
            yield answer[0] if isinstance(answer, (tuple, list)) else answer


def flat(tensor):
    """[…, X] as [T, X], cut off from the gradient."""
    return tensor.detach().reshape(-1, tensor.shape[-1])


class RoutingDump:
    """Writes a dump of all mixtures of `model` to `folder` at every `every`-th step.

    - tokens: most tokens of a dump, drawn anew each time, the same ones in all layers
    - compete: let all experts answer these tokens, without gradient; gives `affinity`, so that the router can be compared
      with a competition the model never held. Costs tokens × N expert passes. With expert parallelism leave it off
    - response: "softplus" (mean softplus of an answer, arXiv 2505.13380) or "norm" (its length, arXiv 2402.02526)
    - writes: whether this rank writes; without it the first of all ranks does
    - outputs: keep all answers as well, for the similarity of experts: tokens × N × D numbers a layer
    """

    def __init__(self, model, folder, every=100, tokens=1024, compete=False, response="softplus", outputs=False, seed=0, writes=None):
        self.folder, self.every, self.tokens, self.compete = folder, every, tokens, compete
        self.response, self.outputs, self.seed = response, outputs, seed
        self.armed, self.told, self.cost, self.begun = False, {}, 0.0, time.perf_counter()
        ranks = torch.distributed.is_available() and torch.distributed.is_initialized()
        self.writes = (not ranks or torch.distributed.get_rank() == 0) if writes is None else writes
        self.mixtures = list(find(model))
        if not self.mixtures:
            raise TypeError("no module has `experts` and a router beside them; see docs/dumps.md")
        for mixture in self.mixtures if self.writes else []:
            self.hook(mixture)
        os.makedirs(folder, exist_ok=True)

    def hook(self, mixture):
        def router(_, inputs, output):
            if self.armed:
                mixture.take_router(inputs, output)

        def experts(_, inputs):
            if self.armed:
                mixture.take_picks(inputs)

        mixture.router.register_forward_hook(router)
        gating = getattr(mixture.router, "gating", None)
        if callable(gating) and not isinstance(gating, nn.Module):  # Megatron's router: its logits never leave it otherwise

            def with_logits(states, *rest, **named):
                logits = gating(states, *rest, **named)
                if self.armed:
                    mixture.take_logits(states, logits)
                return logits

            mixture.router.gating = with_logits
        if not isinstance(mixture.experts, nn.ModuleList):
            mixture.experts.register_forward_pre_hook(experts)

    @contextlib.contextmanager
    def step(self, step, labels=None):
        """Around the forward pass of a step. `labels`: a class for each token, such as its id; −100 for none."""
        self.armed, self.told = self.writes and step % self.every == 0, {}
        for mixture in self.mixtures:
            mixture.seen = {}
        try:
            yield self
        finally:
            armed, self.armed = self.armed, False
        if armed:
            began = time.perf_counter()
            size = self.write(step, labels)
            self.cost += time.perf_counter() - began
            share = 100 * self.cost / max(time.perf_counter() - self.begun, 1e-9)
            last = time.perf_counter() - began
            print(f"dump of step {step}: {last:.3f} s, {size / 1e6:.2f} MB; {share:.1f} % of the time so far", flush=True)

    def tell(self, loss):
        """The loss of this step, as you would log it; a tensor or a number. Read from the device only when a dump is written."""
        if self.armed:
            self.told["loss"] = loss.detach() if torch.is_tensor(loss) else loss

    @torch.no_grad()
    def write(self, step, labels):
        tensors, chosen = {}, {}
        draw = torch.Generator().manual_seed(self.seed + step)
        for mixture in self.mixtures:
            if not mixture.seen:
                continue  # a layer that this step went past
            count = len(mixture.seen["router_logits"])
            if count not in chosen:
                chosen[count] = torch.randperm(count, generator=draw)[: self.tokens].sort().values
            place = chosen[count]
            part = {name: tensor[place.to(tensor.device)] for name, tensor in mixture.seen.items() if len(tensor) == count}
            if self.compete:
                part.update(self.competition(mixture, part["input"]))
            tensors.update({f"{mixture.key}.{name}": portable(tensor) for name, tensor in part.items()})
            mixture.seen = {}
        if labels is not None:
            labels = torch.as_tensor(labels).reshape(-1)
            if len(labels) not in chosen:
                raise ValueError(f"{len(labels)} labels; the routers saw {sorted(chosen)} tokens")
            tensors["labels"] = portable(labels[chosen[len(labels)].to(labels.device)])
        path = os.path.join(self.folder, f"step-{step:06d}.safetensors")
        beside = os.path.join(self.folder, f".step-{step:06d}.{os.getpid()}.tmp")
        # Under another name first: whoever watches sees a whole dump, or none.
        notes = {"step": str(step), **{name: repr(float(value)) for name, value in self.told.items()}}
        save_file(tensors, beside, metadata=notes)
        os.replace(beside, path)
        return os.path.getsize(path)

    def competition(self, mixture, states):
        training = mixture.experts.training
        mixture.experts.eval()
        try:
            responses, answers = [], []
            for answer in mixture.answers(states):
                wide = answer.float()
                responses.append(F.softplus(wide).mean(-1) if self.response == "softplus" else wide.norm(dim=-1))
                answers.extend([answer] if self.outputs else [])
        finally:
            mixture.experts.train(training)
        found = {"affinity": torch.stack(responses, dim=1)}
        if answers:
            found["expert_outputs"] = torch.stack(answers, dim=1)
        return found


def find(model):
    """Every module with experts and a router; its key is `layer.` and its number, or its name where these are not different."""
    found = {}
    for name, module in model.named_modules():
        experts = getattr(module, "experts", None)
        router = next((r for r in (getattr(module, n, None) for n in ROUTERS) if isinstance(r, nn.Module)), None)
        if isinstance(experts, nn.Module) and router is not None:
            found[name or "layer"] = (router, experts)
    numbers = {name: re.search(r"(?:^|\.)(\d+)(?:\.|$)", name) for name in found}
    keys = {name: f"layer.{number[1]}" if number else name for name, number in numbers.items()}
    if len(set(keys.values())) < len(keys):
        keys = {name: name for name in found}
    for name, (router, experts) in found.items():
        yield Mixture(keys[name], router, experts)


def portable(tensor):
    """Small and readable: picks as int16 or int32, half-precision numbers as they are, all on the CPU."""
    if not tensor.is_floating_point():
        largest = int(tensor.max()) if tensor.numel() else 0
        tensor = tensor.to(torch.int16 if -(2**15) <= int(tensor.min()) and largest < 2**15 else torch.int32)
    return tensor.to("cpu").contiguous().clone()


class PlainMixture(nn.Module):
    """A mixture as one writes it by hand: a linear router and a list of experts."""

    def __init__(self, width, experts, top_k):
        super().__init__()
        self.top_k, self.gate = top_k, nn.Linear(width, experts, bias=False)
        expert = lambda: nn.Sequential(nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width))
        self.experts = nn.ModuleList(expert() for _ in range(experts))

    def forward(self, x):
        weights, index = self.gate(x).softmax(-1).topk(self.top_k, dim=-1)
        answers = torch.stack([expert(x) for expert in self.experts], dim=-2)
        picked = answers.gather(-2, index[..., None].expand(*index.shape, x.shape[-1]))
        return x + (weights[..., None] * picked).sum(-2)


class PlainModel(nn.Module):
    def __init__(self, width=64, experts=8, top_k=2, layers=2):
        super().__init__()
        self.embed, self.head = nn.Embedding(256, width), nn.Linear(width, 256)
        self.layers = nn.ModuleList(PlainMixture(width, experts, top_k) for _ in range(layers))

    def forward(self, ids):
        x = self.embed(ids)
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


def main():
    options = argparse.ArgumentParser(description="Trains a small mixture on bytes and writes routing dumps.")
    options.add_argument("folder")
    options.add_argument("--steps", type=int, default=200)
    options.add_argument("--every", type=int, default=10)
    options.add_argument("--plain", action="store_true", help="plain PyTorch in place of a Mixtral of transformers")
    options.add_argument("--compete", action="store_true", help="let all experts answer the tokens of a dump")
    options = options.parse_args()
    torch.manual_seed(0)
    if options.plain:
        model = PlainModel()
        loss_of = lambda ids: F.cross_entropy(model(ids[:, :-1]).reshape(-1, 256), ids[:, 1:].reshape(-1))
    else:
        from transformers import MixtralConfig, MixtralForCausalLM

        sizes = dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4)
        sizes.update(num_key_value_heads=2, num_local_experts=8, num_experts_per_tok=2, vocab_size=256)
        model = MixtralForCausalLM(MixtralConfig(**sizes, max_position_embeddings=128))
        loss_of = lambda ids: model(input_ids=ids, labels=ids).loss
    with open(__file__, "rb") as file:
        text = torch.tensor(list(file.read()))
    dumps = RoutingDump(model, options.folder, options.every, compete=options.compete, outputs=options.compete)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for step in range(1, options.steps + 1):
        starts = torch.randint(len(text) - 65, (16,))
        ids = torch.stack([text[start : start + 65] for start in starts])
        seen = ids[:, :-1] if options.plain else ids
        with dumps.step(step, labels=seen) as dump:
            loss = loss_of(ids)
            dump.tell(loss=loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % options.every == 0:
            print(f"step {step}: loss {loss.item():.3f}", flush=True)


if __name__ == "__main__":
    main()
