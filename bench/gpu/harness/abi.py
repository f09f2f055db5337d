"""levin.h in ctypes. Written by hand; layout.py proves every size, offset and constant against the header."""

import ctypes as c

ABI_VERSION = 3

STATUS = ["OK", "INVALID_ARGUMENT", "UNSUPPORTED", "OUT_OF_MEMORY", "DEVICE_LOST", "NO_DRIVER", "INTERNAL"]
ACTIVATIONS = ["SILU", "GELU_TANH", "GELU_ERF", "RELU", "RELU_SQUARED", "SWIGLU_CLAMPED", "NONE"]
ROPE_STYLES = ["HALF", "INTERLEAVED"]
SCORINGS = ["SOFTMAX", "SOFTMAX_OF_TOP_K", "SIGMOID"]
BLOCKS = ["MXFP8", "MXFP4", "NVFP4"]
CODES = ["E4M3", "E5M2", "I8", "U4", "E2M1", "E3M2", "E2M3"]

Handle = c.c_void_p


class DeviceInfo(c.Structure):
    _fields_ = [
        ("name", c.c_char * 256),
        ("total_bytes", c.c_int64),
        ("l2_bytes", c.c_int64),
        ("shared_bytes_per_block", c.c_int64),
        ("index", c.c_int32),
        ("compute_major", c.c_int32),
        ("compute_minor", c.c_int32),
        ("multiprocessors", c.c_int32),
        ("driver_version", c.c_int32),
        ("runtime_version", c.c_int32),
    ]


class Tensor(c.Structure):
    _fields_ = [
        ("data", c.c_uint64),
        ("dtype", c.c_int32),
        ("rank", c.c_int32),
        ("shape", c.c_int64 * 4),
        ("stride_bytes", c.c_int64 * 4),
    ]


class Workspace(c.Structure):
    _fields_ = [("data", c.c_uint64), ("bytes", c.c_int64)]


def tensors(names):
    return [(name, Tensor) for name in names.split()]


class Batch(c.Structure):
    _fields_ = tensors("positions cu_seqlens_q kv_lens page_table state_slots") + [
        ("page_size", c.c_int64),
        ("max_query_len", c.c_int64),
        ("max_kv_len", c.c_int64),
    ]


def args(name, fields):
    """The struct levin_<name>_args."""
    return type(name + "_args", (c.Structure,), {"_fields_": fields})


FLOAT, INT = c.c_float, c.c_int32

# Of every op: its struct's fields, in the header's order.
OPS = {
    "add": tensors("x y out") + [("scale", FLOAT)],
    "soft_cap": tensors("x out") + [("cap", FLOAT)],
    "gated_activation": tensors("gate up out") + [("activation", INT)],
    "rms_norm": tensors("x weight out") + [("eps", FLOAT), ("weight_bias", FLOAT)],
    "embed": tensors("table ids out") + [("scale", FLOAT)],
    "convert": tensors("x out"),
    "linear": tensors("x weight bias residual out") + [("scale", FLOAT)],
    "head_linear": tensors("x weight out"),
    "grouped_linear": tensors("x weight bias ids combine residual out") + [("workspace", Workspace)],
    "rope_table": tensors("positions inv_freq out") + [("scale", FLOAT)],
    "rope_append": tensors("q k v cos_sin slot_mapping k_cache v_cache")
    + [("style", INT), ("rotary_offset", INT)],
    "attention": tensors("q k_cache v_cache out lse sinks tree_mask")
    + [
        ("batch", Batch),
        ("workspace", Workspace),
        ("sm_scale", FLOAT),
        ("soft_cap", FLOAT),
        ("window", INT),
        ("causal", INT),
    ],
    "merge_attention": tensors("a lse_a b lse_b out lse"),
    "copy_pages": tensors("cache from to"),
    "route_experts": tensors("logits selection_bias ids weights")
    + [("scoring", INT), ("normalise", INT), ("groups", INT), ("top_groups", INT), ("scale", FLOAT)],
    "causal_conv": tensors("x weight bias state out") + [("batch", Batch), ("activation", INT)],
    "ssm_scan": tensors("x dt a b c skip dt_bias state out")
    + [("batch", Batch), ("dt_min", FLOAT), ("dt_max", FLOAT)],
    "argmax": tensors("logits ids"),
    "sample": tensors("logits temperature top_k top_p min_p point ids"),
    "mixed_linear": tensors("x x_scale weight scales zeros bias residual out")
    + [("rows_per_scale", c.c_int64), ("values_per_scale", c.c_int64), ("codes", INT)],
    "block_scaled_linear": tensors("x x_scales weight weight_scales bias residual out")
    + [("scale", FLOAT), ("format", INT)],
    "quantize_blocks": tensors("x codes scales") + [("scale", FLOAT), ("format", INT)],
}

