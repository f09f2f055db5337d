"""What is checked: every op on awkward sizes, every format where a format goes in."""

import numpy as np

from . import build_cases as b
from .abi import ACTIVATIONS, BLOCKS, CODES, ROPE_STYLES, SCORINGS
from .encoders import ENCODERS
from .formats import CACHES, FORMATS, WEIGHTS


def elementwise():
    for T, C in ((1, 1), (3, 31), (2, 33), (5, 111), (1, 4097)):
        yield b.add, (T, C), {"scale": 0.7}
        yield b.soft_cap, (T, C), {}
        yield b.gated_activation, (T, C), {}
        yield b.rms_norm, (T, C), {}
    yield b.add, (0, 8), {}
    yield b.add, (3, 64), {"alias": "x"}
    yield b.add, (3, 65), {"alias": "y", "scale": -1.0}
    yield b.soft_cap, (3, 64), {"alias": "x"}
    for activation in ACTIVATIONS[:-1]:
        yield b.gated_activation, (4, 129), {"activation": activation}
        if activation != "SWIGLU_CLAMPED":
            yield b.gated_activation, (4, 130), {"activation": activation, "gated": False}
    yield b.gated_activation, (2, 500), {"alias": "gate"}
    yield b.gated_activation, (2, 500), {"alias": "up"}
    yield b.rms_norm, (3, 64), {"G": 5}
    yield b.rms_norm, (4, 500), {"weighted": False}
    yield b.rms_norm, (4, 500), {"bias": 1.0, "alias": "x"}
    yield b.merge_attention, (5, 3, 33), {}
    yield b.merge_attention, (2, 4, 128), {}


def rows():
    for dtype in FORMATS:
        block = FORMATS[dtype].block_values
        yield b.embed, (dtype, 5, 7, 3 * block if block > 1 else 111), {"scale": 1.25}
        yield b.convert, (dtype, "F32", 3, 2 * block if block > 1 else 97), {}
    for dtype in ENCODERS:
        yield b.convert, ("F32", dtype, 3, 96 if FORMATS[dtype].block_values > 1 else 97), {}
    yield b.copy_pages, ("Q8_0", 9, 3, 2, 16, 64), {}
    yield b.copy_pages, ("F16", 5, 2, 3, 5, 7), {}
    yield b.copy_pages, ("BF16", 4, 0, 1, 4, 8), {}


def products():
    for dtype in WEIGHTS:
        block = FORMATS[dtype].block_values
        k = 3 * block if block > 32 else 160
        yield b.linear, (dtype, 1, 37, k), {"bias": True}
        yield b.linear, (dtype, 9, 65, k), {"residual": True, "scale": 0.5}
        yield b.head_linear, (dtype, 3, 2, 17, k), {}
        yield b.grouped_linear, (dtype, 5, 4, 2, 19, k), {"combine": True, "residual": True}
    for dtype in ("F32", "F16", "BF16", "F8_E4M3"):
        for T, N, K in ((1, 1, 1), (2, 31, 33), (17, 33, 111), (3, 5, 500)):
            yield b.linear, (dtype, T, N, K), {"bias": True, "residual": True}
    for dtype in ("Q8_0", "Q4_K"):
        for T in (2, 7, 8, 33, 130):
            yield b.linear, (dtype, T, 40, 512), {}
    for dtype in ("F16", "BF16"):
        # Rows at multiples of 16 bytes, and not.
        for K in (456, 100):
            for T in (1, 9, 70):
                yield b.linear, (dtype, T, 65, K), {"bias": True, "residual": True, "x": dtype, "to": dtype}
                yield b.linear, (dtype, T, 37, K), {"x": dtype}
    yield b.linear, ("BF16", 0, 8, 32), {}
    yield b.linear, ("BF16", 4, 48, 64), {"residual": True, "alias": "residual"}
    for options in ({}, {"per_choice": True, "bias": True}, {"per_choice": True, "combine": True, "bias": True}):
        yield b.grouped_linear, ("Q8_0", 11, 8, 3, 33, 64), options
    yield b.grouped_linear, ("F16", 1, 5, 1, 7, 33), {"combine": True}


def positions():
    for T, R in ((1, 2), (5, 64), (3, 126)):
        yield b.rope_table, (T, R), {"scale": 1.2}
    for dtype in CACHES:
        for style in ROPE_STYLES:
            yield b.rope_append, (dtype, 5, 4, 2, 64, 32, 64), {"style": style}
        yield b.rope_append, (dtype, 17, 3, 1, 96, 64, 32), {"page_size": 5, "offset": 64, "values": False}
        yield b.rope_append, (dtype, 3, 2, 2, 32, 32, 0), {}


