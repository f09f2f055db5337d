package dev.levin.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.op.Activation;
import dev.levin.core.op.Add;
import dev.levin.core.op.Attention;
import dev.levin.core.op.CausalConv;
import dev.levin.core.op.CopyPages;
import dev.levin.core.op.Embed;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.Op;
import dev.levin.core.op.RmsNorm;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeStyle;
import dev.levin.core.op.RopeTable;
import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.Sample;
import dev.levin.core.op.Scoring;
import dev.levin.core.op.SoftCap;
import dev.levin.core.op.SsmScan;
import dev.levin.testkit.grid.Fixture;
import dev.levin.testkit.grid.OpCase;
import dev.levin.testkit.grid.OpGrid;
import dev.levin.testkit.reference.Rows;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every fault that a backend may plausibly have must fail some case of the grid. */
class BrokenBackendTest {
  private static final Map<String, UnaryOperator<Op>> MISREADINGS = misreadings();

  private static Map<String, UnaryOperator<Op>> misreadings() {
    Map<String, UnaryOperator<Op>> faults = new LinkedHashMap<>();
    faults.put(
        "Add ignores the scale",
        op -> op instanceof Add o ? new Add(o.x(), o.y(), o.out(), 1) : op);
    faults.put(
        "Embed ignores the scale",
        op -> op instanceof Embed o ? new Embed(o.table(), o.ids(), o.out(), 1) : op);
    faults.put(
        "SoftCap is off by one percent",
        op -> op instanceof SoftCap o ? new SoftCap(o.x(), o.out(), o.cap() * 1.01f) : op);
    faults.put(
        "RmsNorm forgets eps",
        op ->
            op instanceof RmsNorm o
                ? new RmsNorm(o.x(), o.weight(), o.out(), 0, o.weightBias())
                : op);
    faults.put(
        "RmsNorm forgets the weight bias",
        op -> op instanceof RmsNorm o ? new RmsNorm(o.x(), o.weight(), o.out(), o.eps(), 0) : op);
    faults.put(
        "GatedActivation takes one GELU for the other",
        op ->
            op instanceof GatedActivation o && o.activation() == Activation.GELU_ERF
                ? new GatedActivation(o.gate(), o.up(), o.out(), Activation.GELU_TANH)
                : op);
    faults.put(
        "Linear forgets the bias",
        op ->
            op instanceof Linear o
                ? new Linear(o.x(), o.weight(), null, o.residual(), o.out(), o.scale())
                : op);
    faults.put(
        "Linear forgets the residual",
        op ->
            op instanceof Linear o
                ? new Linear(o.x(), o.weight(), o.bias(), null, o.out(), o.scale())
                : op);
    faults.put(
        "Linear forgets the last block of K", op -> op instanceof Linear o ? shortened(o) : op);
    faults.put(
        "GroupedLinear forgets the bias",
        op ->
            op instanceof GroupedLinear o
                ? new GroupedLinear(
                    o.x(), o.weight(), null, o.ids(), o.combine(), o.residual(), o.out())
                : op);
    faults.put(
        "RopeTable ignores the scale",
        op ->
            op instanceof RopeTable o ? new RopeTable(o.positions(), o.invFreq(), o.out(), 1) : op);
    faults.put(
        "RopeAppend takes one style for the other",
        op -> op instanceof RopeAppend o ? restyled(o, RopeStyle.HALF, o.rotaryOffset()) : op);
    faults.put(
        "RopeAppend ignores the offset",
        op -> op instanceof RopeAppend o ? restyled(o, o.style(), 0) : op);
    faults.put(
        "CopyPages copies one page less",
        op ->
            op instanceof CopyPages o && o.from().dim(0) > 0
                ? new CopyPages(
                    o.cache(),
                    o.from().slice(0, 1, o.from().dim(0)),
                    o.to().slice(0, 1, o.to().dim(0)))
                : op);
    faults.put(
        "RouteExperts ignores groups",
        op -> op instanceof RouteExperts o ? routed(o, o.selectionBias(), 1, o.scoring()) : op);
    faults.put(
        "RouteExperts ignores the bias",
        op -> op instanceof RouteExperts o ? routed(o, null, o.groups(), o.scoring()) : op);
    faults.put(
        "RouteExperts normalises always",
        op ->
            op instanceof RouteExperts o && o.scoring() == Scoring.SOFTMAX
                ? routed(o, o.selectionBias(), o.groups(), Scoring.SOFTMAX_OF_TOP_K)
                : op);
    faults.put(
        "Sample ignores top-k",
        op -> op instanceof Sample o ? sampled(o, o.ids(), o.topP(), o.minP(), o.point()) : op);
    faults.put(
        "Sample takes min-p for top-p",
        op -> op instanceof Sample o ? sampled(o, o.topK(), o.minP(), o.minP(), o.point()) : op);
    faults.put(
        "Sample takes top-p for min-p",
        op -> op instanceof Sample o ? sampled(o, o.topK(), o.topP(), o.topP(), o.point()) : op);
    faults.put(
        "Sample draws the same point always",
        op -> op instanceof Sample o ? sampled(o, o.topK(), o.topP(), o.minP(), o.minP()) : op);
    faults.put(
        "CausalConv forgets the activation",
        op ->
            op instanceof CausalConv o
                ? new CausalConv(o.x(), o.weight(), o.bias(), o.state(), o.out(), null, o.batch())
                : op);
    faults.put(
        "SsmScan forgets the skip",
        op -> op instanceof SsmScan o ? scanned(o, null, o.dtMin(), o.dtMax()) : op);
    faults.put(
        "SsmScan does not clamp",
        op -> op instanceof SsmScan o ? scanned(o, o.skip(), 0, Float.POSITIVE_INFINITY) : op);
    addAttentionFaults(faults);
    return faults;
  }

