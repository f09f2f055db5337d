"""IQ formats: points of codebooks with signs, and the 4-bit formats with 16 levels.

The codebooks come from java/core's resource, the project's one specification of them.
"""

import functools
from pathlib import Path

import numpy as np

from .block_formats import F, grouped, half, nibbles, random_scales, scaled

CODEBOOKS = Path(__file__).resolve().parents[3] / "java/core/src/main/resources/dev/levin/core/quant/iq-grids.txt"


@functools.cache
def codebooks():
    """Name -> [points, values] int32 levels."""
    lines = [line.split() for line in CODEBOOKS.read_text().splitlines() if line and line[0] != "#"]
    books, at = {}, 0
    while at < len(lines):
        name, points, size, *levels = lines[at]
        words, at = [], at + 1
        while len(words) < int(points):
            words += [int(word, 16) for word in lines[at]]
            at += 1
        bits = 16 // int(size)
        index = np.array(words)[:, None] >> bits * np.arange(int(size)) & (1 << bits) - 1
        # No point has an index past the last level; the padding makes a wrong one show.
        padded = np.array([int(level) for level in levels] + [10**6] * ((1 << bits) - len(levels)))
        books[name] = padded[index]
    return books


def words(data, dtype):
    return np.ascontiguousarray(data).view(dtype).astype(np.int64)


def signs_of(bits):
    """Eight bits [..., n] to factors of 1 and -1 [..., n, 8], the lowest first."""
    return 1 - 2 * (bits[..., None] >> np.arange(8) & 1)


def with_parity(seven):
    """The eighth sign makes the number of negative values even."""
    odd = np.zeros_like(seven)
    for bit in range(7):
        odd ^= seven >> bit & 1
    return seven | odd << 7


def flat(points, values=256):
    return points.reshape(points.shape[:2] + (values,))


def iq2_xxs(b):
    parts = grouped(b[..., 2:], 8)
    word = words(parts[..., 4:], "<u4")
    signs = signs_of(with_parity(word >> np.array([0, 7, 14, 21]) & 127))
    codes = codebooks()["IQ2_XXS"][parts[..., :4]] * signs
    scales = half(b, 0) * (F(0.5) + (word[..., 0] >> 28).astype(F)) * F(0.25)
    return scaled(flat(codes), scales)


def nibble_scales(b, at):
    """Eight bytes, a nibble for each 16 values."""
    packed = b[..., at : at + 8]
    four_bits = np.stack([packed & 15, packed >> 4], axis=-1).reshape(b.shape[:-1] + (16,))
    return half(b, 0) * (F(0.5) + four_bits.astype(F)) * F(0.25)


def iq2_xs(b):
    word = words(b[..., 2:66], "<u2")
    codes = codebooks()["IQ2_XS"][word & 511] * signs_of(with_parity(word >> 9))
    return scaled(flat(codes), nibble_scales(b, 66))


def iq2_s(b):
    high = (b[..., 66:74, None] >> np.array([0, 2, 4, 6], dtype=np.uint8) & 3).astype(np.int64)
    index = b[..., 2:34] | high.reshape(high.shape[:2] + (32,)) << 8
    codes = codebooks()["IQ2_S"][index] * signs_of(b[..., 34:66].astype(np.int64))
    return scaled(flat(codes), nibble_scales(b, 74))


def iq3_xxs(b):
    word = words(b[..., 66:98], "<u4")
    signs = signs_of(with_parity(word[..., None] >> np.array([0, 7, 14, 21]) & 127))
    codes = flat(codebooks()["IQ3_XXS"][b[..., 2:66]]) * flat(signs)
    return scaled(codes, half(b, 0) * (F(0.5) + (word >> 28).astype(F)) * F(0.5))


def iq3_s(b):
    high = np.unpackbits(b[..., 66:74], axis=-1, bitorder="little").astype(np.int64)
    codes = flat(codebooks()["IQ3_S"][b[..., 2:66] | high << 8]) * flat(signs_of(b[..., 74:106].astype(np.int64)))
    packed = b[..., 106:110]
    four_bits = np.stack([packed & 15, packed >> 4], axis=-1).reshape(b.shape[:-1] + (8,))
    return scaled(codes, half(b, 0) * (1 + 2 * four_bits.astype(np.int32)).astype(F))


def shifted_points(index, down):
    """Eight times a point of -1, 0 and 1 that is moved by an eighth."""
    return 8 * codebooks()["IQ1"][index] + np.where(down, -1, 1)[..., None]


def iq1_s(b):
    word = words(b[..., 34:], "<u2")
    high = word[..., None] >> np.array([0, 3, 6, 9]) & 7
    index = grouped(b[..., 2:34], 4) | high << 8
    codes = shifted_points(index, np.broadcast_to((word >> 15 & 1)[..., None], index.shape))
    scales = half(b, 0) * (2 * (word >> 12 & 7) + 1).astype(F) * F(0.125)
    return scaled(flat(codes), scales)


def iq1_m(b):
    """The top nibbles of the four scale words, the first lowest, spell the F16 scale."""
    word = words(b[..., 48:], "<u2")
    spelled = (word >> 12 << np.array([0, 4, 8, 12])).sum(axis=-1, keepdims=True)
    d = spelled.astype("<u2").view("<f2").astype(F)
    three_bits = (word[..., None] >> np.array([0, 3, 6, 9]) & 7).reshape(b.shape[:-1] + (16,))
    nibble = np.stack([b[..., 32:48] & 15, b[..., 32:48] >> 4], axis=-1).reshape(b.shape[:-1] + (32,)).astype(np.int64)
    codes = shifted_points(b[..., :32] | (nibble & 7) << 8, nibble >> 3)
    return scaled(flat(codes), d * (2 * three_bits + 1).astype(F) * F(0.125))


LEVELS = np.array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113])


def iq4_nl(b):
    return half(b, 0) * LEVELS[nibbles(b[..., 2:])].astype(F)


def iq4_xs(b):
    high = words(b[..., 2:4], "<u2") >> 2 * np.arange(8) & 3
    low = np.stack([b[..., 4:8] & 15, b[..., 4:8] >> 4], axis=-1).reshape(b.shape[:-1] + (8,))
    codes = LEVELS[nibbles(grouped(b[..., 8:], 16))].reshape(b.shape[:-1] + (256,))
    return scaled(codes, half(b, 0) * ((low | high << 4) - 32).astype(F))


def random_iq1_m(rng, count):
    blocks = rng.integers(0, 256, (count, 56), dtype=np.uint8)
    scale = random_scales(rng, count).view("<u2").astype(np.uint16)
    spelled = blocks[:, 48:].view("<u2") & 0x0FFF | (scale >> np.array([0, 4, 8, 12], dtype=np.uint16) & 15) << 12
    blocks[:, 48:] = spelled.astype("<u2").view(np.uint8)
    return blocks