def attentions():
    ragged = {"query_lens": [1, 4, 0, 19], "kv_lens": [33, 4, 7, 40]}
    decode = {"query_lens": [1, 1, 1], "kv_lens": [1, 16, 131]}
    for dtype in CACHES:
        for lengths in (ragged, decode):
            yield b.attention, (dtype,), {**lengths, "H": 4, "Hkv": 2, "Dk": 64}
        yield b.attention, (dtype,), {**ragged, "H": 4, "Hkv": 1, "Dk": 96, "Dv": 64, "shared": True, "page_size": 5}
    for H, Hkv in ((1, 1), (6, 2), (8, 1)):
        yield b.attention, ("F16",), {**ragged, "H": H, "Hkv": Hkv, "Dk": 128}
    for options in (
        {"window": 3},
        {"window": 17, "soft_cap": 20.0},
        {"causal": False, "sinks": True},
        {"tree": True, "lse": False},
        {"sinks": True, "window": 9, "page_size": 1},
    ):
        yield b.attention, ("F32",), {**ragged, "H": 4, "Hkv": 2, "Dk": 32, **options}
    yield b.attention, ("BF16",), {**decode, "H": 2, "Hkv": 1, "Dk": 576, "Dv": 512, "shared": True}
    yield b.attention, ("F16",), {"query_lens": [2, 1], "kv_lens": [700, 1030], "H": 4, "Hkv": 2, "Dk": 64}


def routings():
    for scoring in SCORINGS:
        for T, E, k in ((1, 1, 1), (5, 8, 2), (3, 129, 8)):
            yield b.route_experts, (T, E, k), {"scoring": scoring}
        yield b.route_experts, (4, 64, 6), {"scoring": scoring, "normalise": False, "scale": 2.5}
        yield b.route_experts, (4, 64, 6), {"scoring": scoring, "bias": True, "groups": 8, "top_groups": 3}


def recurrences():
    for lengths in (([1], [0]), ([1, 1], [0, 9]), ([5, 0, 3], [0, 4, 2])):
        for Ch, W in ((1, 1), (33, 4), (130, 16)):
            yield b.causal_conv, (*lengths, Ch, W), {"bias": W != 4}
        yield b.ssm_scan, (*lengths, 4, 8, 2, 16), {}
        yield b.ssm_scan, (*lengths, 3, 5, 1, 33), {"skip": False}
    yield b.causal_conv, ([7], [3], 40, 3), {"activation": "NONE"}


def samplings():
    for R, V in ((1, 1), (5, 7), (6, 257), (5, 4099)):
        yield b.argmax, (R, V), {}
        for options in ({}, {"temperature": 0.0}, {"top_k": 3}, {"top_p": True}, {"min_p": True}):
            yield b.sample, (R, V), options
        yield b.sample, (R, V), {"top_k": 40, "top_p": True, "min_p": True, "temperature": 1.3}


def mixed_products():
    whole = 1 << 20
    for codes in CODES:
        yield b.mixed_linear, (codes, 3, 37, 384), {"rows": whole, "values": whole, "bias": True}
        yield b.mixed_linear, (codes, 5, 37, 384), {"values": whole, "x": "I8", "scales": "BF16", "x_scale": "TOKEN"}
        yield b.mixed_linear, (codes, 20, 65, 384), {"rows": 16, "x": "BF16", "out": "BF16", "residual": True}
        yield b.mixed_linear, (codes, 9, 37, 384), {"values": 64, "x": "F16", "scales": "F16", "out": "F16"}
        yield b.mixed_linear, (codes, 2, 33, 96), {"values": 32, "scales": "U8", "x": "F8_E4M3", "x_scale": "TOKEN"}
        yield b.mixed_linear, (codes, 1, 33, 160), {"x": "F8_E5M2", "bias": True}
    for codes in ("U4", "I8"):
        yield b.mixed_linear, (codes, 17, 37, 384), {"zeros": True, "scales": "F16"}
        yield b.mixed_linear, (codes, 1, 70, 384), {"zeros": True, "rows": 32, "x": "BF16", "out": "BF16"}
    for codes in ("E4M3", "E5M2", "I8"):
        yield b.mixed_linear, (codes, 3, 33, 111), {"values": 32, "x": "F16"}
    for T in (1, 8, 9, 70):
        for codes in ("E4M3", "E5M2"):
            for x in ("F8_E4M3", "F8_E5M2"):
                yield b.mixed_linear, (codes, T, 37, 384), {"rows": whole, "values": whole, "x": x, "x_scale": "TENSOR", "bias": True}
                yield b.mixed_linear, (codes, T, 65, 1100), {"values": whole, "x": x, "x_scale": "TOKEN", "out": "BF16"}
                yield b.mixed_linear, (codes, T, 130, 656), {"rows": 128, "x": x, "x_scale": "BLOCK", "residual": True}
        yield b.mixed_linear, ("I8", T, 65, 1100), {"values": whole, "x": "I8", "x_scale": "TOKEN", "bias": True}


