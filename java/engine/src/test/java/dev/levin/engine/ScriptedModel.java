package dev.levin.engine;

import dev.levin.core.Buffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Counters;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.core.backend.Stream;
import dev.levin.core.backend.Support;
import dev.levin.core.model.Metadata;
import dev.levin.core.model.Naming;
import dev.levin.core.model.WeightSource;
import dev.levin.core.op.Op;
import dev.levin.engine.kvcache.KvLayout;
import dev.levin.formats.ModelSource;
import dev.levin.formats.tokenizer.Tokenizer;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** An {@link Llm} whose answers are scripted: a text for every text, over a byte tokenizer. */
final class ScriptedModel {
  static final int PAGE_SIZE = 4;

  /** The template of the demo model, ChatML. */
  private static final String TEMPLATE =
      "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content']"
          + " + '<|im_end|>' + '\\n' }}{% endfor %}"
          + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

  final ScriptedPass pass;
  final Engine engine;
  final Llm llm;
  final Source source = new Source();
  final Device device = new Device();
  private final KvLayout layout;

  /**
   * @param reply what is to follow a text, an end token after it; both as {@link #bytes}, special
   *     tokens spelled out
   */
  ScriptedModel(int context, int numPages, LlmOptions options, UnaryOperator<String> reply) {
    layout = new KvLayout(PAGE_SIZE, numPages, 0);
    pass = new ScriptedPass(layout, prefix -> continuing(prefix, reply));
    engine =
        new Engine(
            pass,
            new EngineLimits(
                ByteTokenizer.VOCAB_SIZE,
                2,
                context,
                options.maxTokensPerStep(),
                options.maxSequences(),
                layout));
    llm = new Llm(source, device, null, engine, options);
  }

  /** Answers {@code prompt} with {@code reply}, then ends. */
  static ScriptedModel replying(String prompt, String reply) {
    return replying(prompt, reply, LlmOptions.defaults());
  }

  static ScriptedModel replying(String prompt, String reply, LlmOptions options) {
    String before = bytes(prompt);
    String after = bytes(reply);
    UnaryOperator<String> script =
        text -> after.substring(text.length() - text.indexOf(before) - before.length());
    return new ScriptedModel(256, 256, options, script);
  }

  /** The UTF-8 bytes of a text as characters, which is what scripts see. */
  static String bytes(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /** True when no page is held. */
  boolean isEmpty() {
    return engine.freePages() == layout.numPages();
  }

  private static float[] continuing(int[] prefix, UnaryOperator<String> reply) {
    StringBuilder text = new StringBuilder();
    for (int id : prefix) {
      text.append(new ByteTokenizer().piece(id));
    }
    String rest = reply.apply(text.toString());
    float[] logits = new float[ByteTokenizer.VOCAB_SIZE];
    logits[rest.isEmpty() ? ByteTokenizer.TURN_END : ByteTokenizer.firstId(rest)] = 10;
    return logits;
  }

  static final class Source implements ModelSource {
    String template = TEMPLATE;
    boolean closed;

    @Override
    public String origin() {
      return "scripted";
    }

    @Override
    public String name() {
      return "scripted";
    }

    @Override
    public Naming naming() {
      return Naming.GGUF;
    }

    @Override
    public Metadata metadata() {
      return new Metadata("scripted", Map.of());
    }

    @Override
    public WeightSource weights() {
      throw new UnsupportedOperationException("scripted models have no weights");
    }

    @Override
    public Tokenizer tokenizer() {
      return new ByteTokenizer();
    }

    @Override
    public boolean hasTokenizer() {
      return true;
    }

    @Override
    public Optional<String> chatTemplate() {
      return Optional.ofNullable(template);
    }

    @Override
    public Set<Integer> endTokens() {
      return Set.of();
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  static final class Device implements Backend {
    boolean closed;

    @Override
    public String name() {
      return "scripted";
    }

    @Override
    public DeviceInfo device() {
      return new DeviceInfo(0, "scripted", 0, Map.of());
    }

    @Override
    public Buffer allocate(long byteSize) {
      throw new UnsupportedOperationException("scripted");
    }

    @Override
    public Tensor importWeight(Tensor host) {
      return host;
    }

    @Override
    public Stream stream() {
      return () -> {};
    }

    @Override
    public Support supports(Op op) {
      return Support.no("scripted");
    }

    @Override
    public void launch(Op op, Stream stream) {
      throw new UnsupportedOperationException("scripted");
    }

    @Override
    public void upload(MemorySegment source, Tensor target, Stream stream) {}

    @Override
    public void download(Tensor source, MemorySegment target, Stream stream) {}

    @Override
    public Counters counters() {
      return new Counters();
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
