"""Cases from sizes: random inputs of every op. Checks and timings draw from the same builders."""

import numpy as np

from . import block_scaled, code_formats, tensors
from .case import Case
from .encoders import encode
from .formats import MOST_DRAWN
from .reference import Batch, candidates

F = np.float32


def normal(rng, *shape):
    """Activations with a few peaks."""
    count = int(np.prod(shape))
    values = rng.standard_normal(min(count, MOST_DRAWN), dtype=F)
    values[rng.random(values.size) < 0.01] *= 8
    return tensors.of(np.resize(values, shape))


def normal_as(rng, dtype, *shape):
    values = normal(rng, *shape)
    return values if dtype == "F32" else tensors.Host(dtype, encode(dtype, values.values))


def out(*shape):
    return tensors.poisoned("F32", *shape)


def ints(values):
    return tensors.of(np.asarray(values, np.int32))


def label(op, *sizes, **options):
    shown = [str(size) for size in sizes] + [f"{k}={v}" for k, v in options.items() if v not in (None, False)]
    return f"{op}[{', '.join(shown)}]"


def add(rng, T, C, scale=1.0, alias=None):
    fields = {"x": normal(rng, T, C), "y": normal(rng, T, C), "out": out(T, C), "scale": scale}
    text = label("add", f"T={T}", f"C={C}", scale=scale, out=alias)
    return Case("add", text, fields, {"out": alias} if alias else {})


def soft_cap(rng, T, C, cap=30.0, alias=None):
    fields = {"x": tensors.of(normal(rng, T, C).values * F(20)), "out": out(T, C), "cap": cap}
    return Case("soft_cap", label("soft_cap", f"T={T}", f"C={C}", out=alias), fields, {"out": alias} if alias else {})


def gated_activation(rng, T, C, activation="SILU", gated=True, alias=None):
    fields = {"gate": normal(rng, T, C), "up": normal(rng, T, C) if gated else None, "out": out(T, C)}
    fields["activation"] = activation
    text = label("gated_activation", activation, f"T={T}", f"F={C}", up=gated, out=alias)
    return Case("gated_activation", text, fields, {"out": alias} if alias else {})


def rms_norm(rng, T, C, G=0, weighted=True, bias=0.0, alias=None):
    shape = (T, G, C) if G else (T, C)
    weight = normal(rng, *shape[1:]) if weighted else None
    fields = {"x": normal(rng, *shape), "weight": weight, "out": out(*shape), "eps": 1e-5, "weight_bias": bias}
    text = label("rms_norm", f"T={T}", f"C={C}", G=G or None, weight=weighted, bias=bias or None, out=alias)
    return Case("rms_norm", text, fields, {"out": alias} if alias else {})


def embed(rng, dtype, T, V, C, scale=1.0):
    table, ids = tensors.random(rng, dtype, V, C), ints(rng.integers(0, V, T))
    fields = {"table": table, "ids": ids, "out": out(T, C), "scale": scale}
    return Case("embed", label("embed", dtype, f"T={T}", f"V={V}", f"C={C}", scale=scale), fields)


def convert(rng, source, target, R, K):
    fields = {"x": tensors.random(rng, source, R, K), "out": tensors.poisoned(target, R, K)}
    return Case("convert", label("convert", f"{source} to {target}", f"R={R}", f"K={K}"), fields)


def linear(rng, dtype, T, N, K, bias=False, residual=False, scale=1.0, alias=None, x="F32", to="F32"):
    """x, to: types of activations and of results."""
    fields = {
        "x": normal_as(rng, x, T, K),
        "weight": tensors.random(rng, dtype, N, K),
        "bias": normal(rng, N) if bias else None,
        "residual": normal_as(rng, to, T, N) if residual else None,
        "out": tensors.poisoned(to, T, N),
        "scale": scale,
    }
    options = {"bias": bias, "residual": residual, "scale": scale if scale != 1 else None, "out": alias}
    options |= {"x": x if x != "F32" else None, "to": to if to != "F32" else None}
    text = label("linear", dtype, f"T={T}", f"N={N}", f"K={K}", **options)
    return Case("linear", text, fields, {"out": alias} if alias else {})


