package dev.levin.measure.kernel;

import dev.levin.core.DType;
import dev.levin.core.op.Activation;
import dev.levin.core.op.Add;
import dev.levin.core.op.Convert;
import dev.levin.core.op.CopyPages;
import dev.levin.core.op.Embed;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.RmsNorm;
import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.Sample;
import dev.levin.core.op.Scoring;
import dev.levin.core.op.SoftCap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/** Every op at the shapes a model gives it, for a number of tokens. */
final class KernelCases {
  /** A matrix larger than this says nothing that a smaller one does not. */
  private static final long MAX_WEIGHT_BYTES = 640L << 20;

  /** Most sequences in a step; each has one token chosen, however many it runs. */
  private static final int MAX_SEQUENCES = 64;

  private static final float EPSILON = 1e-5f;

  private final List<KernelCase> cases = new ArrayList<>();
  private final ModelSizes model;

  private KernelCases(ModelSizes model) {
    this.model = model;
  }

  /**
   * The cases of a model.
   *
   * @param tokens T of each step, one list entry a step
   * @param contexts keys in the cache, the step's own included
   */
  static List<KernelCase> of(ModelSizes model, List<Integer> tokens, List<Integer> contexts) {
    KernelCases all = new KernelCases(model);
    for (int step : new TreeSet<>(tokens)) {
      all.addMatrices(step);
      all.addRows(step);
      if (model.mixture() != null) {
        all.addMixture(step, model.mixture());
      }
      if (model.latent() != null) {
        all.addLatent(step, model.latent());
      }
      SequenceCases.add(all.cases, model, step, contexts);
    }
    return all.cases;
  }

  private void addMatrices(int t) {
    TreeSet<Integer> rows = new TreeSet<>();
    if (model.kvHeads() > 0) {
      rows.add(model.kvHeads() * model.headDim());
      rows.add(model.heads() * model.headDim());
    }
    if (model.intermediate() > 0) {
      rows.add(model.intermediate());
    }
    for (DType dtype : DType.values()) {
      if (CaseMemory.supports(dtype)) {
        rows.forEach(n -> addLinear(dtype, t, n, model.hidden()));
        if (model.intermediate() > 0) {
          addLinear(dtype, t, model.hidden(), model.intermediate());
        }
        if (t == 1) {
          addLinear(dtype, t, model.vocabulary(), model.hidden());
        }
        addTable(dtype, t);
      }
    }
  }

  private void addLinear(DType dtype, int t, int n, int k) {
    if (k % dtype.blockValues() != 0 || dtype.rowBytes(k) * n > MAX_WEIGHT_BYTES) {
      return;
    }
    add(
        "Linear",
        dtype,
        "T=%d N=%d K=%d".formatted(t, n, k),
        memory ->
            new Linear(
                memory.floats(t, k),
                memory.weight(dtype, n, k),
                null,
                null,
                memory.empty(DType.F32, t, n),
                1));
  }

  /** Looking rows up and decoding them. */
  private void addTable(DType dtype, int t) {
    int c = model.hidden();
    if (c % dtype.blockValues() != 0) {
      return;
    }
    int[] ids = new int[t];
    for (int i = 0; i < t; i++) {
      ids[i] = (int) ((i * 2_654_435_761L) % model.vocabulary());
    }
    if (dtype.rowBytes(c) * model.vocabulary() <= MAX_WEIGHT_BYTES) {
      add(
          "Embed",
          dtype,
          "T=%d V=%d C=%d".formatted(t, model.vocabulary(), c),
          memory ->
              new Embed(
                  memory.weight(dtype, model.vocabulary(), c),
                  memory.ints(ids, t),
                  memory.empty(DType.F32, t, c),
                  1));
    }
    add(
        "Convert",
        dtype,
        "R=%d K=%d".formatted(t, c),
        memory -> new Convert(memory.cache(dtype, t, c), memory.empty(DType.F32, t, c)));
  }

