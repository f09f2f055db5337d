"""How far results may be from the float64 reference, and the words for it when they are further.

The table is that of dev.levin.testkit.compare.Tolerances.
"""

from dataclasses import dataclass, replace
from math import inf

import numpy as np

FEWEST_FOR_COSINE = 16
ADDEND_ROUNDING = 1e-6


@dataclass(frozen=True)
class Tolerance:
    """All parts must hold; share is of the lengths of the two vectors whose product an element is."""

    exact: bool = False
    absolute: float = 0.0
    relative: float = 0.0
    share: float = 0.0
    steps: float = 0.0
    nmse: float = inf
    cosine: float = inf


EXACT = Tolerance(exact=True)
ELEMENTWISE = Tolerance(absolute=1e-5, relative=1e-5)
NORM = Tolerance(absolute=1e-20, relative=3e-4)
ANGLE = Tolerance(absolute=1.2e-6)
ROTATION = Tolerance(absolute=inf, nmse=1e-7)
ROTATED_STORE = Tolerance(steps=1)
ROUTE_WEIGHTS = Tolerance(absolute=1e-6, relative=1e-5)
SUM = Tolerance(absolute=inf, nmse=1e-7)
FLOAT_PRODUCT = Tolerance(share=1e-4, nmse=1e-7)
QUANTISED_PRODUCT = Tolerance(share=1e-2, cosine=1e-3)
ATTENTION = Tolerance(absolute=1e-4, relative=1e-4, cosine=5e-6)
LSE = Tolerance(absolute=2e-5, relative=2e-6)
MERGE = Tolerance(absolute=1e-5, relative=1e-5)
# Codes and 16-bit activations are exact, sums float32; then the output is rounded to its type.
MIXED_PRODUCTS = {
    "F32": FLOAT_PRODUCT,
    "F16": Tolerance(share=1e-4, relative=2.0**-10),
    "BF16": Tolerance(share=1e-4, relative=2.0**-7),
}


# Tensor cores of FP8 and FP4 may keep as little as 13 bits of a sum.
FP8_SHARE = 1e-3


def mixed_product(codes, x, out):
    """Of levin_mixed_linear: codes and formats by name."""
    if codes in ("E4M3", "E5M2") and x in ("F8_E4M3", "F8_E5M2"):
        return replace(MIXED_PRODUCTS[out], share=FP8_SHARE, nmse=inf)
    return MIXED_PRODUCTS[out]


def rounded_product(dtype, out):
    """Of weights of dtype, then rounded to out."""
    if out == "F32":
        return product(dtype)
    return replace(product(dtype), relative=MIXED_PRODUCTS[out].relative, nmse=inf)


def block_scaled_product(out):
    return replace(MIXED_PRODUCTS[out], share=FP8_SHARE, nmse=inf)


def product(dtype):
    return FLOAT_PRODUCT if dtype in ("F32", "F16", "BF16") else QUANTISED_PRODUCT


def step_bounds(dtype, want):
    """Distance of neighbouring values near the largest magnitude that shares a scale."""
    block = 32 if dtype in ("Q8_0", "Q4_0") else 1
    largest = np.abs(want.reshape(-1, block)).max(axis=-1, keepdims=True)
    step = {
        "F16": np.maximum(largest * 2.0**-10, 2.0**-24),
        "BF16": np.maximum(largest * 2.0**-7, 1e-45),
        "F8_E4M3": np.maximum(largest * 2.0**-3, 2.0**-9),
        "F8_E5M2": np.maximum(largest * 2.0**-2, 2.0**-16),
        "Q8_0": largest / 127 * 1.01,
        "Q4_0": largest / 7 * 1.01,
    }[dtype]
    return np.broadcast_to(step, (step.shape[0], block)).reshape(want.shape)


@dataclass
class Wanted:
    """values: float64, or int32; extra: further absolute error of each element that the op's inputs allow."""

    values: np.ndarray
    tolerance: Tolerance
    extra: np.ndarray | None = None

    def problem(self, found):
        """What is wrong with found, a tensors.Host of the same shape; None if nothing is."""
        want, got = self.values, found.values
        if want.size == 0:
            return None
        if want.dtype.kind == "i" or self.tolerance.exact:
            return self._exact_problem(want, got)
        want = want.astype(np.float32).astype(np.float64)
        got = got.astype(np.float64)
        misplaced = ~np.where(np.isfinite(want), np.isfinite(got), (want == got) | np.isnan(want) & np.isnan(got))
        if misplaced.any():
            return describe(misplaced, want, got, "NaN or infinity in the wrong place or missing")
        return self._inexact_problem(found.dtype, want, got)

    @staticmethod
    def _exact_problem(want, got):
        if want.dtype.kind == "i":
            bad = want != got
        else:
            want = want.astype(np.float32)
            same_bits = want.view(np.uint32) == np.ascontiguousarray(got).view(np.uint32)
            bad = ~(same_bits | np.isnan(want) & np.isnan(got))
        return describe(bad, want, got, "must be bit-exact") if bad.any() else None

    def _inexact_problem(self, dtype, want, got):
        t = self.tolerance
        finite = np.isfinite(want)
        error = np.where(finite, np.abs(got - np.where(finite, want, 0)), 0)
        sized = np.where(finite, want, 0)
        bounds = t.absolute + t.relative * np.abs(sized)
        if t.steps:
            bounds = bounds + t.steps * step_bounds(dtype, sized)
        if t.share:
            bounds = bounds + self.extra
        energy = float((sized**2).sum())
        nmse = float((error**2).sum()) / energy if energy else (0.0 if not error.any() else inf)
        bad = error > bounds
        if nmse > t.nmse:
            return describe(error > np.sqrt(t.nmse) * rms(sized), want, got, f"nmse {nmse:.2g} > {t.nmse:.2g}")
        cosine = cosine_difference(sized, np.where(finite, got, 0)) if want.size >= FEWEST_FOR_COSINE else 0.0
        if cosine > t.cosine:
            text = f"cosine difference {cosine:.2g} > {t.cosine:.2g}"
            return describe(error > 1e-3 * rms(sized), want, got, text)
        if bad.any():
            return describe(bad, want, got, f"error above {np.broadcast_to(bounds, want.shape)[bad].max():.2g}")
        return None


def rms(values):
    return float(np.sqrt((values**2).mean()))


def cosine_difference(want, got):
    a, b = float((want**2).sum()), float((got**2).sum())
    if a == 0 or b == 0:
        return 0.0 if a == b else 1.0
    return 1 - float((want * got).sum()) / float(np.sqrt(a) * np.sqrt(b))


def describe(bad, want, got, reason):
    """The worst element, how many are bad, and where they all are if that is one row or column."""
    with np.errstate(invalid="ignore"):
        error = np.where(bad, np.nan_to_num(np.abs(np.asarray(got, np.float64) - want), nan=inf), -1)
    worst = np.unravel_index(int(error.argmax()), bad.shape)
    where = np.argwhere(bad)
    common = [f"dim {d} = {where[0][d]}" for d in range(bad.ndim) if bad.shape[d] > 1 and (where[:, d] == where[0][d]).all()]
    place = f", all at {' and '.join(common)}" if common and len(where) > 1 else ""
    at = ",".join(map(str, worst))
    return f"worst at ({at}): got {got[worst]:.6g} want {want[worst]:.6g}   {reason}   bad {len(where)}/{bad.size}{place}"
