"""Every encoding as the ABI knows it, and numpy decoders that give what its codec gives, to the bit.

A decoder takes [rows, blocks, block_bytes] uint8 and returns [rows, blocks, block_values] float32. Layouts are
those of dev.levin.core.DType. selftest.py holds decoders against the golden blocks of the repository.
"""

from dataclasses import dataclass
from typing import Callable

import numpy as np

from . import block_formats as blocks
from . import grid_formats as grids
from . import plain_formats as plain

# Large tensors repeat what was drawn; a prime period lets no two rows be the same.
MOST_DRAWN = 1_000_003


@dataclass(frozen=True)
class Format:
    name: str
    id: int
    block_values: int
    block_bytes: int
    decode_blocks: Callable
    random_blocks: Callable  # (rng, count) -> [count, block_bytes] uint8 whose values are finite and moderate

    def row_bytes(self, values):
        if values % self.block_values:
            raise ValueError(f"{values} values are no whole blocks of {self.name}")
        return values // self.block_values * self.block_bytes

    def decode(self, encoded):
        """[..., row_bytes] uint8 -> [..., values] float32."""
        blocks, count = encoded.shape[-1] // self.block_bytes, int(np.prod(encoded.shape[:-1]))
        shape = encoded.shape[:-1] + (blocks * self.block_values,)
        if encoded.size == 0:
            return np.zeros(shape, np.float32)
        return self.decode_blocks(encoded.reshape(count, blocks, self.block_bytes)).reshape(shape)

    def random(self, rng, *shape):
        """Random rows: shape counts values, the result bytes."""
        count = int(np.prod(shape[:-1])) * (shape[-1] // self.block_values)
        drawn = self.random_blocks(rng, min(count, MOST_DRAWN))
        if count > MOST_DRAWN:
            drawn = np.resize(drawn, (count, self.block_bytes))
        return drawn.reshape(shape[:-1] + (self.row_bytes(shape[-1]),))


def _table():
    rows = [
        ("F64", 28, 1, 8, plain.f64, plain.random_f64),
        ("F32", 0, 1, 4, plain.f32, plain.random_f32),
        ("F16", 1, 1, 2, plain.f16, plain.random_f16),
        ("BF16", 30, 1, 2, plain.bf16, plain.random_bf16),
        ("F8_E4M3", 100, 1, 1, plain.e4m3, plain.random_e4m3),
        ("F8_E5M2", 101, 1, 1, plain.e5m2, plain.random_e5m2),
        ("U8", 102, 1, 1, plain.integer(np.uint8), plain.random_bits(1)),
        ("I8", 24, 1, 1, plain.integer(np.int8), plain.random_bits(1)),
        ("I16", 25, 1, 2, plain.integer("<i2"), plain.random_bits(2)),
        ("I32", 26, 1, 4, plain.integer("<i4"), plain.random_bits(4)),
        ("I64", 27, 1, 8, plain.integer("<i8"), plain.random_bits(8)),
        ("Q4_0", 2, 32, 18, blocks.q4_0, blocks.random_halves(18, 0)),
        ("Q4_1", 3, 32, 20, blocks.q4_1, blocks.random_halves(20, 0, 2)),
        ("Q5_0", 6, 32, 22, blocks.q5_0, blocks.random_halves(22, 0)),
        ("Q5_1", 7, 32, 24, blocks.q5_1, blocks.random_halves(24, 0, 2)),
        ("Q8_0", 8, 32, 34, blocks.q8_0, blocks.random_halves(34, 0)),
        ("Q2_K", 10, 256, 84, blocks.q2_k, blocks.random_halves(84, 80, 82)),
        ("Q3_K", 11, 256, 110, blocks.q3_k, blocks.random_halves(110, 108)),
        ("Q4_K", 12, 256, 144, blocks.q4_k, blocks.random_halves(144, 0, 2)),
        ("Q5_K", 13, 256, 176, blocks.q5_k, blocks.random_halves(176, 0, 2)),
        ("Q6_K", 14, 256, 210, blocks.q6_k, blocks.random_halves(210, 208)),
        ("TQ1_0", 34, 256, 54, blocks.tq1_0, blocks.random_halves(54, 52)),
        ("TQ2_0", 35, 256, 66, blocks.tq2_0, blocks.random_halves(66, 64)),
        ("I2_S", 36, 128, 32, blocks.i2_s, plain.random_bits(32)),
        ("MXFP4", 39, 32, 17, blocks.mxfp4, blocks.random_mxfp4),
        ("NVFP4", 40, 64, 36, blocks.nvfp4, blocks.random_nvfp4),
        ("IQ1_S", 19, 256, 50, grids.iq1_s, blocks.random_halves(50, 0)),
        ("IQ1_M", 29, 256, 56, grids.iq1_m, grids.random_iq1_m),
        ("IQ2_XXS", 16, 256, 66, grids.iq2_xxs, blocks.random_halves(66, 0)),
        ("IQ2_XS", 17, 256, 74, grids.iq2_xs, blocks.random_halves(74, 0)),
        ("IQ2_S", 22, 256, 82, grids.iq2_s, blocks.random_halves(82, 0)),
        ("IQ3_XXS", 18, 256, 98, grids.iq3_xxs, blocks.random_halves(98, 0)),
        ("IQ3_S", 21, 256, 110, grids.iq3_s, blocks.random_halves(110, 0)),
        ("IQ4_NL", 20, 32, 18, grids.iq4_nl, blocks.random_halves(18, 0)),
        ("IQ4_XS", 23, 256, 136, grids.iq4_xs, blocks.random_halves(136, 0)),
    ]
    return {row[0]: Format(*row) for row in rows}


FORMATS = _table()
WEIGHTS = [name for name in FORMATS if name not in ("F64", "U8", "I8", "I16", "I32", "I64")]
CACHES = ["F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "Q8_0", "Q4_0"]
FLOATS = ["F32", "F16", "BF16"]
