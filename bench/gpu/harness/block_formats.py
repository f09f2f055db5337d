"""Blocks of values with a shared scale: GGUF's legacy formats, K-quants, ternary ones, MXFP4 and NVFP4.

Arithmetic is float32 in the order of the codecs, so that results agree to the bit.
"""

import numpy as np

F = np.float32


def half(blocks, at):
    """The F16 at a byte offset, as [rows, blocks, 1]."""
    return np.ascontiguousarray(blocks[..., at : at + 2]).view("<f2").astype(np.float32)


def nibbles(data):
    """Low nibbles, then high ones."""
    return np.concatenate([data & 15, data >> 4], axis=-1).astype(np.int32)


def fifth_bits(data):
    """Bit i of 32 as value i."""
    return np.unpackbits(data, axis=-1, bitorder="little").astype(np.int32) << 4


def q4_0(b):
    return half(b, 0) * (nibbles(b[..., 2:]) - 8).astype(F)


def q4_1(b):
    return half(b, 0) * nibbles(b[..., 4:]).astype(F) + half(b, 2)


def q5_0(b):
    return half(b, 0) * ((nibbles(b[..., 6:]) | fifth_bits(b[..., 2:6])) - 16).astype(F)


def q5_1(b):
    return half(b, 0) * (nibbles(b[..., 8:]) | fifth_bits(b[..., 4:8])).astype(F) + half(b, 2)


def q8_0(b):
    return half(b, 0) * b[..., 2:].view(np.int8).astype(F)


def grouped(codes, size):
    return codes.reshape(codes.shape[:-1] + (-1, size))


def scaled(codes, scales, offsets=None):
    """codes [..., values] by scales [..., groups], plus offsets."""
    values = grouped(codes.astype(F), codes.shape[-1] // scales.shape[-1]) * scales[..., None]
    if offsets is not None:
        values = values + offsets[..., None]
    return values.reshape(codes.shape)


def two_bits(data):
    """Runs of 32 bytes: the lowest two bits of all, then the next two, and so on."""
    runs = grouped(data, 32)
    codes = [runs >> shift & 3 for shift in (0, 2, 4, 6)]
    return np.stack(codes, axis=-2).reshape(data.shape[:-1] + (-1,)).astype(np.int32)


def nibbles_of_runs(data):
    """Runs of 32 bytes: low nibbles, then high ones."""
    return nibbles(grouped(data, 32)).reshape(data.shape[:-1] + (-1,))


def q2_k(b):
    packed = b[..., :16]
    scales = half(b, 80) * (packed & 15).astype(F)
    offsets = -(half(b, 82) * (packed >> 4).astype(F))
    return scaled(two_bits(b[..., 16:80]), scales, offsets)


def q3_k(b):
    # Bit s of the mask's bytes belongs to the s-th 32 values.
    high = np.concatenate([b[..., :32] >> s & 1 for s in range(8)], axis=-1).astype(np.int32)
    codes = (two_bits(b[..., 32:96]) | high << 2) - 4
    low = nibbles(b[..., 96:104])
    top = np.concatenate([b[..., 104:108] >> shift & 3 for shift in (0, 2, 4, 6)], axis=-1).astype(np.int32)
    return scaled(codes, half(b, 108) * ((low | top << 4) - 32).astype(F))


def six_bit_pairs(packed):
    """Scales and minima of eight groups from twelve bytes."""
    packed = packed.astype(np.int32)
    first, second, third = packed[..., :4], packed[..., 4:8], packed[..., 8:]
    scales = np.concatenate([first & 63, (third & 15) | first >> 6 << 4], axis=-1)
    minima = np.concatenate([second & 63, third >> 4 | second >> 6 << 4], axis=-1)
    return scales.astype(F), minima.astype(F)


def q4_k(b):
    scales, minima = six_bit_pairs(b[..., 4:16])
    return scaled(nibbles_of_runs(b[..., 16:]), half(b, 0) * scales, -(half(b, 2) * minima))


def q5_k(b):
    scales, minima = six_bit_pairs(b[..., 4:16])
    high = np.concatenate([b[..., 16:48] >> s & 1 for s in range(8)], axis=-1).astype(np.int32)
    codes = nibbles_of_runs(b[..., 48:]) | high << 4
    return scaled(codes, half(b, 0) * scales, -(half(b, 2) * minima))


def q6_k(b):
    # A run of 64 low and 32 high bytes holds 128 values.
    low = nibbles(grouped(b[..., :128], 64))
    high = two_bits(b[..., 128:192]).reshape(low.shape)
    codes = (low | high << 4).reshape(b.shape[:-1] + (256,)) - 32
    return scaled(codes, half(b, 208) * b[..., 192:208].view(np.int8).astype(F))


def ternary_digits(data, count):
    """Digit k of all bytes, then digit k + 1: multiplying by 3^k modulo 256 brings it to the front."""
    digits = [(data * np.uint8(3**k)).astype(np.int32) * 3 >> 8 for k in range(count)]
    return np.concatenate(digits, axis=-1)


def tq1_0(b):
    digits = [ternary_digits(b[..., :32], 5), ternary_digits(b[..., 32:48], 5), ternary_digits(b[..., 48:52], 4)]
    return half(b, 52) * (np.concatenate(digits, axis=-1) - 1).astype(F)


def tq2_0(b):
    return half(b, 64) * (two_bits(b[..., :64]) - 1).astype(F)


def i2_s(b):
    """Runs of 32 values in the bits of the same bytes, the first in the highest two; no scale of its own."""
    runs = [(b >> shift & 3).astype(np.int32) for shift in (6, 4, 2, 0)]
    return (np.concatenate(runs, axis=-1) - 1).astype(F)


# Twice the E2M1 values, so that half the scale stays exact at both ends; code 8 reads as 0.
DOUBLED_E2M1 = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], dtype=F)


