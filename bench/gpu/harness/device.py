"""A device with one stream: memory, copies, launches of ops, and times by events."""

import ctypes as c

import numpy as np

from . import abi


class Device:
    def __init__(self, library, index=0):
        self.library = library
        count = c.c_int32()
        library.call("device_count", c.byref(count))
        if count.value <= index:
            raise SystemExit(f"{library.path} finds {count.value} devices; number {index} was asked for")
        self.info = abi.DeviceInfo()
        library.call("get_device_info", index, c.byref(self.info))
        self.context, self.stream = abi.Handle(), abi.Handle()
        library.call("context_create", index, c.byref(self.context))
        library.call("stream_create", self.context, c.byref(self.stream))

    @property
    def name(self):
        return self.info.name.decode(errors="replace")

    @property
    def architecture(self):
        return f"sm_{self.info.compute_major}{self.info.compute_minor}"

    def allocate(self, size):
        address = c.c_uint64()
        self.library.call("allocate", self.stream, size, c.byref(address))
        return address.value

    def free(self, address):
        self.library.call("free", self.stream, address)

    def upload(self, address, array):
        """The array may go as soon as this returns."""
        array = np.ascontiguousarray(array)
        self.library.call("copy_to_device", self.stream, address, array.ctypes.data, array.nbytes)
        self.synchronize()

    def download(self, address, size):
        array = np.empty(size, np.uint8)
        self.library.call("copy_to_host", self.stream, array.ctypes.data, address, size)
        self.synchronize()
        return array

    def fill(self, address, byte, size):
        self.library.call("fill", self.stream, address, byte, size)

    def synchronize(self):
        self.library.call("stream_synchronize", self.stream)

    def launch(self, op, args):
        self.library.call(op, self.stream, c.byref(args))

    def workspace_bytes(self, op, args):
        size = c.c_int64()
        self.library.call(op + "_workspace", c.byref(args), c.byref(size))
        return size.value

    def event(self):
        event = abi.Handle()
        self.library.call("event_create", self.context, 1, c.byref(event))
        return event

    def record(self, event):
        self.library.call("event_record", event, self.stream)

    def micros(self, start, end):
        millis = c.c_float()
        self.library.call("event_synchronize", end)
        self.library.call("event_elapsed", start, end, c.byref(millis))
        return millis.value * 1000

    def close(self):
        self.library.destroy("stream", self.stream)
        self.library.destroy("context", self.context)