def head_linear(rng, dtype, T, H, N, K):
    fields = {"x": normal(rng, T, H, K), "weight": tensors.random(rng, dtype, H, N, K), "out": out(T, H, N)}
    return Case("head_linear", label("head_linear", dtype, f"T={T}", f"H={H}", f"N={N}", f"K={K}"), fields)


def grouped_linear(rng, dtype, T, E, k, N, K, per_choice=False, combine=False, bias=False, residual=False):
    ids = np.stack([rng.permutation(E)[:k] for _ in range(T)]) if T else np.zeros((0, k))
    fields = {
        "x": normal(rng, T, k, K) if per_choice else normal(rng, T, K),
        "weight": tensors.random(rng, dtype, E, N, K),
        "bias": normal(rng, E, N) if bias else None,
        "ids": ints(ids),
        "combine": tensors.of(rng.random((T, k)).astype(F)) if combine else None,
        "residual": normal(rng, T, N) if residual else None,
        "out": out(T, N) if combine else out(T, k, N),
    }
    options = {"per_choice": per_choice, "combine": combine, "bias": bias, "residual": residual}
    return Case(
        "grouped_linear",
        label("grouped_linear", dtype, f"T={T}", f"E={E}", f"k={k}", f"N={N}", f"K={K}", **options),
        fields,
    )


