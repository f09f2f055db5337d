"""Ops as PyTorch has them, in float64: a second opinion on what reference.py says. None where PyTorch lacks an op."""

import numpy as np
import torch
import torch.nn.functional as functional

from . import reference

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def moved(array):
    return torch.from_numpy(np.array(array)).to(DEVICE)


def exact(tensor, otherwise=0.0):
    return otherwise if tensor is None else moved(tensor.exact)


def add(f):
    return {"out": torch.add(exact(f["x"]), exact(f["y"]), alpha=f["scale"])}


def soft_cap(f):
    return {"out": f["cap"] * torch.tanh(exact(f["x"]) / f["cap"])}


ACTIVATIONS = {
    "SILU": functional.silu,
    "GELU_TANH": lambda x: functional.gelu(x, approximate="tanh"),
    "GELU_ERF": functional.gelu,
    "RELU": functional.relu,
    "RELU_SQUARED": lambda x: functional.relu(x) ** 2,
    "NONE": lambda x: x,
}


def gated_activation(f):
    if f["activation"] not in ACTIVATIONS:
        return None
    return {"out": ACTIVATIONS[f["activation"]](exact(f["gate"])) * exact(f["up"], 1.0)}


def rms_norm(f):
    x = exact(f["x"])
    return {"out": functional.rms_norm(x, x.shape[-1:], eps=float(np.float32(f["eps"]))) * norm_weight(f)}


def norm_weight(f):
    return 1.0 if f["weight"] is None else exact(f["weight"]) + f["weight_bias"]


def embed(f):
    rows = functional.embedding(moved(f["ids"].values).long(), moved(f["table"].values.astype(np.float32)))
    return {"out": (rows * f["scale"]).double()}


def linear(f):
    bias = None if f["bias"] is None else exact(f["bias"])
    return {"out": exact(f["residual"]) + f["scale"] * functional.linear(exact(f["x"]), exact(f["weight"]), bias)}


def head_linear(f):
    return {"out": torch.bmm(exact(f["x"]).transpose(0, 1), exact(f["weight"]).mT).transpose(0, 1)}


def grouped_linear(f):
    x, weight, ids = exact(f["x"]), exact(f["weight"]), moved(f["ids"].values).long()
    if x.dim() == 2:
        x = x[:, None].expand(*ids.shape, -1)
    y = torch.einsum("tjk,tjnk->tjn", x, weight[ids])
    if f["bias"] is not None:
        y = y + exact(f["bias"])[ids]
    return {"out": y if f["combine"] is None else exact(f["residual"]) + (exact(f["combine"])[..., None] * y).sum(1)}


def attention(f):
    """Scaled-dot-product attention a sequence; it has neither sinks nor caps nor rows that see no key."""
    if f["sinks"] is not None or f["soft_cap"]:
        return None
    out = torch.zeros(f["out"].shape, dtype=torch.float64, device=DEVICE)
    for first, end, kv_len, pages, _ in f["batch"].sequences():
        if first == end:
            continue
        keys = reference.gathered(f["k_cache"], pages, kv_len)
        values = reference.gathered(f["v_cache"] or f["k_cache"], pages, kv_len)[..., : out.shape[-1]]
        visible = reference.visible_keys(f, first, end, kv_len)
        q = exact(f["q"])[first:end].transpose(0, 1)
        out[first:end] = functional.scaled_dot_product_attention(
            q[None], moved(keys)[None], moved(values)[None], moved(visible), scale=f["sm_scale"], enable_gqa=True
        )[0].transpose(0, 1)
    return {"out": out}


def merge_attention(f):
    a, b = exact(f["lse_a"]), exact(f["lse_b"])
    lse = torch.logaddexp(a, b)
    share = torch.where(torch.isneginf(lse), 0.0, torch.exp(a - lse))[..., None]
    other = torch.where(torch.isneginf(lse), 0.0, torch.exp(b - lse))[..., None]
    return {"out": share * exact(f["a"]) + other * exact(f["b"]), "lse": lse}


def route_experts(f):
    if f["groups"] > 1 or f["scoring"] == "SOFTMAX_OF_TOP_K" or not f["normalise"]:
        return None
    logits = exact(f["logits"])
    scores = logits.softmax(-1) if f["scoring"] == "SOFTMAX" else logits.sigmoid()
    ids = torch.topk(scores + exact(f["selection_bias"]), f["ids"].shape[1]).indices
    weights = functional.normalize(scores.gather(1, ids), p=1, dim=-1)
    return {"ids": ids.int(), "weights": weights * f["scale"]}


def causal_conv(f):
    out = torch.zeros(f["out"].shape, dtype=torch.float64, device=DEVICE)
    weight = exact(f["weight"])[:, None]
    bias = None if f["bias"] is None else exact(f["bias"])
    for first, end, _, _, slot in f["batch"].sequences():
        if first == end:
            continue
        old = exact(f["state"])[slot] * (f["batch"].positions.values[first] != 0)
        inputs = torch.cat([old, exact(f["x"])[first:end].T], dim=1)
        sums = functional.conv1d(inputs[None], weight, bias, groups=len(weight))[0].T
        out[first:end] = ACTIVATIONS[f["activation"]](sums)
    return {"out": out}


def argmax(f):
    logits = exact(f["logits"])
    ids = torch.argmax(logits, dim=-1).int()
    unusable = ~(logits < torch.inf).all(-1) | torch.isneginf(logits).all(-1)
    return {"ids": torch.where(unusable, -1, ids)}


def mixed_linear(f):
    products = functional.linear(exact(f["x"]), moved(reference.mixed_weights(f)))
    x_scale = 1.0 if f["x_scale"] is None else exact(f["x_scale"])[:, None]
    return {"out": exact(f["residual"]) + x_scale * products + exact(f["bias"])}


def copy_pages(f):
    pages = moved(f["cache"].encoded)
    source, target = (moved(f[name].values).long() for name in ("from", "to"))
    return {"cache": pages.index_copy(0, target, pages[source]).float()}


TWINS = {
    twin.__name__: twin
    for twin in (
        add, soft_cap, gated_activation, rms_norm, embed, linear, head_linear, grouped_linear, attention,
        merge_attention, route_experts, causal_conv, copy_pages, argmax, mixed_linear,
    )
}


def wanted(case):
    """Outputs by name as numpy arrays, or None."""
    results = TWINS[case.op](case.fields) if case.op in TWINS else None
    return None if results is None else {name: value.cpu().numpy() for name, value in results.items()}
