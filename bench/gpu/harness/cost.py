"""What a case must cost at least: (operations, bytes), by the rules of dev.levin.core.op.OpCost."""

import numpy as np

from .tensors import Host


def size(tensor):
    return int(np.prod(tensor.shape))


def total(*tensors):
    return sum(t.encoded.nbytes for t in tensors if t is not None)


def every(f):
    return total(*(value for value in f.values() if isinstance(value, Host)))


def attention(f):
    pairs = keys = 0
    for first, end, kv_len, _, _ in f["batch"].sequences():
        queries, window = int(end - first), f["window"]
        at = np.arange(kv_len - queries, kv_len)
        visible = at + 1 if f["causal"] else np.full(queries, kv_len)
        pairs += int((np.minimum(visible, window) if window else visible).sum())
        keys += min(kv_len, window + queries - 1) if window else kv_len
    q, k, v, out = f["q"], f["k_cache"], f["v_cache"], f["out"]
    key_bytes = k.encoded.shape[-1] + (v.encoded.shape[-1] if v else 0)
    operations = 2 * pairs * q.shape[1] * (q.shape[2] + out.shape[2])
    return operations, total(q, out) + keys * k.shape[1] * key_bytes


def grouped_linear(f):
    chosen = size(f["ids"])
    experts, n, k = f["weight"].shape
    used = min(experts, chosen) * n * f["weight"].encoded.shape[-1]
    return 2 * chosen * n * k, total(f["x"], f["ids"], f["combine"], f["residual"], f["out"]) + used


def rope_append(f):
    rotated = f["q"].shape[0] * f["cos_sin"].shape[1] if f["cos_sin"] else 0
    heads = f["q"].shape[1] + f["k"].shape[1]
    tokens, kv_heads, _ = f["k"].shape
    written = tokens * kv_heads * f["k_cache"].encoded.shape[-1]
    written += tokens * kv_heads * f["v_cache"].encoded.shape[-1] if f["v"] else 0
    return 3 * rotated * heads, total(f["q"], f["q"], f["k"], f["v"]) + written


def ssm_scan(f):
    sequences = f["batch"].kv_lens.shape[0]
    state = 2 * sequences * f["state"].encoded.nbytes // max(1, f["state"].shape[0])
    return 5 * size(f["x"]) * f["b"].shape[2], total(f["x"], f["dt"], f["b"], f["c"], f["out"]) + state


def copy_pages(f):
    return 0, 2 * f["from"].shape[0] * f["cache"].encoded.nbytes // max(1, f["cache"].shape[0])


def embed(f):
    rows = f["ids"].shape[0] * f["table"].encoded.shape[-1]
    return size(f["out"]), total(f["ids"], f["out"]) + rows


SPECIAL = {one.__name__: one for one in (attention, grouped_linear, rope_append, ssm_scan, copy_pages, embed)}

# Operations of the ops whose bytes are those of all their tensors.
OPERATIONS = {
    "add": lambda f: 2 * size(f["out"]),
    "soft_cap": lambda f: 3 * size(f["out"]),
    "gated_activation": lambda f: 5 * size(f["out"]),
    "rms_norm": lambda f: 4 * size(f["x"]),
    "convert": lambda f: size(f["x"]),
    "linear": lambda f: 2 * size(f["out"]) * f["x"].shape[1],
    "head_linear": lambda f: 2 * size(f["out"]) * f["x"].shape[2],
    "rope_table": lambda f: size(f["out"]),
    "merge_attention": lambda f: 3 * size(f["out"]),
    "route_experts": lambda f: 5 * size(f["logits"]),
    "argmax": lambda f: size(f["logits"]),
    "sample": lambda f: 5 * size(f["logits"]),
    "mixed_linear": lambda f: 2 * size(f["out"]) * f["x"].shape[1],
    "causal_conv": lambda f: 2 * size(f["out"]) * f["weight"].shape[1],
}


def of(case):
    if case.op in SPECIAL:
        return SPECIAL[case.op](case.fields)
    return OPERATIONS[case.op](case.fields), every(case.fields)
