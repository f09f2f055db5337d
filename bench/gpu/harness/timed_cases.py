"""What is timed: the ops of models of about 8 billion parameters, their mixtures and their long contexts.

(op as the JVM's reports call it, dtype, model, shape, build): build makes the case from a generator.
"""

from . import build_cases as b
from .abi import BLOCKS
from .formats import CACHES, WEIGHTS

LLAMA = "llama-8b"
MIXTRAL = "mixtral-8x7b"
DEEPSEEK = "deepseek-v3"
MAMBA = "mamba2-2.7b"
C, FF, H, HKV, D = 4096, 14336, 32, 8, 128

QUICK_WEIGHTS = ["F32", "F16", "BF16", "F8_E4M3", "Q8_0", "Q4_0", "Q4_K", "Q6_K", "IQ4_XS", "MXFP4"]


def one(op, dtype, model, shape, build, *arguments, **options):
    return op, dtype, model, shape, lambda rng: build(rng, *arguments, **options)


def linear(dtype, T, N, K):
    return one("Linear", dtype, LLAMA, f"T={T} N={N} K={K}", b.linear, dtype, T, N, K)


def linears(quick):
    for dtype in QUICK_WEIGHTS if quick else WEIGHTS:
        for T in (1, 16, 512) if quick else (1, 2, 8, 16, 64, 512, 2048):
            yield linear(dtype, T, FF, C)
    for dtype in ("F16", "BF16"):
        for T in (1, 512) if quick else (1, 16, 512, 2048):
            shape = f"T={T} N={FF} K={C} x={dtype}"
            yield one("Linear", dtype, LLAMA, shape, b.linear, dtype, T, FF, C, x=dtype, to=dtype)
    for dtype in ("BF16", "Q8_0", "Q4_K") if not quick else ():
        for T in (1, 16, 512):
            yield linear(dtype, T, 1024, C)
            yield linear(dtype, T, C, C)
            yield linear(dtype, T, C, FF)
        yield linear(dtype, 1, 128256, C)


def attention(dtype, batch, queries, keys):
    shape = f"B={batch} T={batch * queries} S={keys} H={H} Hkv={HKV} D={D}"
    lengths = [queries] * batch, [keys] * batch
    return one("Attention", dtype, LLAMA, shape, b.attention, dtype, *lengths, H, HKV, D, page_size=64, lse=False)


def attentions(quick):
    for dtype in CACHES:
        yield attention(dtype, 1, 1, 8192)
        yield attention(dtype, 32, 1, 1024)
        if not quick:
            yield attention(dtype, 1, 1, 65536)
            yield attention(dtype, 64, 1, 4096)
            yield attention(dtype, 1, 512, 4096)
    for dtype in ("F16", "Q8_0"):
        yield attention(dtype, 1, 2048, 2048)
        if not quick:
            yield attention(dtype, 1, 8192, 8192)
    latent = {"Dv": 512, "shared": True, "page_size": 64, "lse": False}
    for batch in (1, 32):
        shape = f"B={batch} T={batch} S=4096 H=128 Hkv=1 Dk=576 Dv=512"
        yield one(
            "Attention", "BF16", DEEPSEEK, shape, b.attention, "BF16", [1] * batch, [4096] * batch, 128, 1, 576, **latent
        )


