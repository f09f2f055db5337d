"""Builds liblevin_cuda.so for the GPU of this machine alone."""

import os
import shutil
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# From these on, instructions exist that only code for exactly this architecture may use.
WITH_OWN_INSTRUCTIONS = 9


def capability():
    """(major, minor) of the first GPU, from nvidia-smi or PyTorch."""
    if shutil.which("nvidia-smi"):
        run = subprocess.run(
            ["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"], capture_output=True, text=True
        )
        lines = run.stdout.split()
        if run.returncode == 0 and lines:
            return tuple(map(int, lines[0].split(".")))
    try:
        import torch
    except ImportError:
        return None
    return torch.cuda.get_device_capability() if torch.cuda.is_available() else None


def architecture():
    """What CMake calls it, for example 90a-real."""
    found = capability()
    if found is None:
        raise SystemExit(
            "no GPU was found by nvidia-smi or PyTorch; give --architecture 90a-real, or --library with a built one"
        )
    major, minor = found
    return f"{major}{minor}{'a' if major >= WITH_OWN_INSTRUCTIONS else ''}-real"


def add_toolkit_to_path():
    """Where the toolkit's installer puts nvcc, if no PATH has it."""
    usual = Path(os.environ.get("CUDA_HOME", "/usr/local/cuda")) / "bin"
    if shutil.which("nvcc") is None and (usual / "nvcc").exists():
        os.environ["PATH"] += os.pathsep + str(usual)


def build(folder, target_architecture):
    """The library's path."""
    add_toolkit_to_path()
    for tool in ("cmake", "nvcc"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is not on the PATH; give --library with a built library")
    target_architecture = target_architecture or architecture()
    started = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    generator = ["-G", "Ninja"] if shutil.which("ninja") and not (folder / "Makefile").exists() else []
    configure = ["cmake", "-S", str(ROOT / "native"), "-B", str(folder), *generator]
    configure += ["-DCMAKE_BUILD_TYPE=Release", "-DLEVIN_CPU=OFF", "-DLEVIN_CUDA=ON", "-DLEVIN_NATIVE_TESTS=OFF"]
    configure += [f"-DCMAKE_CUDA_ARCHITECTURES={target_architecture}"]
    make = ["cmake", "--build", str(folder), "--target", "levin_cuda", "--parallel", str(os.cpu_count() or 2)]
    log = folder / "build.log"
    with log.open("w") as output:
        for command in (configure, make):
            if subprocess.run(command, stdout=output, stderr=subprocess.STDOUT).returncode:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-40:])
                raise SystemExit(f"{tail}\nthe build failed; all of its output is in {log}")
    print(f"built for {target_architecture} in {time.monotonic() - started:.0f} s; log: {log}", flush=True)
    return folder / "src" / "liblevin_cuda.so"
