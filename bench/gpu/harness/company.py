"""Results do not depend on company: a row has the same bits alone, in a batch, in a chunk, under other page sizes."""

from dataclasses import replace

import numpy as np

from . import build_cases as b
from . import tensors
from .abi import BLOCKS
from .case import Case, Launch
from .formats import CACHES, FORMATS
from .grid import seed_of


def output(device, case, name="out"):
    launch = Launch(device, case)
    try:
        launch.run()
        return launch.results([name])[0][name].encoded
    finally:
        launch.free()


def rows_of(case, names, rows):
    """The case with only some rows of the fields that have one for each token."""
    fields = dict(case.fields)
    for name in names:
        if fields[name] is not None:
            fields[name] = replace(fields[name], encoded=fields[name].encoded[rows])
    return Case(case.op, case.label, fields)


def products(device, case, activations=("x",)):
    names = [*activations, "residual", "out"]
    together = output(device, case)
    for rows in (slice(0, 1), slice(7, 8), slice(3, 11), slice(18, 19)):
        if not np.array_equal(output(device, rows_of(case, names, rows)), together[rows]):
            yield f"rows {rows.start} to {rows.stop - 1} alone have other bits than among {len(together)}"


def alone(case, sequence, row):
    """The case with one query row of one sequence."""
    f, ragged = case.fields, case.fields["batch"]
    first, end, kv_len, pages, slot = list(ragged.sequences())[sequence]
    kv_len -= end - first - 1 - row
    batch = replace(
        ragged,
        positions=b.ints([kv_len - 1]),
        cu_seqlens_q=b.ints([0, 1]),
        kv_lens=b.ints([kv_len]),
        page_table=b.ints([list(pages)]),
        state_slots=b.ints([slot]),
        max_query_len=1,
        max_kv_len=kv_len,
    )
    q = replace(f["q"], encoded=f["q"].encoded[first + row : first + row + 1])
    out = replace(f["out"], encoded=f["out"].encoded[:1])
    return Case(case.op, case.label, {**f, "q": q, "out": out, "lse": None, "batch": batch})


def repaged(case, page_size):
    """The case with its keys and values in pages of another size."""
    f, ragged = case.fields, case.fields["batch"]
    lengths = list(map(int, ragged.kv_lens.values))
    counts = [-(-kv // page_size) for kv in lengths]
    starts = np.cumsum([0] + counts)
    table = [list(range(start, start + count)) + [0] * (max(counts) - count) for start, count in zip(starts, counts)]

    def repack(cache):
        packed = tensors.poisoned(cache.dtype, int(starts[-1]), cache.shape[1], page_size, cache.shape[3])
        for start, (_, _, kv_len, pages, _) in zip(starts, ragged.sequences()):
            for key in range(kv_len):
                row = cache.encoded[pages[key // ragged.page_size], :, key % ragged.page_size]
                packed.encoded[start + key // page_size, :, key % page_size] = row
        return packed

    batch = replace(ragged, page_table=b.ints(table), page_size=page_size)
    caches = {name: repack(f[name]) for name in ("k_cache", "v_cache")}
    return Case(case.op, case.label, {**f, **caches, "batch": batch})


def attentions(device, case):
    together = output(device, case)
    for sequence, (first, end, *_) in enumerate(case.fields["batch"].sequences()):
        for row in {0, (end - first) // 2, end - first - 1} if end > first else {}:
            if not np.array_equal(output(device, alone(case, sequence, row))[0], together[first + row]):
                yield f"query {row} of sequence {sequence} alone has other bits than in the batch"
    for page_size in (1, 64):
        if not np.array_equal(output(device, repaged(case, page_size)), together):
            yield f"pages of {page_size} keys give other bits"


def checks(seed):
    """(label, function of the device that yields problems)."""
    for number, dtype in enumerate(("F32", "F16", "BF16", "F8_E4M3", "Q8_0", "Q4_0", "Q4_K", "Q6_K", "IQ4_XS", "MXFP4")):
        k = 3 * max(64, FORMATS[dtype].block_values)
        case = b.linear(seed_of(seed, 90_000 + number), dtype, 19, 65, k, residual=True)
        yield f"company {case.label}", lambda device, case=case: products(device, case)
    for number, dtype in enumerate(("F16", "BF16")):
        for k in (456, 100):
            case = b.linear(seed_of(seed, 94_000 + 1000 * number + k), dtype, 19, 65, k, residual=True, x=dtype, to=dtype)
            yield f"company {case.label}", lambda device, case=case: products(device, case)
    for number, (codes, x, options) in enumerate(
        [
            ("E4M3", "F8_E4M3", {"rows": 128}),
            ("E4M3", "F8_E5M2", {"rows": 128}),
            ("E4M3", "BF16", {"rows": 128}),
            ("I8", "I8", {"values": 1 << 20}),
        ]
    ):
        case = b.mixed_linear(seed_of(seed, 92_000 + number), codes, 19, 65, 1168, x=x, residual=True, **options)
        yield f"company {case.label}", lambda device, case=case: products(device, case)
    for number, format in enumerate(BLOCKS):
        case = b.block_scaled_linear(seed_of(seed, 93_000 + number), format, 19, 65, 416, residual=True)
        yield f"company {case.label}", lambda device, case=case: products(device, case, ["x", "x_scales"])
    for number, dtype in enumerate(CACHES):
        case = b.attention(seed_of(seed, 91_000 + number), dtype, [1, 19, 5], [131, 600, 5], 4, 2, 64)
        yield f"company {case.label}", lambda device, case=case: attentions(device, case)
