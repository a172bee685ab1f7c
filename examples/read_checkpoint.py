#!/usr/bin/env python3
"""Reads a checkpoint of MoE Arena: checks its seal, prints what the run is, its loss and the routers' weights.

    python3 examples/read_checkpoint.py runs/seed-18/checkpoint.safetensors

Standard library only. With numpy, `safetensors.numpy.load_file(path)` gives all tensors as arrays; the manifest is the entry
"moe-arena" of the file's metadata, as here.
"""

import hashlib
import json
import math
import struct
import sys

NUMBERS = {"F32": "f", "F64": "d"}


class Checkpoint:
    """A whole checkpoint: `manifest` (config, progress, journal …) and its tensors by name."""

    def __init__(self, path):
        with open(path, "rb") as file:
            content = file.read()
        (length,) = struct.unpack_from("<Q", content)
        self.tensors = json.loads(content[8 : 8 + length])
        self.manifest = json.loads(self.tensors.pop("__metadata__")["moe-arena"])
        self.data = content[8 + length :]
        # The seal is taken over the whole file with its own digits as zeros.
        seal = self.manifest["sha256"].encode()
        self.whole = hashlib.sha256(content.replace(seal, b"0" * 64, 1)).hexdigest().encode() == seal

    def rows(self, name):
        """A tensor as rows of floats along its last axis."""
        entry = self.tensors[name]
        begin, end = entry["data_offsets"]
        width = entry["shape"][-1]
        numbers = [number for (number,) in struct.iter_unpack("<" + NUMBERS[entry["dtype"]], self.data[begin:end])]
        return [numbers[at : at + width] for at in range(0, len(numbers), width)]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    checkpoint = Checkpoint(sys.argv[1])
    if not checkpoint.whole:
        sys.exit(f"{sys.argv[1]}: its bytes are not those that were saved")
    manifest = checkpoint.manifest
    progress = manifest["progress"]
    print(f"format {manifest['version']}, step {progress['step']}, seed {manifest['config']['seed']}")
    print(f"policy {progress['knobs'].get('policy', 'competesmoe')}, top-k {progress['knobs']['top_k']}")
    # The newest 512 values of a curve: step and value. `history/buckets/…` is the whole run.
    step, loss = checkpoint.rows("history/recent/run/loss_total")[-1]
    print(f"total loss {loss:.6f} nats at step {step:.0f}")
    for name in checkpoint.tensors:
        if name.startswith("model/") and name.endswith("router.weight"):
            lengths = (math.hypot(*row) for row in checkpoint.rows(name))
            print(name, "norm of each expert's row:", " ".join(f"{length:.4f}" for length in lengths))
    print("config", json.dumps(manifest["config"]))


if __name__ == "__main__":
    main()
