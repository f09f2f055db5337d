"""Every op in float64, as levin.h defines it: obviously right, never optimised.

A function takes the fields of an op's struct before the launch (tensors.Host, Batch, numbers, None where absent)
and returns the outputs by name as compare.Wanted.
"""

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from . import block_scaled, code_formats, compare, encoders, tensors
from .compare import Wanted


@dataclass
class Batch:
    positions: tensors.Host
    cu_seqlens_q: tensors.Host
    kv_lens: tensors.Host
    page_table: tensors.Host
    state_slots: tensors.Host
    page_size: int
    max_query_len: int
    max_kv_len: int

    def sequences(self):
        """(first token, end, keys, pages, state slot) of each sequence."""
        starts = self.cu_seqlens_q.values
        for b, kv_len in enumerate(self.kv_lens.values):
            pages = self.page_table.values[b, : -(-kv_len // self.page_size)]
            yield starts[b], starts[b + 1], int(kv_len), pages, int(self.state_slots.values[b])


def sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def activate(name, x):
    if name == "SILU":
        return x * sigmoid(x)
    if name == "GELU_TANH":
        return 0.5 * x * (1 + np.tanh(sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    if name == "GELU_ERF":
        return 0.5 * x * (1 + np.vectorize(erf, otypes=[float])(x / sqrt(2)))
    if name == "RELU":
        return np.maximum(x, 0)
    if name == "RELU_SQUARED":
        return np.maximum(x, 0) ** 2
    return x


def exact(tensor, otherwise=0.0):
    return otherwise if tensor is None else tensor.exact


def add(f):
    return {"out": Wanted(f["x"].exact + f["scale"] * f["y"].exact, compare.ELEMENTWISE)}


def soft_cap(f):
    return {"out": Wanted(f["cap"] * np.tanh(f["x"].exact / f["cap"]), compare.ELEMENTWISE)}


def gated_activation(f):
    gate, up = f["gate"].exact, exact(f["up"], 1.0)
    if f["activation"] == "SWIGLU_CLAMPED":
        gate = np.minimum(gate, 7)
        out = gate * sigmoid(1.702 * gate) * (np.clip(up, -7, 7) + 1)
    else:
        out = activate(f["activation"], gate) * up
    return {"out": Wanted(out, compare.ELEMENTWISE)}


def rms_norm(f):
    x = f["x"].exact
    scale = 1 / np.sqrt((x**2).mean(axis=-1, keepdims=True) + np.float64(np.float32(f["eps"])))
    weight = 1.0 if f["weight"] is None else f["weight"].exact + f["weight_bias"]
    return {"out": Wanted(x * scale * weight, compare.NORM)}


def embed(f):
    rows = f["table"].values[f["ids"].values].astype(np.float32)
    return {"out": Wanted(rows * np.float32(f["scale"]), compare.EXACT)}


def convert(f):
    dtype = f["out"].dtype
    return {"out": Wanted(tensors.Host(dtype, encoders.encode(dtype, f["x"].values)).values, compare.EXACT)}


def lengths(values):
    return np.sqrt((values**2).sum(axis=-1))


def linear(f):
    x, w = f["x"].exact, f["weight"].exact
    bias, residual, scale = exact(f["bias"]), exact(f["residual"]), f["scale"]
    tolerance = compare.rounded_product(f["weight"].dtype, f["out"].dtype)
    extra = abs(scale) * tolerance.share * lengths(x)[:, None] * lengths(w)
    extra = extra + compare.ADDEND_ROUNDING * (np.abs(residual) + np.abs(scale * bias))
    return {"out": Wanted(residual + scale * (x @ w.T + bias), tolerance, extra)}


def head_linear(f):
    x, w = f["x"].exact, f["weight"].exact
    tolerance = compare.product(f["weight"].dtype)
    extra = tolerance.share * lengths(x)[..., None] * lengths(w)
    return {"out": Wanted(np.einsum("thk,hnk->thn", x, w), tolerance, extra)}


def grouped_linear(f):
    x, w, ids = f["x"].exact, f["weight"].exact, f["ids"].values
    tokens, chosen = ids.shape
    x = x if x.ndim == 3 else np.broadcast_to(x[:, None], (tokens, chosen, x.shape[-1]))
    bias = f["bias"].exact if f["bias"] else np.zeros(w.shape[:2])
    y = np.empty((tokens, chosen, w.shape[1]))
    for t in range(tokens):
        for j in range(chosen):
            y[t, j] = w[ids[t, j]] @ x[t, j] + bias[ids[t, j]]
    tolerance = compare.product(f["weight"].dtype)
    extra = tolerance.share * lengths(x)[..., None] * lengths(w)[ids]
    extra = extra + compare.ADDEND_ROUNDING * np.abs(bias[ids])
    if f["combine"] is None:
        return {"out": Wanted(y, tolerance, extra)}
    combine, residual = f["combine"].exact[..., None], exact(f["residual"])
    extra = (np.abs(combine) * extra).sum(axis=1) + compare.ADDEND_ROUNDING * np.abs(residual)
    return {"out": Wanted(residual + (combine * y).sum(axis=1), tolerance, extra)}


def rope_table(f):
    angles = f["positions"].values[:, None] * f["inv_freq"].exact
    values = f["scale"] * np.concatenate([np.cos(angles), np.sin(angles)], axis=-1)
    return {"out": Wanted(values, compare.ANGLE)}


def rotated(heads, cos_sin, style, offset):
    """heads [T, H, D], cos_sin [T, R]."""
    pairs = cos_sin.shape[1] // 2
    cos, sin = cos_sin[:, None, :pairs], cos_sin[:, None, pairs:]
    first = offset + (np.arange(pairs) if style == "HALF" else 2 * np.arange(pairs))
    second = first + (pairs if style == "HALF" else 1)
    out = heads.copy()
    out[..., first] = heads[..., first] * cos - heads[..., second] * sin
    out[..., second] = heads[..., second] * cos + heads[..., first] * sin
    return out


def rope_append(f):
    turns = f["cos_sin"] is not None

    def turn(heads):
        return rotated(heads, f["cos_sin"].exact, f["style"], f["rotary_offset"]) if turns else heads

    def stored(cache, rows, slots):
        """The cache after the rows [T, Hkv, D] are written; slots outside it are written nowhere."""
        encoded = cache.encoded.copy()
        pages, _, page_size, _ = cache.shape
        new = encoders.encode(cache.dtype, rows.astype(np.float32))
        for t, slot in enumerate(slots):
            if 0 <= slot < pages * page_size:
                encoded[slot // page_size, :, slot % page_size] = new[t]
        return tensors.Host(cache.dtype, encoded).values

    slots = f["slot_mapping"].values
    wanted = {"q": Wanted(turn(f["q"].exact), compare.ROTATION if turns else compare.EXACT)}
    rotation = compare.ROTATION if f["k_cache"].dtype == "F32" else compare.ROTATED_STORE
    keys = stored(f["k_cache"], turn(f["k"].exact), slots)
    wanted["k_cache"] = Wanted(keys, rotation if turns else compare.EXACT)
    if f["v"] is not None:
        wanted["v_cache"] = Wanted(stored(f["v_cache"], f["v"].exact, slots), compare.EXACT)
    return wanted


def visible_keys(f, first, end, kv_len):
    """[queries, keys] of one sequence."""
    queries = end - first
    at = kv_len - queries + np.arange(queries)[:, None]
    key = np.arange(kv_len)[None, :]
    visible = key <= at if f["causal"] else np.ones((queries, kv_len), bool)
    if f["window"]:
        visible = visible & (key > at - f["window"])
    if f["tree_mask"] is not None:
        words = f["tree_mask"].values[first:end].view(np.uint32)
        bits = (words[:, :, None] >> np.arange(32, dtype=np.uint32) & 1).reshape(queries, -1)[:, :queries]
        visible[:, kv_len - queries :] &= bits.astype(bool)
    return visible


def gathered(cache, pages, kv_len):
    """[Hkv, keys, D] of one sequence."""
    rows = tensors.Host(cache.dtype, cache.encoded[pages]).exact
    heads = rows.transpose(1, 0, 2, 3)
    return heads.reshape(heads.shape[0], -1, heads.shape[-1])[:, :kv_len]


def softmax_parts(scores, sinks):
    """Weights over the last dimension and log-sum-exps; sinks [H, 1] take part without a value."""
    top = scores.max(axis=-1, initial=-np.inf)
    empty = np.isneginf(top)
    if sinks is not None:
        top = np.where(empty, top, np.maximum(top, sinks))
    safe = np.where(empty, 0, top)
    weights = np.exp(scores - safe[..., None])
    total = weights.sum(axis=-1) + (0 if sinks is None else np.exp(sinks - safe))
    total = np.where(empty, 1, total)
    return weights / total[..., None], np.where(empty, -np.inf, safe + np.log(total))


def attention(f):
    q, values_cache = f["q"].exact, f["v_cache"] or f["k_cache"]
    size = f["out"].shape[2]
    out, lse = np.zeros(f["out"].shape), np.zeros(q.shape[:2])
    for first, end, kv_len, pages, _ in f["batch"].sequences():
        if first == end:
            continue
        keys = gathered(f["k_cache"], pages, kv_len)
        values = gathered(values_cache, pages, kv_len)[..., :size]
        group = q.shape[1] // keys.shape[0]
        keys, values = keys.repeat(group, axis=0), values.repeat(group, axis=0)
        scores = f["sm_scale"] * np.einsum("thd,hkd->htk", q[first:end], keys)
        if f["soft_cap"]:
            scores = f["soft_cap"] * np.tanh(scores / f["soft_cap"])
        scores = np.where(visible_keys(f, first, end, kv_len), scores, -np.inf)
        weights, sums = softmax_parts(scores, None if f["sinks"] is None else f["sinks"].exact[:, None])
        out[first:end] = np.einsum("htk,hkd->thd", weights, values)
        lse[first:end] = sums.T
    wanted = {"out": Wanted(out, compare.ATTENTION)}
    if f["lse"] is not None:
        wanted["lse"] = Wanted(lse, compare.LSE)
    return wanted


def merge_attention(f):
    both = np.stack([f["lse_a"].exact, f["lse_b"].exact])
    top = both.max(axis=0)
    empty = np.isneginf(top)
    weights = np.exp(both - np.where(empty, 0, top))
    total = np.where(empty, 1, weights.sum(axis=0))
    parts = [np.where(w[..., None] == 0, 0, w[..., None] * f[n].exact) for w, n in zip(weights, "ab")]
    lse = np.where(empty, -np.inf, np.where(empty, 0, top) + np.log(total))
    out = (parts[0] + parts[1]) / total[..., None]
    return {"out": Wanted(out, compare.MERGE), "lse": Wanted(lse, compare.LSE)}


def copy_pages(f):
    encoded = f["cache"].encoded.copy()
    encoded[f["to"].values] = f["cache"].encoded[f["from"].values]
    return {"cache": Wanted(tensors.Host("U8", encoded).values, compare.EXACT)}


def softmax(x):
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def best(ranks):
    """Highest first, equal ones by the lower id."""
    return np.argsort(-ranks, axis=-1, kind="stable")


def competing(ranks, groups, top_groups):
    """Ranks with those outside of the best groups at minus infinity; a group ranks by its two best."""
    parts = ranks.reshape(len(ranks), groups, -1)
    group_ranks = np.sort(parts, axis=-1)[..., -2:].sum(axis=-1)
    kept = np.zeros((len(ranks), groups), bool)
    np.put_along_axis(kept, best(group_ranks)[:, :top_groups], True, axis=1)
    return np.where(kept[..., None], parts, -np.inf).reshape(ranks.shape)


def route_experts(f):
    logits, chosen = f["logits"].exact, f["ids"].shape[1]
    scores = {"SOFTMAX": softmax, "SOFTMAX_OF_TOP_K": lambda x: x, "SIGMOID": sigmoid}[f["scoring"]](logits)
    ranks = competing(scores + exact(f["selection_bias"]), f["groups"], f["top_groups"])
    ids = best(ranks)[:, :chosen]
    weights = np.take_along_axis(scores, ids, axis=1)
    if f["scoring"] == "SOFTMAX_OF_TOP_K":
        weights = softmax(weights)
    if f["normalise"]:
        weights = weights / (weights.sum(axis=-1, keepdims=True) + 1e-20)
    return {
        "ids": Wanted(ids.astype(np.int32), compare.EXACT),
        "weights": Wanted(weights * f["scale"], compare.ROUTE_WEIGHTS),
    }


def causal_conv(f):
    x, weight, state = f["x"].exact, f["weight"].exact, f["state"].exact
    history = weight.shape[1] - 1
    out, after = np.zeros_like(x), state.copy()
    for first, end, _, _, slot in f["batch"].sequences():
        if first == end:
            continue
        fresh = f["batch"].positions.values[first] == 0
        old = np.zeros_like(state[slot]) if fresh else state[slot]
        inputs = np.concatenate([old, x[first:end].T], axis=1)
        windows = np.lib.stride_tricks.sliding_window_view(inputs, history + 1, axis=1)
        sums = np.einsum("ctw,cw->tc", windows, weight) + exact(f["bias"])
        out[first:end] = activate(f["activation"], sums)
        after[slot] = inputs[:, end - first :]
    return {"out": Wanted(out, compare.SUM), "state": Wanted(after, compare.EXACT)}


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def ssm_scan(f):
    """The state is rounded to float32 after every token, as a step's end does: chunks must not show."""
    x, state = f["x"].exact, f["state"].exact.copy()
    heads, groups = x.shape[1], f["b"].shape[1]
    b, c = (f[name].exact.repeat(heads // groups, axis=1) for name in "bc")
    steps = np.clip(softplus(f["dt"].exact + f["dt_bias"].exact), f["dt_min"], f["dt_max"])
    out = np.zeros_like(x)
    for first, end, _, _, slot in f["batch"].sequences():
        if first < end and f["batch"].positions.values[first] == 0:
            state[slot] = 0
        for t in range(first, end):
            decay = np.exp(steps[t] * f["a"].exact)[:, None, None]
            fed = (steps[t][:, None] * x[t])[..., None] * b[t][:, None]
            state[slot] = (decay * state[slot] + fed).astype(np.float32)
            out[t] = np.einsum("hpn,hn->hp", state[slot], c[t])
            if f["skip"] is not None:
                out[t] += f["skip"].exact[:, None] * x[t]
    return {"out": Wanted(out, compare.SUM), "state": Wanted(state, compare.SUM)}


def is_choosable(logits):
    return bool((logits < np.inf).all()) and not np.isneginf(logits).all()


def argmax(f):
    ids = [best(row)[0] if is_choosable(row) else -1 for row in f["logits"].exact]
    return {"ids": Wanted(np.array(ids, np.int32), compare.EXACT)}


def candidates(logits, temperature, top_k, top_p, min_p):
    """Ids, ascending, and the masses they are drawn by."""
    order = best(logits)
    order = order[:top_k] if top_k > 0 else order
    masses = np.exp(logits[order] - logits[order[0]])
    if top_p < 1:
        order = order[: int(np.searchsorted(np.cumsum(masses), top_p * masses.sum())) + 1]
    if min_p > 0:
        order = order[logits[order] >= logits[order[0]] + np.log(min_p)]
    ids = np.sort(order)
    return ids, np.exp((logits[ids] - logits[order[0]]) / temperature)


def sample(f):
    """A point lies where the cumulated masses pass it."""
    logits = f["logits"].exact
    options = [exact(f[name], 1.0 if name == "top_p" else 0.0) for name in ("temperature", "top_k", "top_p", "min_p")]
    options = [np.broadcast_to(option, len(logits)) for option in options]
    ids = argmax(f)["ids"].values.copy()
    for row, (temperature, top_k, top_p, min_p) in enumerate(zip(*options)):
        if ids[row] >= 0 and temperature > 0:
            chosen, masses = candidates(logits[row], temperature, int(top_k), top_p, min_p)
            target = f["point"].exact[row] * masses.sum()
            ids[row] = chosen[np.searchsorted(np.cumsum(masses), target, side="right")]
    return {"ids": Wanted(ids, compare.EXACT)}


def mixed_weights(f):
    """[N, K] of levin_mixed_linear: scales * (codes - zeros)."""
    codes = code_formats.decode(f["codes"], f["weight"].encoded)
    n, k = codes.shape
    scales = f["scales"].values.astype(np.float64)
    if f["scales"].dtype == "U8":
        scales = np.ldexp(1.0, scales.astype(np.int64) - 127)

    def spread(values):
        return values.repeat(f["rows_per_scale"], axis=0)[:n].repeat(f["values_per_scale"], axis=1)[:, :k]

    return spread(scales) * (codes - (0 if f["zeros"] is None else spread(f["zeros"].exact)))


def block_scaled_linear(f):
    x = block_scaled.decode(f["format"], f["x"].encoded, f["x_scales"].encoded)
    w = f["scale"] * block_scaled.decode(f["format"], f["weight"].encoded, f["weight_scales"].encoded)
    bias, residual = exact(f["bias"]), exact(f["residual"])
    tolerance = compare.block_scaled_product(f["out"].dtype)
    extra = tolerance.share * lengths(x)[:, None] * lengths(w)
    extra = extra + compare.ADDEND_ROUNDING * (np.abs(residual) + np.abs(bias))
    return {"out": Wanted(residual + x @ w.T + bias, tolerance, extra)}


def quantize_blocks(f):
    codes, scales = block_scaled.encode(f["format"], f["x"].values, f["scale"])
    return {
        name: Wanted(tensors.Host("U8", encoded).values, compare.EXACT)
        for name, encoded in (("codes", codes), ("scales", scales))
    }


def activation_scales(f):
    """[T or 1, K or 1] of levin_mixed_linear."""
    if f["x_scale"] is None:
        return np.ones((1, 1))
    scales = f["x_scale"].exact
    return scales[:, None] if scales.ndim == 1 else scales.repeat(128, axis=1)[:, : f["x"].shape[1]]


def mixed_linear(f):
    x, w = f["x"].exact, mixed_weights(f)
    x = x * activation_scales(f)
    bias, residual = exact(f["bias"]), exact(f["residual"])
    tolerance = compare.mixed_product(f["codes"], f["x"].dtype, f["out"].dtype)
    extra = tolerance.share * lengths(x)[:, None] * lengths(w)
    extra = extra + compare.ADDEND_ROUNDING * (np.abs(residual) + np.abs(bias))
    return {"out": Wanted(residual + x @ w.T + bias, tolerance, extra)}
