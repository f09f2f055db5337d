#!/usr/bin/env python3
"""Builds the CUDA library, holds every kernel against float64 and PyTorch, and times them.

    bench/gpu/run.py                      build for this GPU, check, time, save to bench/results
    bench/gpu/run.py --quick              the same in a few minutes
    bench/gpu/run.py --library PATH       a built library; the emulated one is checked, not timed

Needs numpy. PyTorch and a GPU are optional: what is left out for want of them is said. Exit code 1 when a check
failed, 2 when it could not be run.
"""

import argparse
import secrets
import sys
from pathlib import Path

sys.dont_write_bytecode = True

try:
    import numpy  # noqa: F401  (said here once, instead of by whichever module comes first)
except ImportError:
    sys.exit("run.py: numpy is needed: python3 -m pip install numpy")

from harness import abi, benchmark, build, checks, selftest
from harness.device import Device

ROOT = Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", type=Path, help="a built liblevin_cuda.so or liblevin_cuda_emu.so")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "gpu", metavar="FOLDER", help="to build in")
    parser.add_argument("--architecture", help="to build for, as CMake says it; default: this GPU's, e.g. 90a-real")
    parser.add_argument("--device", type=int, default=0, metavar="N")
    parser.add_argument("--quick", action="store_true", help="fewer shapes and shorter runs")
    parser.add_argument("--seed", type=int, help="default: a random one, which is printed")
    parser.add_argument("--only", default="", metavar="TEXT", help="checks and timings whose name has the text")
    parser.add_argument("--no-checks", action="store_true")
    parser.add_argument("--no-timings", action="store_true")
    parser.add_argument("--save", type=Path, metavar="FILE", help="default: bench/results/<gpu>-<date>.json")
    return parser.parse_args()


def prove_harness():
    try:
        selftest.check_layout()
        layout = "ABI as in levin.h"
    except LookupError as reason:
        layout = f"ABI not compared with levin.h: {reason}"
    if unknown := selftest.unknown():
        print(f"NOT CHECKED, for the harness does not know them: {unknown}")
    print(f"harness: {layout}, {selftest.check_formats()} formats as in the golden blocks", flush=True)


def run(options):
    prove_harness()
    library = abi.Library((options.library or build.build(options.build, options.architecture)).resolve())
    device = Device(library, options.device)
    kind = "emulated" if library.emulated else device.architecture
    print(f"device: {device.name} ({kind}), {library.path}", flush=True)
    seed = secrets.randbelow(1 << 31) if options.seed is None else options.seed
    failed = 0
    if not options.no_checks:
        larger = not library.emulated
        count, failed = checks.run(device, seed, larger, options.only, f"cuda({kind}) against the reference")
        if count == 0 and options.no_timings:
            raise SystemExit(f"no check has '{options.only}' in its name")
    if library.emulated:
        print("timings: none, the device is emulated")
    elif not options.no_timings:
        time(options, device, seed)
    device.close()
    return 1 if failed else 0


def time(options, device, seed):
    about = benchmark.environment(ROOT, device, seed)
    results = benchmark.Benchmark(device, options.quick, seed).run(options.only)
    path = options.save or ROOT / "bench" / "results" / benchmark.file_name(device, about["date"])
    benchmark.save(path, about, results)
    print(f"saved: {path}")


def main():
    try:
        return run(arguments())
    except (abi.LevinError, OSError) as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(f"run.py: {stop.code}", file=sys.stderr)
            return 2
        raise


if __name__ == "__main__":
    sys.exit(main())
