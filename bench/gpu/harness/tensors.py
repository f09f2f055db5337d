"""Tensors in host memory, as bytes of their format, and their twins on the device between guards."""

import ctypes as c
from dataclasses import dataclass

import numpy as np

from . import abi
from .formats import FORMATS

GUARD_BYTES = 256
GUARD = 0xA5
POISON = 0xFF  # NaN in every float format, -1 as an integer


@dataclass
class Host:
    """encoded: [..., row_bytes] uint8."""

    dtype: str
    encoded: np.ndarray

    @property
    def shape(self):
        format = FORMATS[self.dtype]
        return self.encoded.shape[:-1] + (self.encoded.shape[-1] // format.block_bytes * format.block_values,)

    @property
    def values(self):
        """float32, or the integers of I32."""
        if self.dtype == "I32":
            return np.ascontiguousarray(self.encoded).view("<i4")
        return FORMATS[self.dtype].decode(self.encoded)

    @property
    def exact(self):
        return self.values.astype(np.float64)


def of(array):
    """A float32 or int32 array as a tensor."""
    array = np.ascontiguousarray(array)
    if array.dtype == np.float64:
        array = array.astype(np.float32)
    name = {"float32": "F32", "int32": "I32"}[array.dtype.name]
    if array.size == 0:
        return Host(name, np.zeros(array.shape[:-1] + (array.shape[-1] * 4,), np.uint8))
    return Host(name, array.view(np.uint8))


def poisoned(dtype, *shape):
    return Host(dtype, np.full(shape[:-1] + (FORMATS[dtype].row_bytes(shape[-1]),), POISON, np.uint8))


def random(rng, dtype, *shape):
    return Host(dtype, FORMATS[dtype].random(rng, *shape))


@dataclass(frozen=True)
class Layout:
    """How far apart rows lie: bytes before the tensor and after each index of a dimension but the last."""

    shift: int = 0
    padding: tuple = ()


def alignment(dtype):
    """Bytes that rows are aligned to: elements to themselves, blocks to the words that they are made of."""
    format = FORMATS[dtype]
    largest = 4 if format.block_values > 1 else 8
    return next(size for size in (8, 4, 2, 1) if size <= largest and format.block_bytes % size == 0)


def draw_layout(rng, host, unit=None):
    """Contiguous half of the time; otherwise as odd as the ABI allows. unit: bytes that rows are aligned to."""
    if rng.random() < 0.5 or host.encoded.size == 0:
        return Layout()
    unit = unit or alignment(host.dtype)
    pad = [int(rng.integers(0, 4)) * unit for _ in host.shape[:-1]]
    return Layout(int(rng.integers(0, 3)) * unit, tuple(pad))


class Placed:
    """A tensor on the device: guard, shift, strided rows, guard."""

    def __init__(self, device, host, layout=Layout()):
        self.host, self.device = host, device
        encoded = host.encoded
        padding = layout.padding or (0,) * (encoded.ndim - 1)
        strides = [1]
        for extent, pad in zip(reversed(encoded.shape[1:]), reversed(padding)):
            strides.insert(0, extent * strides[0] + pad)
        self.strides = strides[:-1]
        size = encoded.shape[0] * strides[0] if encoded.ndim > 1 else encoded.shape[0]
        self.start = GUARD_BYTES + layout.shift
        self.image = np.full(self.start + size + GUARD_BYTES, GUARD, np.uint8)
        self._rows(self.image)[...] = encoded
        self.address = device.allocate(self.image.nbytes)
        self.upload()

    def _rows(self, image):
        shape, strides = self.host.encoded.shape, tuple(self.strides) + (1,)
        return np.lib.stride_tricks.as_strided(image[self.start :], shape, strides)

    def upload(self):
        self.device.upload(self.address, self.image)

    @property
    def tensor(self):
        shape = self.host.shape
        fill = (c.c_int64 * 4)
        return abi.Tensor(
            data=self.address + self.start,
            dtype=FORMATS[self.host.dtype].id,
            rank=len(shape),
            shape=fill(*shape),
            stride_bytes=fill(*self.strides),
        )

    def download(self):
        """The tensor now, and whether every byte around its rows is as it was."""
        image = self.device.download(self.address, self.image.nbytes)
        found = Host(self.host.dtype, self._rows(image).copy())
        self._rows(image)[...] = self.host.encoded
        return found, np.array_equal(image, self.image)

    def free(self):
        self.device.free(self.address)
