package dev.levin.cli;

import dev.levin.engine.ChatSession;
import dev.levin.engine.Generation;
import dev.levin.engine.GenerationStats;
import dev.levin.formats.template.ChatMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A chat session, what can be changed about what was said, and figures of its last answer. */
final class Conversation implements AutoCloseable {
  /** Takes the text of an answer as it comes. */
  @FunctionalInterface
  interface Output {
    void write(String piece) throws IOException;
  }

  private static final String ROLE = "role";
  private static final String CONTENT = "content";
  private static final String SYSTEM = "system";
  private static final String USER = "user";

  private final ChatSession session;
  private GenerationStats lastStats;

  Conversation(ChatSession session) {
    this.session = session;
  }

  List<ChatMessage> messages() {
    return session.history();
  }

  /** Figures of the last answer; null before it, and once what was said has changed. */
  GenerationStats lastStats() {
    return lastStats;
  }

  /** Replaces everything said. */
  void replace(List<ChatMessage> messages) {
    session.setHistory(messages);
    lastStats = null;
  }

  /** Sets, replaces or, with an empty text, removes the system message. */
  void setSystem(String text) {
    List<ChatMessage> messages = new ArrayList<>(messages());
    messages.removeIf(message -> hasRole(message, SYSTEM));
    if (!text.isEmpty()) {
      messages.addFirst(ChatMessage.system(text));
    }
    replace(messages);
  }

  /** Forgets everything but the system message. */
  void clear() {
    replace(messages().stream().filter(message -> hasRole(message, SYSTEM)).toList());
  }

  /** Takes back the last thing the user said and what came after it; null when there is none. */
  String undo() {
    List<ChatMessage> messages = messages();
    for (int i = messages.size() - 1; i >= 0; i--) {
      if (hasRole(messages.get(i), USER)) {
        replace(messages.subList(0, i));
        return String.valueOf(messages.get(i).fields().get(CONTENT));
      }
    }
    return null;
  }

  private static boolean hasRole(ChatMessage message, String role) {
    return role.equals(message.fields().get(ROLE));
  }

  /** Says something and writes the answer as it comes. Ctrl-C ends the answer alone. */
  @SuppressWarnings("try")
  void say(String text, Output output) throws IOException {
    try (Generation generation = session.send(text);
        Interrupts interrupts = Interrupts.handle(generation::cancel)) {
      for (String piece : generation) {
        output.write(piece);
      }
      lastStats = generation.stats();
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
