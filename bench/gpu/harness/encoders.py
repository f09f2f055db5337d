"""Encoders of the formats that caches are written in and that levin_convert writes, to the bit as the codecs."""

import numpy as np

F = np.float32


def _bytes(values, dtype):
    values = np.ascontiguousarray(values.astype(dtype))
    return values.view(np.uint8).reshape(values.shape[:-1] + (-1,))


def f16(x):
    with np.errstate(over="ignore"):
        return _bytes(x, "<f2")


def bf16(x):
    bits = x.view(np.uint32)
    rounded = bits + 0x7FFF + (bits >> 16 & 1) >> 16
    return _bytes(np.where(np.isnan(x), bits >> 16 | 0x40, rounded), "<u2")


def small_float(x, mantissa_bits, bias):
    """Codes of |x| in a format without an upper end: carries run on into the exponent."""
    bits = x.view(np.uint32).astype(np.int64) & 0x7FFFFFFF
    with np.errstate(invalid="ignore", over="ignore"):
        tiny = np.rint(np.abs(x).astype(np.float64) * 2.0 ** (bias - 1 + mantissa_bits))
    dropped = 23 - mantissa_bits
    normal = (bits + (1 << dropped - 1) - 1 + (bits >> dropped & 1) >> dropped) - (127 - bias << mantissa_bits)
    small = (bits >> 23) - 127 + bias <= 0
    return np.where(small, np.where(small, tiny, 0).astype(np.int64), normal)


def _small_bytes(x, code, largest, nan):
    sign = x.view(np.uint32) >> 24 & 0x80
    return (sign | np.where(np.isnan(x), nan, np.minimum(code, largest))).astype(np.uint8)


def e4m3(x):
    """Whatever exceeds 448, infinities included, becomes 448 of its sign."""
    return _small_bytes(x, small_float(x, 3, 7), 0x7E, 0x7F)


def e5m2(x):
    return _small_bytes(x, small_float(x, 2, 15), 0x7C, 0x7E)


def _blocks(x):
    return x.reshape(x.shape[:-1] + (-1, 32))


def _inverse(scale):
    with np.errstate(divide="ignore"):
        return np.where(scale == 0, F(0), F(1) / scale).astype(F)


def _block_bytes(scale, codes):
    encoded = np.concatenate([_bytes(scale, "<f2"), codes.astype(np.uint8)], axis=-1)
    return encoded.reshape(encoded.shape[:-2] + (-1,))


def q8_0(x):
    """Rounds half away from zero."""
    blocks = _blocks(x)
    scale = np.abs(blocks).max(axis=-1, keepdims=True) / F(127)
    scaled = (blocks * _inverse(scale)).astype(np.float64)
    codes = (np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)).astype(np.int64)
    return _block_bytes(scale, codes)


def q4_0(x):
    """The first value whose magnitude no other exceeds becomes -8."""
    blocks = _blocks(x)
    at = np.abs(blocks).argmax(axis=-1)[..., None]
    scale = np.take_along_axis(blocks, at, axis=-1) / F(-8)
    # The product and the sum round once: a double holds the product exactly.
    codes = (blocks.astype(np.float64) * _inverse(scale).astype(np.float64) + 8.5).astype(F).astype(np.int64)
    codes = np.clip(codes, 0, 15)
    return _block_bytes(scale, codes[..., :16] | codes[..., 16:] << 4)


ENCODERS = {
    "F64": lambda x: _bytes(x, "<f8"),
    "F32": lambda x: _bytes(x, "<f4"),
    "F16": f16,
    "BF16": bf16,
    "F8_E4M3": e4m3,
    "F8_E5M2": e5m2,
    "Q8_0": q8_0,
    "Q4_0": q4_0,
}


def encode(name, x):
    """[..., values] float32 -> [..., row_bytes] uint8."""
    return ENCODERS[name](np.ascontiguousarray(x, dtype=F))