def block_products():
    for format in BLOCKS:
        for x in ("F32", "F16", "BF16"):
            yield b.quantize_blocks, (format, 5, 288), {"x": x}
        yield b.quantize_blocks, (format, 3, 64), {"scale": 0.0078125}
        yield b.block_scaled_linear, (format, 1, 37, 32), {"bias": True}
        yield b.block_scaled_linear, (format, 9, 65, 288), {"out": "BF16", "scale": 0.25}
        yield b.block_scaled_linear, (format, 70, 64, 544), {"out": "F16", "scale": 2.0**-14}
        yield b.block_scaled_linear, (format, 17, 130, 512), {"residual": True, "bias": True, "scale": 0.5}


def larger():
    """Sizes that the emulator would take minutes for."""
    whole = 1 << 20
    for dtype in WEIGHTS:
        for T in (1, 5, 64):
            yield b.linear, (dtype, T, 1025, 2048), {"bias": True}
    for dtype in ("F32", "BF16", "Q8_0", "Q4_K"):
        yield b.linear, (dtype, 513, 4097, 4096), {"residual": True}
    for dtype in ("F16", "BF16"):
        for T in (1, 64, 65, 513):
            yield b.linear, (dtype, T, 4097, 4096), {"x": dtype, "to": dtype, "residual": True}
        yield b.grouped_linear, (dtype, 65, 8, 2, 513, 1024), {"combine": True}
    for dtype in CACHES:
        yield b.attention, (dtype,), {"query_lens": [1] * 5, "kv_lens": [4097, 1, 999, 64, 2048], "H": 32, "Hkv": 8, "Dk": 128}
        yield b.attention, (dtype,), {"query_lens": [257, 3], "kv_lens": [300, 1500], "H": 8, "Hkv": 2, "Dk": 128}
    yield b.attention, ("BF16",), {"query_lens": [1, 5], "kv_lens": [2049, 300], "H": 16, "Hkv": 1, "Dk": 576, "Dv": 512, "shared": True}
    yield b.rms_norm, (513, 4097), {}
    yield b.gated_activation, (129, 14336), {}
    yield b.route_experts, (257, 256, 8), {"scoring": "SIGMOID", "bias": True, "groups": 8, "top_groups": 4}
    for codes in CODES:
        yield b.mixed_linear, (codes, 129, 1025, 2048), {"x": "BF16", "scales": "BF16", "out": "BF16"}
    for T in (1, 65, 513):
        yield b.mixed_linear, ("E4M3", T, 4096, 4096), {"rows": 128, "x": "F8_E4M3", "x_scale": "BLOCK", "out": "BF16"}
        for format in BLOCKS:
            yield b.block_scaled_linear, (format, T, 4096, 4096), {"out": "BF16"}
        yield b.mixed_linear, ("I8", T, 4096, 4096), {"values": whole, "x": "I8", "x_scale": "TOKEN", "out": "BF16"}
    yield b.argmax, (17, 151936), {}
    yield b.sample, (9, 151936), {"top_k": 50, "top_p": True}
    yield b.ssm_scan, ([300, 1], [0, 5], 24, 64, 1, 128), {}


SMALL = [
    elementwise, rows, products, positions, attentions, routings, recurrences, samplings, mixed_products,
    block_products,
]


def seed_of(seed, number):
    return np.random.default_rng([seed, number])


def cases(seed, with_larger, matching):
    """(number, case) of those whose label has the text; each draws from a generator of its own number."""
    number = 0
    for part in SMALL + ([larger] if with_larger else []):
        for build, arguments, options in part():
            number += 1
            case_ = build(seed_of(seed, number), *arguments, **options)
            if matching in case_.label:
                yield number, case_
