"""Times the cases, prints a line each, and gathers what bench/results keeps."""

import datetime
import importlib.metadata
import json
import os
import platform
import re
import shlex
import statistics
import subprocess
import sys

import numpy as np

from . import abi, cost, timed_cases
from .case import Launch
from .timing import Clock, copy_bandwidth

SECONDS_A_CASE = 0.3
SECONDS_A_CASE_QUICK = 0.1
COLUMNS = "{:<15} {:<8} {:<42} {:>10} {:>8} {:>8} {:>7}  {}"


def peers_for(device_index, seconds):
    """The peers, or None and why."""
    try:
        import torch
    except ImportError as reason:
        return None, str(reason)
    if not torch.cuda.is_available():
        return None, f"PyTorch {torch.__version__} sees no GPU"
    from .peers import Peers

    return Peers(device_index, seconds), ""


def command_output(*command):
    """First line, or nothing where the command is missing or fails."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.strip().splitlines()[0].strip() if run.returncode == 0 and run.stdout.strip() else ""


def commit(root):
    """As the JVM's reports spell it; empty outside of a checkout."""
    head = command_output("git", "-C", root, "rev-parse", "--short=7", "HEAD")
    changed = command_output("git", "-C", root, "status", "--porcelain", "--untracked-files=no")
    return head + ("-dirty" if head and changed else "")


def queried(index, fields):
    return command_output("nvidia-smi", f"--id={index}", f"--query-gpu={fields}", "--format=csv,noheader")


def environment(root, device, seed):
    info = device.info
    return {
        "levin": version_of(root),
        "commit": commit(root),
        "jdk": "",
        "jvmOptions": [],
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": device.name,
        "processors": os.cpu_count(),
        "loadAverage": os.getloadavg()[0],
        "command": shlex.join(["python3"] + sys.argv),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "python": platform.python_version(),
        "torch": torch_version(),
        "architecture": device.architecture,
        "multiprocessors": info.multiprocessors,
        "memoryBytes": info.total_bytes,
        "l2Bytes": info.l2_bytes,
        "driver": queried(info.index, "driver_version"),
        "cudaDriver": info.driver_version,
        "cudaRuntime": info.runtime_version,
        "clocks": queried(info.index, "clocks.sm,clocks.mem,clocks.max.sm,clocks.max.mem,power.limit"),
        "seed": seed,
    }


def torch_version():
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return None


def version_of(root):
    """The project's, from the parent pom."""
    text = (root / "pom.xml").read_text()
    after = text[text.index("<artifactId>levin-parent</artifactId>") :]
    return after[after.index("<version>") + len("<version>") : after.index("</version>")]


class Benchmark:
    def __init__(self, device, quick, seed):
        self.device, self.quick, self.seed = device, quick, seed
        seconds = SECONDS_A_CASE_QUICK if quick else SECONDS_A_CASE
        self.clock = Clock(device, seconds)
        self.peers, self.without_peers = peers_for(device.info.index, seconds)
        self.ceilings = {
            "readBytesPerSecond": copy_bandwidth(device, self.clock),
            "flopsPerSecond": self.peers.matrix_rate() if self.peers else None,
        }

    def run(self, matching):
        """The results, in the order measured."""
        self._print_head()
        results = []
        for number, (op, dtype, model, shape, build) in enumerate(timed_cases.every(self.quick)):
            name = f"{op} {dtype} {shape}"
            if matching not in name:
                continue
            one = build(np.random.default_rng([self.seed, 50_000 + number]))
            try:
                result = self._timed(one)
            except abi.LevinError as error:
                print(f"{name}: {error}", flush=True)
                continue
            result = {"op": op, "dtype": dtype, "model": model, "shape": shape, **result}
            self._print(result)
            results.append(self._placed(result))
        self.clock.close()
        return results

    def _placed(self, result):
        place = {"backend": "cuda", "kernels": self.device.architecture, "threads": 0}
        return {**place, **result, "ceilings": self.ceilings}

    def _timed(self, one):
        launch = Launch(self.device, one)
        try:
            samples = self.clock.micros(launch.run)
        finally:
            launch.free()
        peer = self.peers.of(one) if self.peers else None
        operations, size = cost.of(one)
        micros = statistics.median(samples)
        return {
            "samples": [1000 * sample for sample in samples],
            "micros": micros,
            "deviation": statistics.stdev(samples),
            "flops": operations,
            "bytes": size,
            "gflops": operations / micros / 1e3,
            "gigabytes": size / micros / 1e3,
            "percentOfRoofline": self._percent(operations, size, micros),
            "ratio": None,
            "peer": peer[0] if peer else None,
            "peerMicros": peer[1] if peer else None,
        }

    def _percent(self, operations, size, micros):
        """Without the rate of a matrix product only what must move is known, and the time for it no bound on both."""
        if self.ceilings["flopsPerSecond"] is None:
            return None
        least = max(size / self.ceilings["readBytesPerSecond"], operations / self.ceilings["flopsPerSecond"])
        return 100 * least * 1e6 / micros

    def _print_head(self):
        rate = self.ceilings["flopsPerSecond"]
        product = f"{rate / 1e12:.0f} TFLOP/s bfloat16 product" if rate else f"no peers: {self.without_peers}"
        print(f"ceilings: {self.ceilings['readBytesPerSecond'] / 1e9:.0f} GB/s copied, {product}")
        print(COLUMNS.format("op", "dtype", "shape", "us", "TFLOP/s", "GB/s", "% roof", "x peer"))

    def _print(self, r):
        percent = "-" if r["percentOfRoofline"] is None else f"{r['percentOfRoofline']:.1f}"
        peer = "-" if r["peer"] is None else f"{r['peerMicros'] / r['micros']:.2f} {r['peer']}"
        rates = f"{r['gflops'] / 1e3:.2f}", f"{r['gigabytes']:.0f}"
        line = COLUMNS.format(r["op"], r["dtype"], r["shape"], f"{r['micros']:.1f}", *rates, percent, peer)
        print(line, flush=True)


def file_name(device, date):
    """For example nvidia-h200-2026-11-21.json."""
    return f"{re.sub('[^a-z0-9]+', '-', device.name.lower()).strip('-')}-{date[:10]}.json"


def save(path, environment, results):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"kind": "kernels", "environment": environment, "results": results}, indent=2) + "\n")
