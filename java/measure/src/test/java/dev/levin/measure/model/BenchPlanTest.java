package dev.levin.measure.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.levin.core.DType;
import dev.levin.demo.DemoModel;
import dev.levin.measure.BackendChoice;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchPlanTest {
  private static final List<ModelChoice> DEMO =
      List.of(new ModelChoice(DemoModel.NAME, DemoModel::open));
  private static final List<BackendChoice> CPU =
      List.of(new BackendChoice("cpu", "", 1), new BackendChoice("cpu", "", 2));

  private static BenchPlan plan(List<Integer> depths, List<Workload> workloads, int repetitions) {
    return new BenchPlan(
        DEMO,
        CPU,
        List.of(DType.F32, DType.F16),
        List.of(8, 16),
        depths,
        workloads,
        repetitions,
        1);
  }

  @Test
  void isTheProductOfItsLists() {
    BenchPlan plan = plan(List.of(0, 32), List.of(new Workload(16, 0), new Workload(0, 4)), 2);
    List<BenchCase> cases = plan.cases();
    assertEquals(2 * 2 * 2 * 2, cases.size());
    assertEquals(cases.size(), cases.stream().distinct().count());
    assertEquals(2 * cases.size(), plan.size());
    assertEquals(48, plan.longest());
    assertEquals("pp16", cases.get(0).label());
    assertEquals("tg4 @ d32", cases.get(3).label());
  }

  @Test
  void labelsAreThoseOfTheField() {
    assertEquals("pp512+tg128", new Workload(512, 128).label());
    assertEquals("tg128", new Workload(0, 128).label());
  }

  @Test
  void refusesEmptyListsAndNumbersOutOfRange() {
    List<Workload> workloads = List.of(new Workload(1, 0));
    assertThrows(IllegalArgumentException.class, () -> plan(List.of(), workloads, 1));
    assertThrows(IllegalArgumentException.class, () -> plan(List.of(0), List.of(), 1));
    assertThrows(IllegalArgumentException.class, () -> plan(List.of(-1), workloads, 1));
    assertThrows(IllegalArgumentException.class, () -> plan(List.of(0), workloads, 0));
    assertThrows(IllegalArgumentException.class, () -> new Workload(0, 0));
    assertThrows(IllegalArgumentException.class, () -> new Workload(-1, 4));
  }
}
