package dev.levin.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.Attention;
import dev.levin.core.op.Op;
import dev.levin.testkit.reference.Rows;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A last bit that depends on what else is in the batch is far below any tolerance. */
class CompanyChecksTest {
  @Test
  void aBitThatDependsOnCompanyIsCaught() {
    for (Map.Entry<String, CompanyChecks.Check> check :
        CompanyChecks.all(Op.ACTIVATION_TYPES).entrySet()) {
      try (BrokenBackend backend = BrokenBackend.damaging(CompanyChecksTest::nudge)) {
        Optional<String> problem = check.getValue().run(backend);
        assertTrue(problem.isPresent(), check.getKey());
      }
    }
  }

  /** Moves one element of the first row to the next of its type, depending on company. */
  private static void nudge(Op op) {
    if (op instanceof Attention attention) {
      boolean scattered = Rows.ints(attention.batch().pageTable(), 0)[0] != 0;
      boolean together = attention.batch().numSeqs() > 1;
      if (together ? scattered : attention.q().dim(0) > 20) {
        nudge(attention.out());
      }
      return;
    }
    Tensor out = OpTensors.outputs(op).get("out");
    if (out.dim(0) > 2) {
      nudge(out);
    }
  }

  private static void nudge(Tensor out) {
    long[] index = new long[out.rank() - 1];
    float[] row = Rows.floats(out, index);
    row[3] =
        out.dtype() == DType.F32
            ? Math.nextUp(row[3])
            : row[3] + Math.max(Math.abs(row[3]), 0x1p-10f) * 0x1p-7f;
    Rows.writeFloats(out, row, index);
  }
}
