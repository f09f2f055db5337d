"""Formats of levin_block_scaled_linear: values in order, two FP4 ones in a byte, scales apart."""

import numpy as np

from . import plain_formats as plain
from .block_formats import DOUBLED_E2M1

F = np.float32
VALUES = {"MXFP8": 32, "MXFP4": 32, "NVFP4": 16}  # that share a scale
EXPONENT_OF_LARGEST = {"MXFP8": 8, "MXFP4": 2}
E4M3 = plain.e4m3_values()[:127].astype(np.float64)
E2M1 = DOUBLED_E2M1[:8].astype(np.float64) / 2


def row_bytes(format, k):
    return k if format == "MXFP8" else k // 2


def scale_values(format, scales):
    if format == "NVFP4":
        return plain.e4m3_values()[scales & 127].astype(np.float64)
    return np.where(scales == 255, np.nan, np.ldexp(1.0, scales.astype(np.int64) - 127))


def decode(format, codes, scales):
    """[rows, row_bytes] and [rows, K / VALUES] uint8 -> [rows, K] float64."""
    if format == "MXFP8":
        values = plain.e4m3_values()[codes].astype(np.float64)
    else:
        pairs = np.stack([codes & 15, codes >> 4], axis=-1)
        values = DOUBLED_E2M1[pairs].reshape(codes.shape[0], -1).astype(np.float64) / 2
    return values * scale_values(format, scales).repeat(VALUES[format], axis=1)


def random(rng, format, rows, k):
    codes = rng.integers(0, 256, (rows, row_bytes(format, k)), dtype=np.uint8)
    if format == "MXFP8":
        codes[codes & 127 == 127] = 126
    low, high = (32, 80) if format == "NVFP4" else (122, 132)
    return codes, rng.integers(low, high, (rows, k // VALUES[format]), dtype=np.uint8)


def nearest(values, magnitudes):
    """Codes of values >= 0 among increasing magnitudes: ties to the even code, beyond the last the last."""
    above = np.clip(np.searchsorted(magnitudes, values), 1, len(magnitudes) - 1)
    down, up = values - magnitudes[above - 1], magnitudes[above] - values
    return np.where((down < up) | ((down == up) & (above % 2 == 1)), above - 1, above).astype(np.uint8)


def encode(format, x, scale):
    """[rows, K] float32 numbers -> codes and scales, by levin_quantize_blocks' definition."""
    rows, k = x.shape
    blocks = x.reshape(rows, -1, VALUES[format])
    largest = np.abs(blocks).max(axis=-1) / F(scale)
    if format == "NVFP4":
        scales = nearest((largest / F(6)).astype(np.float64), E4M3)
        divisors = plain.e4m3_values()[scales] * F(scale)
    else:
        exponents = np.frexp(largest)[1] - 1 - EXPONENT_OF_LARGEST[format]
        exponents = np.clip(np.where(largest == 0, -127, exponents), -127, 127)
        scales = (exponents + 127).astype(np.uint8)
        divisors = np.ldexp(F(1), exponents).astype(F) * F(scale)
    divided = np.divide(blocks, divisors[..., None], out=np.zeros_like(blocks), where=divisors[..., None] != 0)
    codes = nearest(np.abs(divided).astype(np.float64), E4M3 if format == "MXFP8" else E2M1)
    codes |= np.signbit(divided).astype(np.uint8) << (7 if format == "MXFP8" else 3)
    codes = codes.reshape(rows, k)
    return codes if format == "MXFP8" else codes[:, ::2] | codes[:, 1::2] << 4, scales
