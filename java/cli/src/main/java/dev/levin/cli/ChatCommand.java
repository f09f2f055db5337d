package dev.levin.cli;

import dev.levin.engine.GenerationOptions;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A conversation in the terminal, or over piped lines. */
@Command(
    name = "chat",
    description = "Talks with a model. In the chat, /help lists commands; Ctrl-C stops an answer.",
    mixinStandardHelpOptions = true)
final class ChatCommand implements Callable<Integer> {
  private final CommandIo io;

  @Mixin private ModelOption model;

  @Mixin private RunOptions run;

  @Mixin private GenerationMixin generation;

  @Option(names = "--system", paramLabel = "S", description = "A system message.")
  private String system;

  ChatCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    GenerationOptions options = generation.toOptions(io).build();
    try (LoadedModel loaded = LoadedModel.load(io, model, run, generation.quiet());
        Conversation conversation = new Conversation(loaded.llm().chatSession(List.of(), options));
        LineSource lines =
            io.interactive() ? TerminalLines.open(ChatWords.all()) : LineSource.of(io.in())) {
      if (system != null) {
        conversation.setSystem(system);
      }
      if (io.interactive() && !generation.quiet()) {
        io.message("Talking with " + loaded.llm().name() + ". /help lists commands.");
      }
      new ChatLoop(io, loaded.llm(), conversation, generation.quiet()).run(lines);
    }
    return ExitCode.OK;
  }
}