  private static void addAttentionFaults(Map<String, UnaryOperator<Op>> faults) {
    faults.put("Attention is off by one in the window", op -> attended(op, 1, true, true, true, 1));
    faults.put("Attention forgets the soft-cap", op -> attended(op, 0, false, true, true, 1));
    faults.put("Attention forgets the sinks", op -> attended(op, 0, true, false, true, 1));
    faults.put("Attention forgets the tree", op -> attended(op, 0, true, true, false, 1));
    faults.put(
        "Attention scales by a thousandth too much",
        op -> attended(op, 0, true, true, true, 1.001f));
    faults.put(
        "Attention is causal always",
        op ->
            op instanceof Attention o
                ? new Attention(
                    o.q(),
                    o.kCache(),
                    o.vCache(),
                    o.out(),
                    o.lse(),
                    o.batch(),
                    o.smScale(),
                    true,
                    o.window(),
                    o.softCap(),
                    o.sinks(),
                    o.treeMask())
                : op);
    faults.put(
        "Attention forgets the lse",
        op ->
            op instanceof Attention o
                ? new Attention(
                    o.q(),
                    o.kCache(),
                    o.vCache(),
                    o.out(),
                    null,
                    o.batch(),
                    o.smScale(),
                    o.causal(),
                    o.window(),
                    o.softCap(),
                    o.sinks(),
                    o.treeMask())
                : op);
  }

  private static Op attended(
      Op op, int windowError, boolean softCap, boolean sinks, boolean tree, float scale) {
    if (!(op instanceof Attention o)) {
      return op;
    }
    return new Attention(
        o.q(),
        o.kCache(),
        o.vCache(),
        o.out(),
        o.lse(),
        o.batch(),
        o.smScale() * scale,
        o.causal(),
        o.window() == 0 ? 0 : o.window() + windowError,
        softCap ? o.softCap() : 0,
        sinks ? o.sinks() : null,
        tree ? o.treeMask() : null);
  }

  private static Op shortened(Linear o) {
    long k = o.x().dim(1) - o.weight().dtype().blockValues();
    return k == 0
        ? o
        : new Linear(
            o.x().slice(1, 0, k),
            o.weight().slice(1, 0, k),
            o.bias(),
            o.residual(),
            o.out(),
            o.scale());
  }

  private static Op restyled(RopeAppend o, RopeStyle style, int offset) {
    return new RopeAppend(
        o.q(), o.k(), o.v(), o.cosSin(), style, offset, o.slotMapping(), o.kCache(), o.vCache());
  }

  private static Op routed(RouteExperts o, Tensor bias, int groups, Scoring scoring) {
    return new RouteExperts(
        o.logits(),
        bias,
        o.ids(),
        o.weights(),
        scoring,
        o.normalise(),
        groups,
        Math.min(groups, o.topGroups()),
        o.scale());
  }

  private static Op sampled(Sample o, Tensor topK, Tensor topP, Tensor minP, Tensor point) {
    return new Sample(o.logits(), o.temperature(), topK, topP, minP, point, o.ids());
  }

  private static Op scanned(SsmScan o, Tensor skip, float dtMin, float dtMax) {
    return new SsmScan(
        o.x(),
        o.dt(),
        o.a(),
        o.b(),
        o.c(),
        skip,
        o.dtBias(),
        o.state(),
        o.out(),
        dtMin,
        dtMax,
        o.batch());
  }