def rope_table(rng, T, R, scale=1.0):
    fields = {
        "positions": ints(rng.integers(0, 4096, T)),
        "inv_freq": tensors.of((10000.0 ** (-np.arange(R // 2) / (R // 2))).astype(F)),
        "out": out(T, R),
        "scale": scale,
    }
    return Case("rope_table", label("rope_table", f"T={T}", f"R={R}", scale=scale), fields)


def rope_append(rng, dtype, T, H, Hkv, Dk, Dv, R, page_size=16, style="HALF", offset=0, values=True):
    pages = -(-T // page_size) + 2
    slots = rng.permutation(pages * page_size)[:T]
    if T > 2:
        slots[1] = -1
    angles = rng.uniform(0, 6.28, (T, R // 2))
    fields = {
        "q": normal(rng, T, H, Dk),
        "k": normal(rng, T, Hkv, Dk),
        "v": normal(rng, T, Hkv, Dv) if values else None,
        "cos_sin": tensors.of(np.concatenate([np.cos(angles), np.sin(angles)], axis=1).astype(F)) if R else None,
        "slot_mapping": ints(slots),
        "k_cache": tensors.random(rng, dtype, pages, Hkv, page_size, Dk),
        "v_cache": tensors.random(rng, dtype, pages, Hkv, page_size, Dv) if values else None,
        "style": style,
        "rotary_offset": offset,
    }
    sizes = [f"T={T}", f"H={H}", f"Hkv={Hkv}", f"Dk={Dk}", f"Dv={Dv}", f"R={R}", f"page={page_size}", style]
    return Case("rope_append", label("rope_append", dtype, *sizes, offset=offset or None, v=values), fields)


ABSURD_PAGE = 0x7FFF_FFF0


def batch(rng, query_lens, kv_lens, page_size, slack=3):
    """Pages in random order, one that nobody uses, and entries past the last used page that lead nowhere."""
    needed = [-(-kv // page_size) for kv in kv_lens]
    order, table = list(rng.permutation(sum(needed) + 1)), []
    for count in needed:
        table.append([order.pop() for _ in range(count)] + [ABSURD_PAGE] * (max(needed, default=0) + slack - count))
    positions = [kv - q + i for q, kv in zip(query_lens, kv_lens) for i in range(q)]
    return Batch(
        ints(positions),
        ints(np.concatenate([[0], np.cumsum(query_lens)])),
        ints(kv_lens),
        ints(table),
        ints(rng.permutation(len(kv_lens) + 1)[: len(kv_lens)]),
        page_size,
        max(query_lens, default=0),
        max(kv_lens, default=0),
    )


MOST_ROWS = 4099  # drawn for a cache; a prime, as in formats.py


def cache(rng, dtype, kv_lens, ragged, Hkv, size):
    """Keys or values as a step writes them; slots without one hold NaN."""
    page_size = ragged.page_size
    pages = sum(-(-kv // page_size) for kv in kv_lens) + 1
    holder = tensors.poisoned(dtype, pages, Hkv, page_size, size)
    drawn = encode(dtype, normal(rng, min(pages * Hkv * page_size, MOST_ROWS), size).values)
    for table, kv_len in zip(ragged.page_table.values, kv_lens):
        used = -(-kv_len // page_size)
        start = int(rng.integers(0, len(drawn)))
        rows = np.resize(np.roll(drawn, start, axis=0), (used, Hkv, page_size, drawn.shape[1]))
        for i in range(used):
            filled = min(page_size, kv_len - i * page_size)
            holder.encoded[table[i], :, :filled] = rows[i, :, :filled]
    return holder


def tree_of(rng, query_lens):
    """Every query allows itself and a random half of those before it."""
    T, widest = sum(query_lens), max(query_lens)
    bits = rng.random((T, -(-widest // 32) * 32)) < 0.5
    row = 0
    for count in query_lens:
        bits[row : row + count, :count] |= np.eye(count, dtype=bool)
        row += count
    return ints(np.packbits(bits, axis=1, bitorder="little").view("<i4"))


def attention(
    rng, dtype, query_lens, kv_lens, H, Hkv, Dk, Dv=None, page_size=16, causal=True, window=0, soft_cap=0.0,
    sinks=False, tree=False, lse=True, shared=False,
):
    """shared: values are the first Dv elements of the keys."""
    T, Dv = sum(query_lens), Dv or Dk
    ragged = batch(rng, query_lens, kv_lens, page_size)
    fields = {
        "q": normal(rng, T, H, Dk),
        "k_cache": cache(rng, dtype, kv_lens, ragged, Hkv, Dk),
        "v_cache": None if shared else cache(rng, dtype, kv_lens, ragged, Hkv, Dv),
        "out": out(T, H, Dv),
        "lse": out(T, H) if lse else None,
        "sinks": normal(rng, H) if sinks else None,
        "tree_mask": tree_of(rng, query_lens) if tree else None,
        "batch": ragged,
        "sm_scale": Dk**-0.5,
        "soft_cap": soft_cap,
        "window": window,
        "causal": int(causal),
    }
    sizes = [f"q={spell(query_lens)}", f"kv={spell(kv_lens)}", f"H={H}", f"Hkv={Hkv}", f"Dk={Dk}", f"Dv={Dv}"]
    options = {"page": page_size, "window": window or None, "cap": soft_cap or None, "sinks": sinks, "tree": tree}
    options.update(full=not causal, shared=shared)
    return Case("attention", label("attention", dtype, *sizes, **options), fields)


def spell(lengths):
    """1,2,3 or 64x128."""
    same = len(set(lengths)) == 1 and len(lengths) > 1
    return f"{len(lengths)}x{lengths[0]}" if same else ",".join(map(str, lengths))


def merge_attention(rng, T, H, D):
    lse_a, lse_b = rng.standard_normal((T, H)) * 5, rng.standard_normal((T, H)) * 5
    lse_a[rng.random((T, H)) < 0.2] = -np.inf
    lse_b[rng.random((T, H)) < 0.2] = -np.inf
    fields = {
        "a": normal(rng, T, H, D),
        "lse_a": tensors.of(lse_a.astype(F)),
        "b": normal(rng, T, H, D),
        "lse_b": tensors.of(lse_b.astype(F)),
        "out": out(T, H, D),
        "lse": out(T, H),
    }
    return Case("merge_attention", label("merge_attention", f"T={T}", f"H={H}", f"D={D}"), fields)


def copy_pages(rng, dtype, pages, n, *page):
    order = rng.permutation(pages)
    fields = {
        "cache": tensors.random(rng, dtype, pages, *page),
        "from": ints(order[:n]),
        "to": ints(order[pages - n :]),
    }
    return Case("copy_pages", label("copy_pages", dtype, f"pages={pages}", f"n={n}", f"page={page}"), fields)


def route_experts(rng, T, E, k, scoring="SOFTMAX", normalise=True, bias=False, groups=1, top_groups=1, scale=1.0):
    fields = {
        "logits": normal(rng, T, E),
        "selection_bias": tensors.of((rng.standard_normal(E) * 0.3).astype(F)) if bias else None,
        "ids": tensors.poisoned("I32", T, k),
        "weights": out(T, k),
        "scoring": scoring,
        "normalise": int(normalise),
        "groups": groups,
        "top_groups": top_groups,
        "scale": scale,
    }
    options = {"bias": bias, "groups": groups if groups > 1 else None, "plain": not normalise}
    return Case("route_experts", label("route_experts", scoring, f"T={T}", f"E={E}", f"k={k}", **options), fields)


def causal_conv(rng, query_lens, pasts, Ch, W, bias=True, activation="SILU"):
    T, ragged = sum(query_lens), batch(rng, query_lens, [q + p for q, p in zip(query_lens, pasts)], 16)
    fields = {
        "x": normal(rng, T, Ch),
        "weight": normal(rng, Ch, W),
        "bias": normal(rng, Ch) if bias else None,
        "state": normal(rng, len(query_lens) + 1, Ch, W - 1),
        "out": out(T, Ch),
        "batch": ragged,
        "activation": activation,
    }
    sizes = [f"q={spell(query_lens)}", f"past={spell(pasts)}", f"Ch={Ch}", f"W={W}", activation]
    return Case("causal_conv", label("causal_conv", *sizes, bias=bias), fields)


def ssm_scan(rng, query_lens, pasts, H, P, G, N, skip=True):
    T, ragged = sum(query_lens), batch(rng, query_lens, [q + p for q, p in zip(query_lens, pasts)], 16)
    fields = {
        "x": normal(rng, T, H, P),
        "dt": normal(rng, T, H),
        "a": tensors.of(-rng.uniform(0.1, 2, H).astype(F)),
        "b": normal(rng, T, G, N),
        "c": normal(rng, T, G, N),
        "skip": normal(rng, H) if skip else None,
        "dt_bias": normal(rng, H),
        "state": normal(rng, len(query_lens) + 1, H, P, N),
        "out": out(T, H, P),
        "batch": ragged,
        "dt_min": 1e-3,
        "dt_max": 0.5,
    }
    sizes = [f"q={spell(query_lens)}", f"past={spell(pasts)}", f"H={H}", f"P={P}", f"G={G}", f"N={N}"]
    return Case("ssm_scan", label("ssm_scan", *sizes, skip=skip), fields)


def peculiar(rng, logits):
    """Rows that hold ties, what is no number, and nothing to choose."""
    logits[rng.random(logits.shape) < 0.1] = -np.inf
    for row, special in zip(logits[1:], (np.nan, np.inf, -np.inf)):
        row[rng.integers(0, row.size)] = special
    if len(logits) > 4:
        logits[4] = -np.inf
        logits[0] = np.round(logits[0])
    return logits


def argmax(rng, R, V):
    logits = peculiar(rng, (rng.standard_normal((R, V)) * 3).astype(F))
    fields = {"logits": tensors.of(logits), "ids": tensors.poisoned("I32", R)}
    return Case("argmax", label("argmax", f"R={R}", f"V={V}"), fields)


def between(values, at):
    """Halfway from one value to the next, so that rounding does not decide."""
    return (values[at] + values[at + 1]) / 2


def sample(rng, R, V, top_k=0, top_p=False, min_p=False, temperature=0.8):
    """Bounds lie halfway between candidates and points in the middle of a candidate's share."""
    logits = (rng.standard_normal((R, V)) * 3).astype(F)
    tops, floors, points = np.ones(R), np.zeros(R), np.zeros(R)
    for row in range(R):
        exact = logits[row].astype(np.float64)
        masses = np.sort(np.exp(exact - exact.max()))[::-1][: top_k or V]
        if top_p and masses.size > 1:
            shares = np.concatenate([[0], np.cumsum(masses) / masses.sum()])
            tops[row] = F(between(shares, int(rng.integers(0, min(20, masses.size - 1)))))
        if min_p and masses.size > 1:
            floors[row] = F(between(masses, int(rng.integers(0, min(20, masses.size - 1)))))
        _, shares = candidates(exact, temperature or 1.0, top_k, tops[row], floors[row])
        ends = np.concatenate([[0], np.cumsum(shares) / shares.sum()])
        points[row] = between(ends, int(shares.argmax()))
    fields = {
        "logits": tensors.of(logits),
        "temperature": tensors.of(np.full(R, temperature, F)),
        "top_k": ints([top_k] * R) if top_k else None,
        "top_p": tensors.of(tops.astype(F)) if top_p else None,
        "min_p": tensors.of(floors.astype(F)) if min_p else None,
        "point": tensors.of(points.astype(F)),
        "ids": tensors.poisoned("I32", R),
    }
    options = {"top_k": top_k or None, "top_p": top_p, "min_p": min_p, "temperature": temperature}
    return Case("sample", label("sample", f"R={R}", f"V={V}", **options), fields)


def mixed_scales(rng, dtype, rows, columns):
    if dtype == "U8":
        return tensors.Host("U8", rng.integers(120, 130, (rows, columns), dtype=np.uint8))
    return tensors.Host(dtype, encode(dtype, rng.uniform(0.01, 0.1, (rows, columns)).astype(F)))


def mixed_linear(
    rng, codes, T, N, K, rows=1, values=128, x="F32", scales="F32", out="F32", zeros=False, x_scale=None, bias=False,
    residual=False,
):
    """rows by values share a scale; x, scales, out: their formats; x_scale: one for TENSOR, each TOKEN or BLOCK of 128."""
    shape = -(-N // rows), -(-K // values)
    x_scales = {"TENSOR": 1, "TOKEN": T, "BLOCK": (T, -(-K // 128))}
    fields = {
        "x": tensors.random(rng, x, T, K),
        "x_scale": tensors.of(rng.uniform(0.5, 2, x_scales[x_scale]).astype(F)) if x_scale else None,
        "weight": tensors.Host("U8", code_formats.random(rng, codes, N, K)),
        "scales": mixed_scales(rng, scales, *shape),
        "zeros": tensors.Host("U8", rng.integers(0, 16, shape, dtype=np.uint8)) if zeros else None,
        "bias": normal(rng, N) if bias else None,
        "residual": tensors.random(rng, out, T, N) if residual else None,
        "out": tensors.poisoned(out, T, N),
        "rows_per_scale": rows,
        "values_per_scale": values,
        "codes": codes,
    }
    sizes = [f"x={x}", f"scales={scales}/{rows}x{values}", f"out={out}", f"T={T}", f"N={N}", f"K={K}"]
    options = {"zeros": zeros, "x_scale": x_scale, "bias": bias, "residual": residual}
    return Case("mixed_linear", label("mixed_linear", codes, *sizes, **options), fields)


def block_scaled_linear(rng, format, T, N, K, out="F32", bias=False, residual=False, scale=1.0):
    fields = {}
    for name, rows in (("x", T), ("weight", N)):
        codes, scales = block_scaled.random(rng, format, rows, K)
        fields[name], fields[f"{name}_scales"] = tensors.Host("U8", codes), tensors.Host("U8", scales)
    fields["bias"] = normal(rng, N) if bias else None
    fields["residual"] = tensors.random(rng, out, T, N) if residual else None
    fields["out"] = tensors.poisoned(out, T, N)
    fields["scale"], fields["format"] = scale, format
    sizes = [f"out={out}", f"T={T}", f"N={N}", f"K={K}", f"scale={scale}"]
    text = label("block_scaled_linear", format, *sizes, bias=bias, residual=residual)
    return Case("block_scaled_linear", text, fields)


def quantize_blocks(rng, format, T, K, x="F32", scale=1.0):
    fields = {
        "x": normal_as(rng, x, T, K),
        "codes": tensors.poisoned("U8", T, block_scaled.row_bytes(format, K)),
        "scales": tensors.poisoned("U8", T, K // block_scaled.VALUES[format]),
        "scale": scale,
        "format": format,
    }
    text = label("quantize_blocks", format, f"x={x}", f"T={T}", f"K={K}", f"scale={scale}")
    return Case("quantize_blocks", text, fields)
