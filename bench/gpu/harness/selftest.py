"""What can be proved without a device: the ABI's layout, and decoders against the golden blocks."""

import json
from pathlib import Path

import numpy as np

from . import encoders, layout
from .formats import FORMATS

GOLDEN = Path(__file__).resolve().parents[3] / "java/testkit/golden/quants"


def check_layout():
    problem = layout.check()
    if problem:
        raise SystemExit(f"abi.py does not match native/include/levin/levin.h:\n{problem}")


def unknown():
    return layout.unknown()


def same_bits(a, b):
    return np.array_equal(a.view(np.uint32), b.view(np.uint32))


def check_formats():
    """Holds every decoder and encoder against what there is of golden data, and returns how many there were."""
    checked = 0
    index = json.loads((GOLDEN / "index.json").read_text())
    for name, entry in index.items():
        format = FORMATS.get(name)
        if format is None:
            continue
        if (format.id, format.block_values, format.block_bytes) != tuple(
            entry[key] for key in ("id", "block_values", "block_bytes")
        ):
            raise SystemExit(f"formats.py disagrees with {GOLDEN}/index.json about {name}")
        encoded = np.fromfile(GOLDEN / f"{name}.blocks", np.uint8).reshape(entry["rows"], -1)
        want = np.fromfile(GOLDEN / f"{name}.f32", "<f4").reshape(entry["rows"], entry["cols"])
        if not same_bits(format.decode(encoded), want):
            raise SystemExit(f"formats.py decodes {name} otherwise than {GOLDEN}/{name}.f32 says")
        source = GOLDEN / f"{name}.source.f32"
        if name in encoders.ENCODERS and source.exists():
            values = np.fromfile(source, "<f4").reshape(want.shape)
            if not np.array_equal(encoders.encode(name, values), encoded):
                raise SystemExit(f"encoders.py encodes {name} otherwise than {GOLDEN}/{name}.blocks says")
        checked += 1
    check_round_trips()
    return checked


def check_round_trips():
    """Values of an element format must come back from its encoder."""
    rng = np.random.default_rng(1)
    for name in encoders.ENCODERS:
        if FORMATS[name].block_values == 1:
            values = FORMATS[name].decode(FORMATS[name].random(rng, 4, 256))
            if not same_bits(FORMATS[name].decode(encoders.encode(name, values)), values):
                raise SystemExit(f"encoders.py does not give values of {name} back")
