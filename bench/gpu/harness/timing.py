"""Times by events with the second-level cache flushed before each launch."""

import statistics

WARM_UPS = 3
LEAST_FLUSHED = 256 << 20  # long enough a write for the host to queue the launch behind it


class Clock:
    """Times launches on one device. seconds: about how long the timed launches of one case may take together."""

    def __init__(self, device, seconds):
        self.device, self.seconds = device, seconds
        self.flushed = max(2 * device.info.l2_bytes, LEAST_FLUSHED)
        self.junk = device.allocate(self.flushed)
        self.events = [(device.event(), device.event()) for _ in range(50)]

    def _batch(self, launch, count):
        for start, end in self.events[:count]:
            self.device.fill(self.junk, 0x5A, self.flushed)
            self.device.record(start)
            launch()
            self.device.record(end)
        self.device.synchronize()
        return [self.device.micros(start, end) for start, end in self.events[:count]]

    def micros(self, launch):
        """One number a launch, in microseconds."""
        first = statistics.median(self._batch(launch, WARM_UPS))
        return self._batch(launch, repeats(first, self.seconds))

    def close(self):
        self.device.free(self.junk)
        for pair in self.events:
            for event in pair:
                self.device.library.destroy("event", event)


def repeats(micros, seconds):
    return max(5, min(50, int(seconds * 1e6 / max(micros, 1))))


COPIED = 2 << 30


def copy_bandwidth(device, clock):
    """Bytes a second of a copy on the device, those read and those written counted."""
    size = min(COPIED, device.info.total_bytes // 8)
    source, target = device.allocate(size), device.allocate(size)
    device.fill(source, 0x3C, size)
    micros = clock.micros(lambda: device.library.call("copy_on_device", device.stream, target, source, size))
    device.free(source)
    device.free(target)
    return 2 * size / statistics.median(micros) * 1e6