def mxfp4(b):
    scale = np.ldexp(1.0, b[..., :1].astype(np.int32) - 128).astype(F)
    return scale * DOUBLED_E2M1[nibbles(b[..., 1:])]


def nvfp4(b):
    """Scales are E4M3 without a sign, whose bit is not looked at, but for 0x7f, which reads as no scale."""
    code = b[..., :4]
    exponent, mantissa = (code >> 3 & 15).astype(np.int32), (code & 7).astype(np.int32)
    magnitudes = np.where(exponent == 0, np.ldexp(mantissa, -9), np.ldexp(8.0 + mantissa, exponent - 10))
    scales = np.where(code == 0x7F, 0, magnitudes * 0.5).astype(F)
    codes = nibbles(grouped(b[..., 4:], 8)).reshape(b.shape[:-1] + (64,))
    return scaled(DOUBLED_E2M1[codes], scales)


def random_scales(rng, count):
    """F16 scales around 1/64, some negative, a few zero or subnormal."""
    values = rng.uniform(0.5, 2, count) / 64
    values[rng.random(count) < 0.25] *= -1
    values[rng.random(count) < 0.02] = 0
    values[rng.random(count) < 0.02] = 3e-6
    return values.astype("<f2").view(np.uint8).reshape(count, 2)


def random_halves(block_bytes, *offsets):
    """Blocks of random bits but for F16 scales at the offsets."""

    def draw(rng, count):
        blocks = rng.integers(0, 256, (count, block_bytes), dtype=np.uint8)
        for at in offsets:
            blocks[:, at : at + 2] = random_scales(rng, count)
        return blocks

    return draw


def random_mxfp4(rng, count):
    blocks = rng.integers(0, 256, (count, 17), dtype=np.uint8)
    blocks[:, 0] = rng.integers(118, 128, count)
    return blocks


def random_nvfp4(rng, count):
    blocks = rng.integers(0, 256, (count, 36), dtype=np.uint8)
    blocks[:, :4] = rng.integers(0, 0x50, (count, 4))
    return blocks
