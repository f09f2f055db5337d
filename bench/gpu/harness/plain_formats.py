"""Elements without a shared scale."""

import numpy as np


def _values(blocks, dtype):
    return np.ascontiguousarray(blocks).view(dtype)


def f64(blocks):
    with np.errstate(over="ignore"):
        return _values(blocks, "<f8").astype(np.float32)


def f32(blocks):
    return _values(blocks, "<f4").astype(np.float32)


def f16(blocks):
    return _values(blocks, "<f2").astype(np.float32)


def bf16(blocks):
    return (_values(blocks, "<u2").astype(np.uint32) << 16).view(np.float32)


def e4m3_values():
    """All 256; 448 is the largest, the code after it NaN."""
    magnitude = np.arange(128)
    exponent, mantissa = magnitude >> 3, magnitude & 7
    values = np.where(exponent == 0, np.ldexp(mantissa, -9), np.ldexp(8.0 + mantissa, exponent - 10))
    values[127] = np.nan
    return np.concatenate([values, -values]).astype(np.float32)


def e4m3(blocks):
    return e4m3_values()[blocks]


def e5m2(blocks):
    return (blocks.astype("<u2") << 8).view("<f2").astype(np.float32)


def integer(dtype):
    """Integers become the nearest float."""
    return lambda blocks: _values(blocks, dtype).astype(np.float32)


def _moderate(rng, count):
    """Values with a few large ones, as activations and weights have them."""
    values = rng.standard_normal(count)
    values[rng.random(count) < 0.01] *= 20
    return values


def _bytes(values, count):
    return np.ascontiguousarray(values).view(np.uint8).reshape(count, -1)


def random_f64(rng, count):
    return _bytes(_moderate(rng, count).astype("<f8"), count)


def random_f32(rng, count):
    return _bytes(_moderate(rng, count).astype("<f4"), count)


def random_f16(rng, count):
    """Random bits; exponents at the top are left out, so that sums stay far from infinity."""
    bits = rng.integers(0, 1 << 16, count, dtype=np.uint16)
    high = (bits >> 10 & 31) > 19
    bits[high] &= 0xBFFF
    return _bytes(bits.astype("<u2"), count)


def random_bf16(rng, count):
    """Random sign, mantissa and eight octaves around 1, with some subnormal numbers."""
    exponent = rng.integers(119, 130, count, dtype=np.uint16)
    exponent[rng.random(count) < 0.02] = 0
    bits = exponent << 7 | rng.integers(0, 128, count, dtype=np.uint16)
    return _bytes((bits | rng.integers(0, 2, count, dtype=np.uint16) << 15).astype("<u2"), count)


def random_e4m3(rng, count):
    codes = rng.integers(0, 256, (count, 1), dtype=np.uint8)
    codes[codes & 0x7F == 0x7F] = 0x7E
    return codes


def random_e5m2(rng, count):
    """Exponents from 24 on are left out, so that sums stay far from infinity."""
    codes = rng.integers(0, 256, (count, 1), dtype=np.uint8)
    codes[(codes >> 2 & 31) >= 20] &= 0xBF
    return codes


def random_bits(size):
    return lambda rng, count: rng.integers(0, 256, (count, size), dtype=np.uint8)
