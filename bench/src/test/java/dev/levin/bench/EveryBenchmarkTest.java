package dev.levin.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.annotations.Param;

/** Runs every combination of parameters once and checks what comes out. */
class EveryBenchmarkTest {
  private static final double ROUNDING = 0.02;

  static Stream<RmsNormBenchmark> norms() {
    return combinations(RmsNormBenchmark::new);
  }

  @ParameterizedTest
  @MethodSource("norms")
  void normGivesRowsOfLengthOne(RmsNormBenchmark benchmark) {
    benchmark.prepare();
    try {
      float[] values = values(benchmark.norm());
      double sum = 0;
      for (float value : values) {
        sum += (double) value * value;
      }
      assertEquals(1, sum / values.length, 1e-4);
    } finally {
      benchmark.close();
    }
  }

  static Stream<AttentionBenchmark> attentions() {
    return combinations(AttentionBenchmark::new);
  }

  @ParameterizedTest
  @MethodSource("attentions")
  void attentionWeighsValuesByOneInAll(AttentionBenchmark benchmark) {
    benchmark.prepare();
    try {
      for (float value : values(benchmark.attend())) {
        assertEquals(1, value, ROUNDING);
      }
    } finally {
      benchmark.close();
    }
  }

  static Stream<TokenizerBenchmark> tokenizers() {
    return combinations(TokenizerBenchmark::new);
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void tokenizerGivesTheTextBack(TokenizerBenchmark benchmark) {
    benchmark.prepare();
    try {
      assertEquals(benchmark.characters, benchmark.input().length(), 1);
      assertTrue(benchmark.encode().length > 0);
      assertEquals(benchmark.input(), benchmark.decode());
    } finally {
      benchmark.close();
    }
  }

  static Stream<SamplerBenchmark> samplers() {
    return combinations(SamplerBenchmark::new);
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void samplerChoosesTokensOfTheVocabulary(SamplerBenchmark benchmark) {
    benchmark.prepare();
    int token = benchmark.sample();
    assertTrue(token >= 0 && token < benchmark.vocabulary, "token " + token);
  }

  static Stream<SchedulerBenchmark> schedulers() {
    return combinations(SchedulerBenchmark::new);
  }

  @ParameterizedTest
  @MethodSource("schedulers")
  void schedulerRunsEverySequenceInEveryStep(SchedulerBenchmark benchmark) {
    benchmark.prepare();
    for (int i = 0; i < 2000; i++) {
      assertEquals(benchmark.sequences, benchmark.step(), "step " + i);
    }
  }

  @Test
  void combinationsAreTheProductOfAllParameters() {
    List<String> shapes = new ArrayList<>();
    attentions().forEach(benchmark -> shapes.add(benchmark.kvDtype + " " + benchmark.shape));
    assertEquals(9, shapes.size());
    assertArrayEquals(shapes.stream().distinct().toArray(), shapes.toArray());
  }

  /** A benchmark for every choice of its {@code @Param} fields. */
  private static <T> Stream<T> combinations(Supplier<T> maker) {
    List<Field> fields = new ArrayList<>();
    for (Field field : maker.get().getClass().getFields()) {
      if (field.isAnnotationPresent(Param.class)) {
        fields.add(field);
      }
    }
    List<List<String>> choices = List.of(List.of());
    for (Field field : fields) {
      List<List<String>> longer = new ArrayList<>();
      for (List<String> choice : choices) {
        for (String value : field.getAnnotation(Param.class).value()) {
          longer.add(Stream.concat(choice.stream(), Stream.of(value)).toList());
        }
      }
      choices = longer;
    }
    return choices.stream().map(choice -> filled(maker.get(), fields, choice));
  }

  private static <T> T filled(T benchmark, List<Field> fields, List<String> choice) {
    try {
      for (int i = 0; i < fields.size(); i++) {
        Field field = fields.get(i);
        String value = choice.get(i);
        field.set(benchmark, field.getType() == int.class ? Integer.valueOf(value) : value);
      }
      return benchmark;
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private static float[] values(Tensor tensor) {
    return HostBuffer.segmentOf(tensor).toArray(ValueLayout.JAVA_FLOAT);
  }
}
