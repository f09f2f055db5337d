package dev.levin.cli;

import dev.levin.formats.ModelSource;
import dev.levin.formats.template.ChatMessage;
import dev.levin.formats.template.ChatTemplate;
import dev.levin.formats.template.RenderOptions;
import dev.levin.formats.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows the text that a chat template makes of messages. */
@Command(
    name = "render",
    description = "Prints the prompt that a chat template makes of messages.",
    mixinStandardHelpOptions = true)
final class RenderCommand implements Callable<Integer> {
  private final CommandIo io;

  @Spec private CommandSpec spec;

  @Mixin private ModelOption model;

  @Option(
      names = "--template",
      paramLabel = "F.jinja",
      description = "A template instead of the model's own.")
  private Path template;

  @Option(
      names = "--bos",
      paramLabel = "S",
      description = "Text of the begin token, with --template.")
  private String bos;

  @Option(
      names = "--eos",
      paramLabel = "S",
      description = "Text of the end token, with --template.")
  private String eos;

  @Option(
      names = "--messages",
      required = true,
      paramLabel = "F.json",
      description = "Messages as in OpenAI's API: a list, or an object with 'messages'.")
  private Path messages;

  @Option(
      names = "--tools",
      paramLabel = "F.json",
      description = "Tools as in OpenAI's API: a list, or an object with 'tools'.")
  private Path tools;

  @Option(
      names = "--no-generation-prompt",
      description = "Leave out the header of the assistant's turn.")
  private boolean noGenerationPrompt;

  @Option(
      names = "--date",
      paramLabel = "YYYY-MM-DD",
      description = "The day that templates which print a date are to see.")
  private LocalDate date;

  RenderCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    if (template == null && (bos != null || eos != null)) {
      throw new ParameterException(spec.commandLine(), "--bos and --eos need --template");
    }
    List<ChatMessage> turns =
        Json.objects(messages, "messages").stream().map(ChatMessage::new).toList();
    io.write(template == null ? renderWithModel(turns) : renderWithFile(turns));
    if (io.outTerminal()) {
      io.writeLine("");
    }
    return ExitCode.OK;
  }

  private String renderWithFile(List<ChatMessage> turns) throws IOException {
    ChatTemplate parsed = ChatTemplate.parse(template.toString(), InputFiles.text(template));
    return parsed.render(turns, options(bos, eos));
  }

  private String renderWithModel(List<ChatMessage> turns) throws IOException {
    try (ModelSource files = model.open()) {
      String source =
          files
              .chatTemplate()
              .orElseThrow(() -> new UserException(files.origin() + ": has no chat template"));
      Tokenizer tokenizer = files.tokenizer();
      return ChatTemplate.parse(files.origin(), source)
          .render(
              turns,
              options(
                  spelling(tokenizer, tokenizer.bosId()), spelling(tokenizer, tokenizer.eosId())));
    }
  }

  private static String spelling(Tokenizer tokenizer, OptionalInt id) {
    return id.isPresent() ? tokenizer.piece(id.getAsInt()) : null;
  }

  private RenderOptions options(String bosToken, String eosToken) throws IOException {
    List<Map<String, Object>> described = tools == null ? List.of() : Json.objects(tools, "tools");
    RenderOptions options =
        RenderOptions.defaults(bosToken, eosToken)
            .withTools(described)
            .withGenerationPrompt(!noGenerationPrompt);
    if (date == null) {
      return options;
    }
    ZoneId zone = ZoneId.systemDefault();
    return options.withClock(Clock.fixed(date.atStartOfDay(zone).toInstant(), zone));
  }
}
