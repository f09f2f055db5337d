package dev.levin.cli;

import dev.levin.formats.ModelSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is in a model file. */
@Command(
    name = "inspect",
    description = "Shows metadata, tensors, sizes and the configuration as Levin understands it.",
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
  private static final int MAX_VALUE_WIDTH = 100;

  private final CommandIo io;

  @Mixin private ModelOption model;

  @Option(
      names = "--json",
      description = "Print JSON; long lists are given by their length and first values.")
  private boolean json;

  InspectCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    try (ModelSource source = model.open()) {
      ModelSummary summary = new ModelSummary(source);
      List<ModelSummary.TensorRow> tensors = summary.tensors();
      io.write(json ? asJson(source, summary, tensors) : asText(source, summary, tensors));
    }
    return ExitCode.OK;
  }

  private static String asJson(
      ModelSource source, ModelSummary summary, List<ModelSummary.TensorRow> tensors) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("origin", source.origin());
    fields.put("name", source.name());
    fields.put("naming", source.naming().name());
    fields.put("parameters", ModelSummary.parameters(tensors));
    fields.put("bytes", ModelSummary.bytes(tensors));
    fields.put("bytes_by_type", ModelSummary.bytesByType(tensors));
    fields.put("config", summary.config());
    fields.put("tokenizer", summary.tokenizer());
    fields.put("chat_template", source.chatTemplate().orElse(null));
    fields.put("metadata", PlainData.shorten(source.metadata().values()));
    fields.put("tensors", tensors.stream().map(PlainData::of).toList());
    return Json.pretty(fields) + "\n";
  }

  private static String asText(
      ModelSource source, ModelSummary summary, List<ModelSummary.TensorRow> tensors) {
    StringBuilder text = new StringBuilder();
    section(text, "Model", overview(source, summary, tensors));
    section(text, "Configuration", summary.config());
    @SuppressWarnings("unchecked")
    Map<String, Object> metadata =
        (Map<String, Object>) PlainData.shorten(source.metadata().values());
    section(text, "Metadata", metadata);
    text.append("\nTensors\n");
    int width = tensors.stream().mapToInt(tensor -> tensor.name().length()).max().orElse(0);
    for (ModelSummary.TensorRow tensor : tensors) {
      text.append(
          String.format(
              "  %-" + Math.max(1, width) + "s  %-8s %-20s %s%n",
              tensor.name(),
              tensor.dtype(),
              Arrays.toString(tensor.shape()),
              Units.bytes(tensor.bytes())));
    }
    return text.toString();
  }

  private static Map<String, Object> overview(
      ModelSource source, ModelSummary summary, List<ModelSummary.TensorRow> tensors) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", source.name());
    fields.put("file", source.origin());
    fields.put("parameters", Units.count(ModelSummary.parameters(tensors)));
    fields.put("weights", Units.bytes(ModelSummary.bytes(tensors)) + " in " + byType(tensors));
    Map<String, Object> tokenizer = summary.tokenizer();
    fields.put("tokenizer", tokenizer.isEmpty() ? "none" : tokenizer);
    fields.put("chat template", source.chatTemplate().isPresent() ? "yes" : "none");
    return fields;
  }

  private static String byType(List<ModelSummary.TensorRow> tensors) {
    List<String> parts = new ArrayList<>();
    ModelSummary.bytesByType(tensors)
        .forEach((dtype, bytes) -> parts.add(dtype + " " + Units.bytes(bytes)));
    return tensors.size() + " tensors: " + String.join(", ", parts);
  }

  private static void section(StringBuilder text, String title, Map<String, Object> fields) {
    text.append(text.isEmpty() ? "" : "\n").append(title).append('\n');
    int width = fields.keySet().stream().mapToInt(String::length).max().orElse(1);
    fields.forEach(
        (key, value) -> {
          Object shown = key.equals(ModelSummary.PROBLEM) ? value : brief(value);
          text.append(String.format("  %-" + width + "s  %s%n", key, shown));
        });
  }

  private static String brief(Object value) {
    boolean plain = value instanceof String string && string.codePoints().noneMatch(c -> c < ' ');
    String line = plain ? value.toString() : Json.line(value);
    return line.length() <= MAX_VALUE_WIDTH
        ? line
        : line.substring(0, MAX_VALUE_WIDTH) + " ... (" + line.length() + " characters)";
  }
}