  @TestFactory
  List<DynamicNode> misreadOpsAreCaught() {
    List<DynamicNode> tests = new ArrayList<>();
    MISREADINGS.forEach(
        (fault, misreading) ->
            tests.add(dynamicTest(fault, () -> assertCaught(fault, misreading))));
    return tests;
  }

  private static void assertCaught(String fault, UnaryOperator<Op> misreading) {
    String op = fault.substring(0, fault.indexOf(' '));
    try (BrokenBackend backend = BrokenBackend.misreading(misreading)) {
      for (OpCase row : OpGrid.cases()) {
        if (row.op().equals(op) && Conformance.check(backend, row).isPresent()) {
          return;
        }
      }
    }
    fail("no case notices: " + fault);
  }

  @Test
  void everyOpHasCases() {
    List<String> ops =
        Arrays.stream(Op.class.getPermittedSubclasses())
            .map(Class::getSimpleName)
            .sorted()
            .toList();
    List<String> covered =
        OpGrid.cases().stream().map(OpCase::op).distinct().sorted().collect(Collectors.toList());
    assertEquals(ops, covered);
  }

  @Test
  void everyOutputOfEveryOpIsJudged() {
    for (OpCase row : firstCases()) {
      try (BrokenBackend backend = BrokenBackend.damaging(BrokenBackendTest::spoilLast)) {
        assertTrue(Conformance.check(backend, row).isPresent(), row.toString());
      }
    }
  }

  @Test
  void strayWritesAreCaught() {
    for (OpCase row : firstCases()) {
      for (int side : new int[] {-1, 1}) {
        try (BrokenBackend backend = BrokenBackend.damaging(op -> writeBeside(op, side))) {
          Optional<String> problem = Conformance.check(backend, row);
          assertTrue(problem.orElse("").contains("stray write"), row + " " + problem);
        }
      }
    }
  }

  @Test
  void changedInputsAreCaught() {
    try (BrokenBackend backend =
        BrokenBackend.damaging(
            op -> {
              Tensor x = ((Linear) op).x();
              HostBuffer.segmentOf(x).set(ValueLayout.JAVA_BYTE, x.offset(), (byte) 77);
            })) {
      Optional<String> problem = Conformance.check(backend, linearCase());
      assertTrue(problem.orElse("").contains("holds x F32"), problem.toString());
    }
  }

  @Test
  void aFailureNamesEverythingNeeded() {
    try (BrokenBackend backend = BrokenBackend.damaging(BrokenBackendTest::spoilLast)) {
      String problem = Conformance.check(backend, linearCase()).orElseThrow();
      for (String part :
          List.of("Linear", "broken", "seed ", "worst at (", "got ", "want ", "bad 1/")) {
        assertTrue(problem.contains(part), problem);
      }
    }
  }

  private static OpCase linearCase() {
    return firstCases().stream().filter(row -> row.op().equals("Linear")).findFirst().orElseThrow();
  }

  /** For each op the first case that has output elements. */
  private static List<OpCase> firstCases() {
    Map<String, OpCase> first = new LinkedHashMap<>();
    for (OpCase row : OpGrid.cases()) {
      if (!first.containsKey(row.op()) && hasElements(row)) {
        first.put(row.op(), row);
      }
    }
    return List.copyOf(first.values());
  }

  private static boolean hasElements(OpCase row) {
    try (Fixture fixture = new Fixture()) {
      Op op = row.build(fixture);
      return OpTensors.outputs(op).values().stream().allMatch(o -> o.shape().elements() > 1);
    }
  }

  /** Changes the last row of the first output that holds numbers: not by much, but by too much. */
  private static void spoilLast(Op op) {
    Tensor out = OpTensors.outputs(op).values().iterator().next();
    long[] index = new long[out.rank() - 1];
    for (int i = 0; i < index.length; i++) {
      index[i] = out.dim(i) - 1;
    }
    if (out.dtype() == DType.I32) {
      int[] row = Rows.ints(out, index);
      row[row.length - 1]++;
      Rows.writeInts(out, row, index);
    } else {
      float[] row = Rows.floats(out, index);
      row[row.length - 1] = -1.01f * row[row.length - 1] - 0.5f;
      Rows.writeFloats(out, row, index);
    }
  }

  private static void writeBeside(Op op, int side) {
    Tensor out = OpTensors.outputs(op).values().iterator().next();
    long[] last = new long[out.rank() - 1];
    for (int i = 0; i < last.length; i++) {
      last[i] = out.dim(i) - 1;
    }
    long at = side < 0 ? out.offset() - 1 : Rows.offset(out, last) + out.rowBytes();
    HostBuffer.segmentOf(out).set(ValueLayout.JAVA_BYTE, at, (byte) 1);
  }
}
