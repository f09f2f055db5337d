package dev.levin.cli;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a line that begins with a slash can ask for. */
enum ChatWords {
  HELP("", "list these commands"),
  SYSTEM("TEXT", "set the system message; without a text, remove it"),
  UNDO("", "take back the last message and its answer"),
  REGENERATE("", "answer the last message again"),
  CLEAR("", "forget the conversation, the system message excepted"),
  SAVE("FILE", "write the messages as JSON"),
  LOAD("FILE", "go on with messages from a JSON file"),
  STATS("", "show figures of the last answer"),
  CONTEXT("", "show how much of the context is used"),
  QUIT("", "leave; so do /exit and Ctrl-D"),
  EXIT("", "leave");

  private final String argument;
  private final String meaning;

  ChatWords(String argument, String meaning) {
    this.argument = argument;
    this.meaning = meaning;
  }

  /** As typed, for example {@code /help}. */
  String word() {
    return "/" + name().toLowerCase(Locale.ROOT);
  }

  boolean takesArgument() {
    return !argument.isEmpty();
  }

  String help() {
    return String.format("%-14s %s", word() + " " + argument, meaning);
  }

  static Optional<ChatWords> find(String word) {
    return Stream.of(values()).filter(known -> known.word().equals(word)).findFirst();
  }

  static List<String> all() {
    return Stream.of(values()).map(ChatWords::word).toList();
  }
}
