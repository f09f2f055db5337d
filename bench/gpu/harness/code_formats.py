"""Codes of levin_mixed_linear's weights, whose scales lie apart."""

import numpy as np

from . import plain_formats as plain
from .block_formats import DOUBLED_E2M1, grouped, nibbles

PACKED_BYTES = {"U4": 16, "E2M1": 16, "E3M2": 24, "E2M3": 24}  # of 32 values


def row_bytes(codes, k):
    return k // 32 * PACKED_BYTES[codes] if codes in PACKED_BYTES else k


def small_floats(exponent_bits, mantissa_bits, bias):
    """The values of all codes, by the definition of such a format without infinities."""
    count = 1 << exponent_bits + mantissa_bits
    code = np.arange(count)
    exponent, mantissa = code >> mantissa_bits, code & (1 << mantissa_bits) - 1
    normal = np.ldexp((1 << mantissa_bits) + mantissa.astype(float), exponent - bias - mantissa_bits)
    values = np.where(exponent == 0, np.ldexp(mantissa.astype(float), 1 - bias - mantissa_bits), normal)
    return np.concatenate([values, -values])


def six_bits(encoded):
    """Low nibbles, then the upper two bits of values 4i .. 4i + 3 in byte 16 + i."""
    groups = grouped(encoded, 24)
    high = groups[..., 16:, None] >> np.array([0, 2, 4, 6], dtype=np.uint8) & 3
    return nibbles(groups[..., :16]) | high.reshape(high.shape[:-2] + (32,)).astype(np.int32) << 4


def four_bits(encoded):
    return nibbles(grouped(encoded, 16))


def decode(codes, encoded):
    """[N, row_bytes] uint8 -> [N, K] float64."""
    values = {
        "E4M3": lambda: plain.e4m3(encoded),
        "E5M2": lambda: plain.e5m2(encoded),
        "I8": lambda: encoded.view(np.int8),
        "U4": lambda: four_bits(encoded),
        "E2M1": lambda: DOUBLED_E2M1[four_bits(encoded)] / 2,
        "E3M2": lambda: small_floats(3, 2, 3)[six_bits(encoded)],
        "E2M3": lambda: small_floats(2, 3, 1)[six_bits(encoded)],
    }[codes]()
    return values.reshape(encoded.shape[0], -1).astype(np.float64)


def random(rng, codes, n, k):
    """Random bits that are numbers."""
    count = n * row_bytes(codes, k)
    if codes == "E4M3":
        encoded = plain.random_e4m3(rng, count)
    elif codes == "E5M2":
        encoded = plain.random_e5m2(rng, count)
    else:
        encoded = rng.integers(0, 256, count, dtype=np.uint8)
    return encoded.reshape(n, -1)
