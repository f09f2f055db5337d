"""Proves abi.py and formats.py against levin.h: a C compiler judges one assertion for each size, offset and constant."""

import ctypes as c
import re
import shutil
import subprocess
from pathlib import Path

from . import abi, formats

INCLUDE = Path(__file__).resolve().parents[3] / "native" / "include"


def source():
    lines = ['#include <stddef.h>', '#include "levin/levin.h"']

    def equal(expression, value):
        lines.append(f'_Static_assert((long long)({expression}) == {value}, "{expression} is not {value}");')

    equal("LEVIN_ABI_VERSION", abi.ABI_VERSION)
    for name, struct in abi.STRUCTS.items():
        equal(f"sizeof({name})", c.sizeof(struct))
        for field, kind in struct._fields_:
            equal(f"offsetof({name}, {field})", getattr(struct, field).offset)
            equal(f"sizeof((({name}*)0)->{field})", c.sizeof(kind))
    for prefix, names in (
        ("LEVIN_", abi.STATUS),
        ("LEVIN_ACTIVATION_", abi.ACTIVATIONS),
        ("LEVIN_ROPE_", abi.ROPE_STYLES),
        ("LEVIN_SCORING_", abi.SCORINGS),
        ("LEVIN_CODES_", abi.CODES),
    ):
        for value, name in enumerate(names):
            equal(prefix + name, value)
    for name, format in formats.FORMATS.items():
        equal("LEVIN_DTYPE_" + name, format.id)
    return "\n".join(lines) + "\n"


NOT_READ = {"Q8_1", "Q8_K", "BOOL"}  # of activations inside kernels, and of masks


def unknown():
    """Ops and formats of the header that this program does not check, as text."""
    header = (INCLUDE / "levin" / "levin.h").read_text()
    ops = re.findall(r"levin_status levin_(\w+)\(levin_stream stream, const levin_\1_args\* args\)", header)
    dtypes = re.findall(r"^  LEVIN_DTYPE_(\w+) =", header, re.MULTILINE)
    missing = set(ops) - set(abi.OPS) | set(dtypes) - set(formats.FORMATS) - NOT_READ
    return ", ".join(sorted(missing))


def check():
    """What is wrong, as text; empty if nothing is. Without a compiler the reason is raised as LookupError."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        raise LookupError("no C compiler (cc, gcc, clang)")
    run = subprocess.run(
        [compiler, "-x", "c", "-std=c11", "-fsyntax-only", f"-I{INCLUDE}", "-"],
        input=source(),
        capture_output=True,
        text=True,
    )
    return "" if run.returncode == 0 else run.stderr
