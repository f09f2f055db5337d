package dev.levin.cli;

import dev.levin.core.LevinException;
import dev.levin.engine.GenerationStats;
import dev.levin.engine.Llm;
import dev.levin.formats.template.ChatMessage;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Reads lines, answers them and carries out commands until the input ends. In a terminal an error
 * is reported and the chat goes on; piped input ends with it, so that scripts see it.
 */
final class ChatLoop {
  private final CommandIo io;
  private final Llm llm;
  private final Conversation conversation;
  private final boolean quiet;

  ChatLoop(CommandIo io, Llm llm, Conversation conversation, boolean quiet) {
    this.io = io;
    this.llm = llm;
    this.conversation = conversation;
    this.quiet = quiet;
  }

  void run(LineSource lines) throws IOException {
    String line = lines.read();
    while (line != null && obeyOrReport(line.strip())) {
      line = lines.read();
    }
  }

  private boolean obeyOrReport(String line) throws IOException {
    try {
      return obey(line);
    } catch (LevinException | UserException | InvalidPathException | FileSystemException problem) {
      if (!io.interactive()) {
        throw problem;
      }
      new Errors(io).handle(problem);
      return true;
    }
  }

  /** Carries out a line; false when it asks to leave. */
  private boolean obey(String line) throws IOException {
    if (line.isEmpty()) {
      return true;
    }
    if (!line.startsWith("/")) {
      answer(line);
      return true;
    }
    String[] parts = line.split("\\s+", 2);
    String argument = parts.length > 1 ? parts[1] : "";
    Optional<ChatWords> word = ChatWords.find(parts[0]);
    if (word.isEmpty()) {
      throw new UserException("no command " + parts[0] + "; /help lists them");
    }
    if (!word.get().takesArgument() && !argument.isEmpty()) {
      throw new UserException(parts[0] + " takes nothing after it");
    }
    return obey(word.get(), argument);
  }

  private boolean obey(ChatWords word, String argument) throws IOException {
    switch (word) {
      case HELP -> List.of(ChatWords.values()).forEach(known -> io.message(known.help()));
      case SYSTEM -> conversation.setSystem(argument);
      case UNDO -> undo();
      case REGENERATE -> answer(undo());
      case CLEAR -> conversation.clear();
      case SAVE -> save(file(word, argument));
      case LOAD -> load(file(word, argument));
      case STATS -> io.message(Statistics.format(lastStats(), 0));
      case CONTEXT -> showContext();
      case QUIT, EXIT -> {
        return false;
      }
    }
    return true;
  }

  private void answer(String text) throws IOException {
    conversation.say(text, io::write);
    io.write("\n");
    if (!quiet) {
      io.message(Statistics.format(lastStats(), 0));
    }
  }

  private String undo() {
    String text = conversation.undo();
    if (text == null) {
      throw new UserException("nothing has been said yet");
    }
    return text;
  }

  private GenerationStats lastStats() {
    GenerationStats stats = conversation.lastStats();
    if (stats == null) {
      throw new UserException("there is no answer yet");
    }
    return stats;
  }

  private void showContext() {
    GenerationStats stats = conversation.lastStats();
    int used = stats == null ? 0 : stats.promptTokens() + stats.generatedTokens();
    io.message(used + " of " + llm.contextLength() + " tokens used");
  }

  private static Path file(ChatWords word, String argument) {
    if (argument.isEmpty()) {
      throw new UserException(word.word() + " needs a file");
    }
    return Path.of(argument);
  }

  private void save(Path file) throws IOException {
    List<?> messages = conversation.messages().stream().map(ChatMessage::fields).toList();
    Files.writeString(file, Json.pretty(messages) + "\n");
    io.message("saved " + messages.size() + " messages to " + file);
  }

  private void load(Path file) throws IOException {
    List<ChatMessage> messages =
        Json.objects(file, "messages").stream().map(ChatMessage::new).toList();
    conversation.replace(messages);
    io.message("loaded " + messages.size() + " messages from " + file);
  }
}
