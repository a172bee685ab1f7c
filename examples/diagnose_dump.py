#!/usr/bin/env python3
"""Measures a routing layer of any trainer: writes what it saw and did to a dump, and asks `moe-arena diagnose`.

    python3 examples/diagnose_dump.py [PATH_OF_MOE_ARENA]

Here the layer is made up. With numpy, fill the same dictionary with arrays (float32; int64 for labels and picks) and write it
with `safetensors.numpy.save_file(tensors, path)`; without, `save` below does it with the standard library alone.
"""

import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile

TOKENS, EXPERTS, TOP_K = 512, 8, 2


def save(tensors, path):
    """Writes a safetensors file. `tensors`: name -> rows of floats ([T, N]), or a list of ints ([T])."""
    header, data = {}, b""
    for name, values in tensors.items():
        rows = isinstance(values[0], list)
        flat = [number for row in values for number in row] if rows else values
        packed = struct.pack(f"<{len(flat)}{'f' if rows else 'q'}", *flat)
        header[name] = {
            "dtype": "F32" if rows else "I64",
            "shape": [len(values), len(values[0])] if rows else [len(values)],
            "data_offsets": [len(data), len(data) + len(packed)],
        }
        data += packed
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def a_layer():
    """A router that foresees the experts' responses, but not well, and prefers the first experts."""
    draw = random.Random(18)
    logits, responses, labels = [], [], []
    for _ in range(TOKENS):
        kind = draw.randrange(EXPERTS)  # the class of the token, which one expert answers best
        response = [draw.gauss(0.0, 1.0) + 2.0 * (expert == kind) for expert in range(EXPERTS)]
        logits.append([0.8 * s + draw.gauss(0.0, 1.0) - 0.2 * expert for expert, s in enumerate(response)])
        responses.append([math.log1p(math.exp(s)) for s in response])
        labels.append(kind)
    return {"router.logits": logits, "affinity.scores": responses, "labels": labels}


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "moe-arena"
    with tempfile.TemporaryDirectory() as folder:
        dump = os.path.join(folder, "dump.safetensors")
        save(a_layer(), dump)
        words = [program, "diagnose", dump, "--top-k", str(TOP_K), "--json"]
        measured = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)
    load, agreement = measured["load"], measured["agreement"]
    print(f"load        effective experts {load['effective_experts']:.2f} of {EXPERTS}, CV {load['cv']:.3f} (even: 0)")
    print(f"agreement   top-1 {agreement['top1']:.3f} (chance {agreement['chance']:.3f}), kappa {agreement['kappa']:.3f}")
    print(f"            recall at {TOP_K} {agreement['recall_at_k']:.3f} (chance {agreement['recall_chance']:.3f})")


if __name__ == "__main__":
    main()
