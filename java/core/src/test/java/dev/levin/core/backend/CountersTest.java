package dev.levin.core.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.Add;
import dev.levin.core.op.SoftCap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CountersTest {
  @Test
  void sumsByOpNameInAlphabeticalOrder() {
    Tensor x = Tensor.allocateHost(DType.F32, 2, 8);
    Counters counters = new Counters();
    counters.add(new SoftCap(x, x, 30));
    counters.add(new Add(x, x, x, 1));
    counters.add(new Add(x, x, x, 1));
    assertEquals(List.of("Add", "SoftCap"), List.copyOf(counters.totals().keySet()));
    assertEquals(new Counters.Total(2, 2 * 2 * 16, 2 * 3 * 64), counters.totals().get("Add"));
    assertTrue(counters.deviceNanos().isEmpty());
    counters.addDeviceNanos(Add.class, 7);
    counters.addDeviceNanos(Add.class, 5);
    assertEquals(Map.of("Add", 12L), counters.deviceNanos());
    assertEquals(2, counters.totals().get("Add").launches());
    counters.reset();
    assertTrue(counters.totals().isEmpty());
    x.buffer().close();
  }
}
