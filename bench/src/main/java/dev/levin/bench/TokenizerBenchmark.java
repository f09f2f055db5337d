package dev.levin.bench;

import dev.levin.demo.DemoModel;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.formats.tokenizer.Tokenizer;
import java.nio.file.Path;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** Text to token ids and back. */
public class TokenizerBenchmark extends MicroBenchmark {
  private static final String ENGLISH =
      "Once upon a time there was a fox who lived by a river, and every morning she counted the"
          + " boats: 1, 2, 13, 144! \"Good day,\" said the miller's son. ";
  private static final String MIXED =
      "Straße, naïve café, Привет мир, 你好世界，今天天气很好。 👩‍👩‍👧‍👦 for (int i = 0; i < n; i++) { sum += a[i]; }\n\n\t";

  /** {@code demo}, or a GGUF file or Hugging Face folder of one's own. */
  @Param("demo")
  public String model;

  /** {@code english} or {@code mixed}: scripts, emoji and code. */
  @Param({"english", "mixed"})
  public String text;

  @Param({"100", "10000"})
  public int characters;

  private ModelSource source;
  private Tokenizer tokenizer;
  private String input;
  private int[] ids;

  /** Opens the model's tokenizer. */
  @Setup(Level.Trial)
  public void prepare() {
    source = model.equals("demo") ? DemoModel.open() : ModelFiles.open(Path.of(model));
    tokenizer = source.tokenizer();
    String sample = text.equals("english") ? ENGLISH : MIXED;
    int end = characters % sample.length();
    if (end > 0 && Character.isHighSurrogate(sample.charAt(end - 1))) {
      end--;
    }
    input = sample.repeat(characters / sample.length()) + sample.substring(0, end);
    ids = tokenizer.encode(input, false, false);
  }

  @Benchmark
  public int[] encode() {
    return tokenizer.encode(input, false, false);
  }

  @Benchmark
  public String decode() {
    return tokenizer.decode(ids, false);
  }

  /** Closes the model. */
  @TearDown(Level.Trial)
  public void close() {
    source.close();
  }

  /** What is encoded, for tests. */
  String input() {
    return input;
  }
}
