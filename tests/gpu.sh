#!/usr/bin/env bash
# Tries a graphics card whole: devices, kernels, benchmark, training beside the CPU, the largest launches, numbers that are not finite,
# too little memory. At most 12 minutes, once everything is built.
#
#   tests/gpu.sh [DEVICE] [REPORT.json]      DEVICE as --device takes it: gpu (the default) or part of an adapter's name
#
# What it found is one JSON object. It ends with 1 if a part failed. A software driver needs smaller sizes:
#
#   PRESET=tiny STEPS=20 WIDE=4 ONLY=steps REPEATS=1 tests/gpu.sh llvmpipe
set -uo pipefail
cd "$(dirname "$0")/.."
device=${1:-gpu}
report=${2:-gpu.json}
preset=${PRESET:-medium}
steps=${STEPS:-300}
wide=${WIDE:-64}
repeats=${REPEATS:-10}
only=${ONLY:-steps,layers,products}
profile=${PROFILE:-release}
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

# A build is not counted: it takes longer than everything else.
build=(cargo build --bin moe-arena)
[ "$profile" = release ] && build+=(--release)
"${build[@]}" || exit 1
program=target/release/moe-arena
[ "$profile" = release ] || program=target/debug/moe-arena
program=$PWD/$program
tests=(cargo test --lib --test suite)
"${tests[@]}" --no-run || exit 1

began=$SECONDS
left() { echo $((720 - (SECONDS - began))); }

# part NAME SECONDS COMMAND…: what it said, its exit code and its seconds are kept under NAME; it never has more time than is left.
part() {
    local name=$1 most=$2 start code
    shift 2
    [ "$most" -gt "$(left)" ] && most=$(left)
    echo "== $name (at most $most s)"
    start=$(date +%s.%N)
    if [ "$most" -gt 0 ]; then
        timeout --signal=INT --kill-after=10 "$most" "$@" >"$made/$name.out" 2>"$made/$name.err"
        code=$?
    else
        code=skipped
    fi
    printf '%s %s %s\n' "$name" "$code" "$(echo "$(date +%s.%N) $start" | awk '{ print $1 - $2 }')" >>"$made/parts"
    tail -n 3 "$made/$name.err"
}

export MOE_ARENA_NEED_GPU=1
part devices 60 "$program" devices --json
# Every kernel against its plain-loop twin, and what a step does that is not finite.
part kernels 200 "${tests[@]}" -- engine::kernels the_graphics_adapter
part bench 180 "$program" bench --json --device "$device" --preset "$preset" --only "$only" --repeats "$repeats"
part train_gpu 150 "$program" train --preset "$preset" --steps "$steps" --device "$device" --out "$made/gpu"
part train_cpu 150 "$program" train --preset "$preset" --steps "$steps" --device cpu --out "$made/cpu"

# The largest launches: all experts answer 8,192 tokens (fewer experts, fewer tokens).
cat >"$made/wide.toml" <<TOML
sequences = $wide
[model]
context = 128
width = 256
heads = 4
layers = 1
experts = $wide
expert_width = 256
[knobs]
competition_rate = 1.0
[cadence]
validate_every = 100000
probe_every = 100000
TOML
part wide 150 "$program" train "$made/wide.toml" --steps 6 --device "$device" --out "$made/wide"

# More than any card holds: it must be refused in words, not end the program.
sed -e "s/^sequences = .*/sequences = 1024/" -e "s/^context = .*/context = 4096/" -e "s/^expert_width = .*/expert_width = 8192/" \
    -e "s/^experts = .*/experts = 256/" "$made/wide.toml" >"$made/huge.toml"
part too_large 60 "$program" train "$made/huge.toml" --steps 1 --device "$device" --out "$made/huge"

python3 - "$made" "$report" "$device" "$preset" <<'PYTHON'
import csv, json, os, sys

made, report, device, preset = sys.argv[1:5]
found = {"device": device, "preset": preset, "parts": {}}
for line in open(os.path.join(made, "parts")):
    name, code, seconds = line.split()
    found["parts"][name] = {"exit": code if code == "skipped" else int(code), "seconds": round(float(seconds), 2)}


def text(name):
    with open(os.path.join(made, name), errors="replace") as file:
        return file.read()


def read(name):
    try:
        return json.loads(text(name))
    except (OSError, ValueError):
        return None


def curve(folder):
    try:
        with open(os.path.join(made, folder, "metrics.csv"), newline="") as file:
            return [(float(row["seconds"]), float(row["loss_task"])) for row in csv.DictReader(file)]
    except (OSError, ValueError, KeyError):
        return []


found["devices"], found["bench"] = read("devices.out"), read("bench.out")
gpu, cpu = curve("gpu"), curve("cpu")
if gpu and cpu:
    both = list(zip(gpu, cpu))
    off = [abs(a[1] - b[1]) / abs(b[1]) for a, b in both]
    last = both[-max(1, len(both) // 6) :]
    mean = lambda which: sum(pair[which][1] for pair in last) / len(last)
    found["training"] = {
        "steps": len(both),
        "largest_difference_of_the_first_20_steps": max(off[:20]),
        "mean_loss_at_the_end": {"gpu": mean(0), "cpu": mean(1)},
        "seconds": {"gpu": gpu[-1][0], "cpu": cpu[-1][0]},
    }
wide = curve("wide")
if wide:
    found["wide_competition_seconds_per_step"] = wide[-1][0] / len(wide)
found["too_large"] = text("too_large.err").strip().splitlines()[-1:] or [""]

failed = [name for name, part in found["parts"].items() if part["exit"] != 0 and name != "too_large"]
# A refusal is exit code 1 or 2; a signal or a panic is more.
if found["parts"].get("too_large", {}).get("exit") not in (1, 2):
    failed.append("too_large")
training = found.get("training")
if training and training["largest_difference_of_the_first_20_steps"] > 0.01:
    failed.append("training: the first 20 steps differ from the CPU's by more than 1 %")
found["failed"] = failed
with open(report, "w") as file:
    json.dump(found, file, indent=2)
print(json.dumps({key: found[key] for key in found if key not in ("bench", "devices")}, indent=2))
sys.exit(1 if failed else 0)
PYTHON
code=$?
echo "the report is $report; $((SECONDS - began)) s"
exit $code