def rows(quick):
    for T in (1, 512) if quick else (1, 16, 512, 4096):
        yield one("RmsNorm", "F32", LLAMA, f"T={T} C={C}", b.rms_norm, T, C)
        yield one("Add", "F32", LLAMA, f"T={T} C={C}", b.add, T, C)
        yield one("GatedActivation", "F32", LLAMA, f"T={T} F={FF}", b.gated_activation, T, FF)
        yield one("RopeTable", "F32", LLAMA, f"T={T} R={D}", b.rope_table, T, D)
        for dtype in ("F16", "Q8_0"):
            shape = f"T={T} H={H} Hkv={HKV} D={D}"
            yield one("RopeAppend", dtype, LLAMA, shape, b.rope_append, dtype, T, H, HKV, D, D, D, page_size=64)
        yield one("Embed", "Q8_0", LLAMA, f"T={T} V=32000 C={C}", b.embed, "Q8_0", T, 32000, C)
        yield one("Convert", "Q8_0", LLAMA, f"R={T} K={C}", b.convert, "Q8_0", "F32", T, C)
        yield one("MergeAttention", "F32", LLAMA, f"T={T} H={H} D={D}", b.merge_attention, T, H, D)
    yield one("SoftCap", "F32", LLAMA, "T=1 C=128256", b.soft_cap, 1, 128256)
    yield one("CopyPages", "F16", LLAMA, f"n=64 page={HKV}x64x{D}", b.copy_pages, "F16", 256, 64, HKV, 64, D)


def mixtures(quick):
    for T in (1, 16, 512):
        for dtype in ("BF16", "Q4_K") if quick else ("BF16", "F8_E4M3", "Q8_0", "Q4_0", "Q4_K", "MXFP4"):
            shape = f"T={T} k=2 E=8 N=14336 K=4096"
            yield one("GroupedLinear", dtype, MIXTRAL, shape, b.grouped_linear, dtype, T, 8, 2, FF, C)
        yield one(
            "RouteExperts", "F32", DEEPSEEK, f"T={T} E=256 k=8", b.route_experts, T, 256, 8,
            scoring="SIGMOID", bias=True, groups=8, top_groups=4,
        )
        shape = f"T={T} H=128 N=512 K=128"
        yield one("HeadLinear", "BF16", DEEPSEEK, shape, b.head_linear, "BF16", T, 128, 512, 128)


def mixed_products(quick):
    block = {"rows": 128, "x": "F8_E4M3", "out": "BF16", "x_scale": "BLOCK"}
    by_row = {"values": C, "x": "I8", "out": "BF16", "x_scale": "TOKEN"}
    groups = {"x": "F16", "scales": "F16", "out": "F16", "zeros": True}
    microscaled = {"values": 32, "x": "BF16", "scales": "U8", "out": "BF16"}
    for codes, options in (("E4M3", block), ("I8", by_row), ("U4", groups), ("E2M1", microscaled)):
        for T in (1, 512) if quick else (1, 16, 512, 2048):
            shape = f"T={T} N={FF} K={C} x={options['x']}"
            yield one("MixedLinear", codes, LLAMA, shape, b.mixed_linear, codes, T, FF, C, **options)


def block_products(quick):
    for format in BLOCKS:
        for T in (1, 512) if quick else (1, 16, 512, 2048):
            shape = f"T={T} N={FF} K={C}"
            yield one("BlockScaledLinear", format, LLAMA, shape, b.block_scaled_linear, format, T, FF, C, out="BF16")
            yield one("QuantizeBlocks", format, LLAMA, f"T={T} K={C}", b.quantize_blocks, format, T, C, x="BF16")


def samplings(quick):
    for R in (1, 64):
        yield one("Argmax", "F32", LLAMA, f"R={R} V=128256", b.argmax, R, 128256)
        yield one("Sample", "F32", LLAMA, f"R={R} V=128256 top_p", b.sample, R, 128256, top_p=True)


def recurrences(quick):
    for T in (1, 512) if quick else (1, 64, 512, 2048):
        shape = f"T={T} H=80 P=64 G=1 N=128"
        yield one("SsmScan", "F32", MAMBA, shape, b.ssm_scan, [T], [9], 80, 64, 1, 128)
        yield one("CausalConv", "F32", MAMBA, f"T={T} Ch=5376 W=4", b.causal_conv, [T], [9], 5376, 4)


def every(quick):
    for part in (linears, attentions, rows, mixtures, mixed_products, block_products, samplings, recurrences):
        yield from part(quick)
