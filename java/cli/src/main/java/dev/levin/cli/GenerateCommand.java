package dev.levin.cli;

import dev.levin.engine.Generation;
import dev.levin.engine.GenerationOptions;
import dev.levin.engine.Llm;
import dev.levin.formats.template.ChatMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** One prompt, one text. */
@Command(
    name = "generate",
    description = "Continues a prompt, or answers it with --chat.",
    mixinStandardHelpOptions = true)
final class GenerateCommand implements Callable<Integer> {
  private final CommandIo io;

  @Spec private CommandSpec spec;

  @Mixin private ModelOption model;

  @Mixin private RunOptions run;

  @Mixin private GenerationMixin generation;

  @Option(names = "--chat", description = "Wrap the prompt in the model's chat template.")
  private boolean chat;

  @Option(names = "--system", paramLabel = "S", description = "A system message, with --chat.")
  private String system;

  @Parameters(
      paramLabel = "PROMPT|-",
      description = "The prompt; - reads standard input, less one line end at its end.")
  private String prompt;

  GenerateCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    if (system != null && !chat) {
      throw new ParameterException(spec.commandLine(), "--system needs --chat");
    }
    GenerationOptions options = generation.toOptions(io).parseSpecial(true).build();
    String text = readPrompt();
    try (LoadedModel loaded = LoadedModel.load(io, model, run, generation.quiet());
        Generation pieces = start(loaded.llm(), text, options)) {
      stream(pieces);
      if (!generation.quiet()) {
        io.message(Statistics.format(pieces.stats(), loaded.loadNanos()));
      }
    }
    return ExitCode.OK;
  }

  private String readPrompt() throws IOException {
    String text = io.textOrInput(prompt);
    return prompt.equals("-") ? text.replaceFirst("\\r?\\n\\z", "") : text;
  }

  private Generation start(Llm llm, String text, GenerationOptions options) {
    if (!chat) {
      return llm.generate(text, options);
    }
    List<ChatMessage> messages = new ArrayList<>();
    if (system != null) {
      messages.add(ChatMessage.system(system));
    }
    messages.add(ChatMessage.user(text));
    return llm.chat(messages, options);
  }

  private void stream(Generation pieces) throws IOException {
    boolean lineEnded = false;
    for (String piece : pieces) {
      io.write(piece);
      lineEnded = piece.endsWith("\n");
    }
    if (io.outTerminal() && !lineEnded) {
      io.write("\n");
    }
  }
}
