"""One launch of an op with known inputs: run on the device, held against the reference."""

from dataclasses import dataclass, field

import numpy as np

from . import abi, reference, tensors
from .reference import Batch
from .tensors import Host, Placed

ENUMS = {
    "activation": abi.ACTIVATIONS,
    "style": abi.ROPE_STYLES,
    "scoring": abi.SCORINGS,
    "codes": abi.CODES,
}
PACKED_CODES_ALIGNMENT = 2
BATCH_TENSORS = ["positions", "cu_seqlens_q", "kv_lens", "page_table", "state_slots"]


@dataclass
class Case:
    """fields: as in reference.py; aliases: output -> input that it shares memory with."""

    op: str
    label: str
    fields: dict
    aliases: dict = field(default_factory=dict)

    def wanted(self):
        return getattr(reference, self.op)(self.fields)


class Launch:
    """A case with its tensors on the device. layouts: a generator that draws odd ones, or None for contiguous."""

    def __init__(self, device, case, layouts=None):
        self.device, self.case, self.placed, self.workspace = device, case, {}, None
        self.args = abi.ARGS[case.op]()
        for name, value in self._flat().items():
            if isinstance(value, Host) and name not in case.aliases:
                self.placed[name] = Placed(device, value, self._layout(name, value, layouts))
        for name, shared in case.aliases.items():
            self.placed[name] = self.placed[shared]
        self._fill_args()
        if case.op in abi.WITH_WORKSPACE:
            self._add_workspace()

    def _layout(self, name, value, layouts):
        """levin_copy_pages takes a contiguous cache; levin_mixed_linear's packed codes are two-byte words."""
        if layouts is None or name == "cache":
            return tensors.Layout()
        packed = self.case.op == "mixed_linear" and name == "weight"
        return tensors.draw_layout(layouts, value, PACKED_CODES_ALIGNMENT if packed else None)

    def _flat(self):
        flat = dict(self.case.fields)
        batch = flat.pop("batch", None)
        if batch is not None:
            flat.update({name: getattr(batch, name) for name in BATCH_TENSORS})
        return flat

    def _fill_args(self):
        for name, value in self.case.fields.items():
            if isinstance(value, Batch):
                for part in BATCH_TENSORS:
                    setattr(self.args.batch, part, self.placed[part].tensor)
                for part in ("page_size", "max_query_len", "max_kv_len"):
                    setattr(self.args.batch, part, getattr(value, part))
            elif isinstance(value, Host):
                setattr(self.args, name, self.placed[name].tensor)
            elif value is not None:
                setattr(self.args, name, ENUMS[name].index(value) if name in ENUMS else value)

    def _add_workspace(self):
        """Exactly as many bytes as asked for, so that one more shows in the guard behind them."""
        size = self.device.workspace_bytes(self.case.op, self.args)
        if size:
            self.workspace = Placed(self.device, Host("U8", np.full(size, tensors.POISON, np.uint8)))
            self.args.workspace.data = self.workspace.address + tensors.GUARD_BYTES
        self.args.workspace.bytes = size

    def run(self):
        self.device.launch(self.case.op, self.args)

    def upload(self):
        for placed in self._all():
            placed.upload()

    def _all(self):
        unique = {id(p): p for p in self.placed.values()}
        return list(unique.values()) + ([self.workspace] if self.workspace else [])

    def results(self, names):
        """The outputs, and what was written that is no output; the latter as text, empty if there is nothing."""
        outputs, stray = {}, []
        for name, placed in self.placed.items():
            found, intact = placed.download()
            if name in names:
                outputs[name] = found
            elif name not in self.case.aliases.values() and not np.array_equal(found.encoded, placed.host.encoded):
                stray.append(f"{name} changed")
            if not intact:
                stray.append(f"bytes around {name} changed")
        if self.workspace and not self.workspace.download()[1]:
            stray.append("bytes around the workspace changed")
        return outputs, ", ".join(stray)

    def free(self):
        for placed in self._all():
            placed.free()


def check(device, case, layouts=None, second_opinion=None):
    """Runs a case twice and returns what is wrong, as lines.

    second_opinion: a case -> outputs by name, or None where it has no opinion on the op.
    """
    wanted = case.wanted()
    problems = disagreements(case, wanted, second_opinion)
    launch = Launch(device, case, layouts)
    try:
        launch.run()
        device.synchronize()
        outputs, stray = launch.results(wanted)
        problems += [stray] if stray else []
        for name, want in wanted.items():
            problem = want.problem(comparable(case, outputs[name]))
            if problem:
                problems.append(f"{name}: {problem}")
        launch.upload()
        launch.run()
        again, _ = launch.results(wanted)
        problems += [
            f"{name}: another run gave other bits"
            for name in wanted
            if not np.array_equal(again[name].encoded, outputs[name].encoded)
        ]
        return problems
    finally:
        launch.free()


def comparable(case, output):
    """Copied pages are compared byte by byte."""
    return Host("U8", output.encoded) if case.op == "copy_pages" else output


def disagreements(case, wanted, second_opinion):
    """Where the reference and the second opinion on it differ by more than float64 explains."""
    other = second_opinion(case) if second_opinion else None
    problems = []
    for name, values in (other or {}).items():
        mine = wanted[name].values
        if not np.allclose(mine, values, rtol=1e-6, atol=1e-9 * max(1.0, np.abs(np.nan_to_num(mine)).max(initial=0)), equal_nan=True):
            problems.append(f"{name}: the reference and PyTorch disagree")
    return problems