  private void addRows(int t) {
    int c = model.hidden();
    String width = "T=%d C=%d".formatted(t, c);
    add(
        "Add",
        DType.F32,
        width,
        memory ->
            new Add(memory.floats(t, c), memory.floats(t, c), memory.empty(DType.F32, t, c), 1));
    add(
        "RmsNorm",
        DType.F32,
        width,
        memory ->
            new RmsNorm(
                memory.floats(t, c), memory.floats(c), memory.empty(DType.F32, t, c), EPSILON, 0));
    if (t == 1) {
      int v = model.vocabulary();
      add(
          "SoftCap",
          DType.F32,
          "T=1 C=" + v,
          memory -> new SoftCap(memory.floats(1, v), memory.empty(DType.F32, 1, v), 30));
    }
    addSampling(t);
    if (model.intermediate() > 0) {
      int f = model.intermediate();
      add(
          "GatedActivation",
          DType.F32,
          "T=%d F=%d".formatted(t, f),
          memory ->
              new GatedActivation(
                  memory.floats(t, f),
                  memory.floats(t, f),
                  memory.empty(DType.F32, t, f),
                  Activation.SILU));
    }
  }

  /** Greedy rows, and draws of one in all tokens of the vocabulary: the dearest kind. */
  private void addSampling(int t) {
    int v = model.vocabulary();
    if (t > MAX_SEQUENCES) {
      return;
    }
    for (float temperature : new float[] {0, 1}) {
      float[] temperatures = new float[t];
      float[] masses = new float[t];
      Arrays.fill(temperatures, temperature);
      Arrays.fill(masses, 0.95f);
      add(
          "Sample",
          DType.F32,
          "R=%d V=%d %s".formatted(t, v, temperature > 0 ? "p=0.95" : "greedy"),
          memory ->
              new Sample(
                  memory.floats(t, v),
                  memory.values(temperatures),
                  memory.ints(new int[t], t),
                  memory.values(masses),
                  memory.empty(DType.F32, t),
                  memory.empty(DType.F32, t),
                  memory.empty(DType.I32, t)));
    }
  }

  private void addMixture(int t, ModelSizes.Mixture mixture) {
    int e = mixture.experts();
    int k = mixture.chosen();
    add(
        "RouteExperts",
        DType.F32,
        "T=%d E=%d k=%d".formatted(t, e, k),
        memory ->
            new RouteExperts(
                memory.floats(t, e),
                null,
                memory.empty(DType.I32, t, k),
                memory.empty(DType.F32, t, k),
                Scoring.SOFTMAX,
                true,
                1,
                1,
                1));
    int[] ids = new int[t * k];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (i / k * 37 + i % k * (e / k)) % e;
    }
    int n = mixture.intermediate();
    int c = model.hidden();
    for (DType dtype : DType.values()) {
      if (CaseMemory.supports(dtype)
          && c % dtype.blockValues() == 0
          && dtype.rowBytes(c) * n * e <= MAX_WEIGHT_BYTES) {
        add(
            "GroupedLinear",
            dtype,
            "T=%d k=%d E=%d N=%d K=%d".formatted(t, k, e, n, c),
            memory ->
                new GroupedLinear(
                    memory.floats(t, c),
                    memory.weight(dtype, e, n, c),
                    null,
                    memory.ints(ids, t, k),
                    null,
                    null,
                    memory.empty(DType.F32, t, k, n)));
      }
    }
  }

  private void addLatent(int t, ModelSizes.Latent latent) {
    int h = model.heads();
    int k = latent.nopeDim();
    int n = latent.rank();
    for (DType dtype : DType.values()) {
      if (CaseMemory.supports(dtype) && k % dtype.blockValues() == 0) {
        add(
            "HeadLinear",
            dtype,
            "T=%d H=%d N=%d K=%d".formatted(t, h, n, k),
            memory ->
                new HeadLinear(
                    memory.floats(t, h, k),
                    memory.weight(dtype, h, n, k),
                    memory.empty(DType.F32, t, h, n)));
      }
    }
    add(
        "CopyPages",
        DType.F16,
        "n=4 page=16x" + n,
        memory ->
            new CopyPages(
                memory.cache(DType.F16, 8, 1, 16, n),
                memory.ints(new int[] {0, 1, 2, 3}, 4),
                memory.ints(new int[] {4, 5, 6, 7}, 4)));
  }

  private void add(String op, DType dtype, String shape, KernelCase.Builder builder) {
    cases.add(new KernelCase(op, dtype, model.name(), shape, builder));
  }
}