ARGS = {name: args(name, fields) for name, fields in OPS.items()}

WITH_WORKSPACE = ["grouped_linear", "attention"]

STRUCTS = {
    "levin_device_info": DeviceInfo,
    "levin_tensor": Tensor,
    "levin_workspace": Workspace,
    "levin_batch": Batch,
    **{f"levin_{name}_args": struct for name, struct in ARGS.items()},
}

# Everything but the ops returns a status unless said, and takes these.
FUNCTIONS = {
    "device_count": [c.POINTER(c.c_int32)],
    "get_device_info": [c.c_int32, c.POINTER(DeviceInfo)],
    "context_create": [c.c_int32, c.POINTER(Handle)],
    "memory_info": [Handle, c.POINTER(c.c_int64), c.POINTER(c.c_int64)],
    "allocate": [Handle, c.c_int64, c.POINTER(c.c_uint64)],
    "free": [Handle, c.c_uint64],
    "copy_to_device": [Handle, c.c_uint64, c.c_void_p, c.c_int64],
    "copy_to_host": [Handle, c.c_void_p, c.c_uint64, c.c_int64],
    "copy_on_device": [Handle, c.c_uint64, c.c_uint64, c.c_int64],
    "fill": [Handle, c.c_uint64, c.c_int32, c.c_int64],
    "stream_create": [Handle, c.POINTER(Handle)],
    "stream_synchronize": [Handle],
    "event_create": [Handle, c.c_int32, c.POINTER(Handle)],
    "event_record": [Handle, Handle],
    "event_synchronize": [Handle],
    "event_elapsed": [Handle, Handle, c.POINTER(c.c_float)],
    "capture_begin": [Handle],
    "capture_end": [Handle, c.POINTER(Handle)],
    "graph_launch": [Handle, Handle],
}
DESTROYERS = ["context_destroy", "stream_destroy", "event_destroy", "graph_destroy"]


class LevinError(Exception):
    """A call of the library that did not return OK."""

    def __init__(self, function, status, text):
        self.status = STATUS[status] if 0 <= status < len(STATUS) else str(status)
        super().__init__(f"{self.status}: {text or function}")


class Library:
    """The loaded library. Methods raise LevinError where a call fails."""

    def __init__(self, path):
        self.path = str(path)
        self.dll = c.CDLL(self.path)
        self.dll.levin_last_error.restype = c.c_char_p
        for name, types in FUNCTIONS.items():
            self._declare(name, types)
        for name, struct in ARGS.items():
            self._declare(name, [Handle, c.POINTER(struct)])
        for name in WITH_WORKSPACE:
            self._declare(name + "_workspace", [c.POINTER(ARGS[name]), c.POINTER(c.c_int64)])
        for name in DESTROYERS:
            function = getattr(self.dll, "levin_" + name)
            function.argtypes, function.restype = [Handle], None
        found = self.dll.levin_abi_version()
        if found != ABI_VERSION:
            raise SystemExit(f"{self.path} has ABI {found}, this program ABI {ABI_VERSION}: build it again")

    def _declare(self, name, types):
        function = getattr(self.dll, "levin_" + name)
        function.argtypes, function.restype = types, c.c_int32

    def call(self, name, *arguments):
        status = getattr(self.dll, "levin_" + name)(*arguments)
        if status != 0:
            raise LevinError(name, status, (self.dll.levin_last_error() or b"").decode(errors="replace"))

    def destroy(self, kind, handle):
        getattr(self.dll, f"levin_{kind}_destroy")(handle)

    @property
    def emulated(self):
        return self.dll.levin_is_emulated() == 1
