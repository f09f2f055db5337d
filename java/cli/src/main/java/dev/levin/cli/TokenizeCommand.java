package dev.levin.cli;

import dev.levin.formats.ModelSource;
import dev.levin.formats.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Text to token ids, and back. */
@Command(
    name = "tokenize",
    description = "Turns text into token ids, or ids into text.",
    mixinStandardHelpOptions = true)
final class TokenizeCommand implements Callable<Integer> {
  private static final String DETOKENIZE = "--detokenize";

  private final CommandIo io;

  @Mixin private ModelOption model;

  @Option(
      names = "--no-special",
      description =
          "Add no special tokens around the text and read none in it; with "
              + DETOKENIZE
              + ", leave them out.")
  private boolean noSpecial;

  @ArgGroup(exclusive = true)
  private Format format = new Format();

  /** What is printed of the tokens. */
  private static final class Format {
    @Option(names = "--ids", description = "Print ids separated by spaces; the default.")
    private boolean ids;

    @Option(
        names = "--pieces",
        description = "Print each token as the vocabulary spells it, a JSON string a line.")
    private boolean pieces;
  }

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Source source;

  /** What is converted. */
  private static final class Source {
    @Option(
        names = DETOKENIZE,
        arity = "1..*",
        paramLabel = "IDS",
        description = "Turn ids, separated by spaces or commas, into text; - reads them.")
    private List<String> ids;

    @Parameters(
        paramLabel = "TEXT|-",
        description = "The text; - reads standard input, byte for byte.")
    private String text;
  }

  TokenizeCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    try (ModelSource files = model.open()) {
      Tokenizer tokenizer = files.tokenizer();
      if (source.ids == null) {
        print(tokenizer, encode(tokenizer));
      } else {
        io.write(decode(tokenizer));
        endLineOnTerminal();
      }
    }
    return ExitCode.OK;
  }

  private int[] encode(Tokenizer tokenizer) throws IOException {
    return tokenizer.encode(io.textOrInput(source.text), !noSpecial, !noSpecial);
  }

  private void print(Tokenizer tokenizer, int[] ids) throws IOException {
    if (!format.pieces) {
      io.writeLine(TokenIds.format(ids));
      return;
    }
    StringBuilder lines = new StringBuilder();
    for (int id : ids) {
      lines.append(Json.line(tokenizer.piece(id))).append('\n');
    }
    io.write(lines.toString());
  }

  private String decode(Tokenizer tokenizer) throws IOException {
    String list = source.ids.equals(List.of("-")) ? io.readAll() : String.join(" ", source.ids);
    int[] ids = TokenIds.parse(DETOKENIZE, list);
    for (int id : ids) {
      if (id >= tokenizer.vocabSize()) {
        throw new UserException(
            DETOKENIZE + ": id " + id + " is outside the vocabulary of " + tokenizer.vocabSize());
      }
    }
    return tokenizer.decode(ids, noSpecial);
  }

  private void endLineOnTerminal() throws IOException {
    if (io.outTerminal()) {
      io.writeLine("");
    }
  }
}
