"""The same work by PyTorch: cuBLAS or cuBLASLt, whichever is faster, and scaled-dot-product attention.

Needs PyTorch with a GPU. Weights that PyTorch has no matrix product for stand beside bfloat16 ones.
"""

import statistics

import torch
import torch.nn.functional as functional

from .timing import LEAST_FLUSHED, WARM_UPS, repeats

NATIVE = {"F32": torch.float32, "F16": torch.float16}


class Peers:
    def __init__(self, index, seconds):
        self.device, self.seconds = torch.device("cuda", index), seconds
        torch.backends.cuda.matmul.allow_tf32 = False
        flushed = max(2 * torch.cuda.get_device_properties(index).L2_cache_size, LEAST_FLUSHED)
        self.junk = torch.empty(flushed, dtype=torch.uint8, device=self.device)

    def _batch(self, run, count):
        events = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(count)]
        for start, end in events:
            self.junk.fill_(0x5A)
            start.record()
            run()
            end.record()
        torch.cuda.synchronize()
        return [1000 * start.elapsed_time(end) for start, end in events]

    def micros(self, run):
        first = statistics.median(self._batch(run, WARM_UPS))
        return statistics.median(self._batch(run, repeats(first, self.seconds)))

    def random(self, *shape, dtype=torch.bfloat16):
        return torch.randn(shape, device=self.device).to(dtype)

    def matrix_rate(self, size=8192):
        """Operations a second of a bfloat16 matrix product of random numbers."""
        a, b = self.random(size, size), self.random(size, size)
        return 2 * size**3 / self.fastest_product(lambda: a @ b.T) * 1e6

    def fastest_product(self, run):
        preferred, times = torch.backends.cuda.preferred_blas_library(), []
        for library in ("cublas", "cublaslt"):
            torch.backends.cuda.preferred_blas_library(library)
            times.append(self.micros(run))
        torch.backends.cuda.preferred_blas_library(preferred)
        return min(times)

    def of(self, case):
        """(name, microseconds), or None for ops without a peer and shapes that it does not take."""
        peer = getattr(self, case.op, None)
        try:
            return peer(case.fields) if peer else None
        except RuntimeError as error:
            print(f"no peer of {case.label}: {str(error).splitlines()[0]}", flush=True)
            return None

    def linear(self, f):
        dtype = NATIVE.get(f["weight"].dtype, torch.bfloat16)
        x, weight = self.random(*f["x"].shape, dtype=dtype), self.random(*f["weight"].shape, dtype=dtype)
        return f"cuBLAS {name_of(dtype)}", self.fastest_product(lambda: functional.linear(x, weight))

    def mixed_linear(self, f):
        """cuBLASLt's product of the same 8-bit type where PyTorch offers it, else of bfloat16."""
        (tokens, k), n = f["x"].shape, f["out"].shape[1]
        if f["x"].dtype == "F8_E4M3" and f["codes"] == "E4M3":
            x, weight = (self.random(rows, k, dtype=torch.float8_e4m3fn) for rows in (tokens, n))
            one = torch.ones((), device=self.device)
            return "cuBLASLt f8", self.micros(
                lambda: torch._scaled_mm(x, weight.T, scale_a=one, scale_b=one, out_dtype=torch.bfloat16)
            )
        x, weight = self.random(tokens, k), self.random(n, k)
        return "cuBLAS bf16", self.fastest_product(lambda: functional.linear(x, weight))

    def argmax(self, f):
        logits = self.random(*f["logits"].shape, dtype=torch.float32)
        return "torch f32", self.micros(lambda: logits.argmax(dim=-1))

    def head_linear(self, f):
        tokens, heads, k = f["x"].shape
        x, weight = self.random(heads, tokens, k), self.random(*f["weight"].shape)
        return "cuBLAS bf16", self.fastest_product(lambda: torch.bmm(x, weight.mT))

    def attention(self, f):
        """Only for sequences of one shape, with keys and values contiguous in bfloat16."""
        shapes = {(int(end - first), kv_len) for first, end, kv_len, _, _ in f["batch"].sequences()}
        if len(shapes) != 1 or f["sinks"] is not None or f["soft_cap"] or f["window"]:
            return None
        queries, keys = shapes.pop()
        if queries not in (1, keys):
            return None
        batch, kv_heads = f["batch"].kv_lens.shape[0], f["k_cache"].shape[1]
        q = self.random(batch, f["q"].shape[1], queries, f["q"].shape[2])
        k = self.random(batch, kv_heads, keys, f["q"].shape[2])
        v = self.random(batch, kv_heads, keys, f["out"].shape[2])
        causal = queries == keys

        def run():
            functional.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=True)

        return "SDPA bf16", self.micros(run)

    def rms_norm(self, f):
        x = self.random(*f["x"].shape, dtype=torch.float32)
        weight = self.random(x.shape[-1], dtype=torch.float32)
        return "torch f32", self.micros(lambda: functional.rms_norm(x, x.shape[-1:], weight))

    def add(self, f):
        x, y = (self.random(*f["x"].shape, dtype=torch.float32) for _ in range(2))
        return "torch f32", self.micros(lambda: torch.add(x, y))


def name_of(dtype):
    return {torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16"}[dtype]
