package dev.levin.formats.tokenizer;

import dev.levin.core.model.Metadata;
import dev.levin.formats.tokenizer.Detokenizer.Coding;
import dev.levin.formats.tokenizer.PipelineTokenizer.Encoding;
import dev.levin.formats.tokenizer.PipelineTokenizer.Roles;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;

/** Builds a tokenizer from GGUF metadata. */
final class GgufTokenizer {
  static final String SPACE_MARK = "\u2581";

  private static final String MODEL = GgufVocabulary.PREFIX + "model";
  private static final String PRE = GgufVocabulary.PREFIX + "pre";
  private static final String MERGES = GgufVocabulary.PREFIX + "merges";
  private static final String ADD_SPACE_PREFIX = GgufVocabulary.PREFIX + "add_space_prefix";

  private static final Detokenizer.Step MARK_TO_SPACE =
      (piece, first) -> piece.replace(SPACE_MARK, " ");

  private final Metadata metadata;
  private final Vocabulary vocabulary;

  private GgufTokenizer(Metadata metadata) {
    this.metadata = metadata;
    this.vocabulary = GgufVocabulary.read(metadata);
  }

  static Tokenizer load(Metadata metadata) {
    String model = metadata.requireString(MODEL);
    return switch (model) {
      case "gpt2" -> new GgufTokenizer(metadata).bytePairEncoding();
      case "llama" -> new GgufTokenizer(metadata).sentencePiece();
      case "bert" -> new GgufTokenizer(metadata).wordPiece();
      default ->
          throw metadata.error(
              MODEL, "is '" + model + "', which is not supported; gpt2, llama and bert are");
    };
  }

  private Tokenizer bytePairEncoding() {
    String name = metadata.string(PRE).filter(pre -> !pre.isEmpty()).orElse("default");
    GgufPreTokenizers.Preset preset =
        GgufPreTokenizers.find(name)
            .orElseThrow(
                () ->
                    metadata.error(
                        PRE, "is '" + name + "', a pre-tokenizer that is not supported"));
    UnknownText dropped = UnknownText.of(vocabulary, false, Vocabulary.ABSENT, false);
    BpeModel model = readMerges().build(preset.ignoreMerges(), dropped);
    OptionalInt bos = GgufVocabulary.role(metadata, "bos", vocabulary);
    OptionalInt eos = GgufVocabulary.role(metadata, "eos", vocabulary);
    boolean addBos = preset.addBos() && bos.isPresent();
    return tokenizer(
        TextNormalizer.NONE,
        preset.compile(name),
        model,
        new Detokenizer(List.of(), Coding.BYTE_LEVEL, true, ' ', 0),
        roles(bos, eos, frame("bos", addBos, bos), frame("eos", false, eos)));
  }

  private Tokenizer sentencePiece() {
    boolean addSpace = metadata.bool(ADD_SPACE_PREFIX, true);
    OptionalInt unknown = GgufVocabulary.role(metadata, "unknown", vocabulary, 0);
    UnknownText bytes = UnknownText.of(vocabulary, true, unknown.orElse(Vocabulary.ABSENT), false);
    float[] scores = GgufVocabulary.scores(metadata, vocabulary.size());
    OptionalInt bos = GgufVocabulary.role(metadata, "bos", vocabulary, 1);
    OptionalInt eos = GgufVocabulary.role(metadata, "eos", vocabulary, 2);
    TextNormalizer normalizer = text -> (addSpace ? " " + text : text).replace(" ", SPACE_MARK);
    return tokenizer(
        normalizer,
        PreTokenizer.WHOLE,
        new SentencePieceModel(vocabulary, scores, bytes),
        new Detokenizer(List.of(MARK_TO_SPACE), Coding.BYTE_FALLBACK, true, ' ', addSpace ? 1 : 0),
        roles(bos, eos, frame("bos", bos.isPresent(), bos), frame("eos", false, eos)));
  }

  private Tokenizer wordPiece() {
    boolean lowercase = metadata.bool("tokenizer.ggml.normalizer.lowercase", true);
    boolean stripAccents = metadata.bool("tokenizer.ggml.normalizer.strip_accents", lowercase);
    int unknown =
        GgufVocabulary.role(metadata, "unknown", vocabulary, 100)
            .orElseThrow(() -> metadata.error("tokenizer.ggml.unknown_token_id", "is missing"));
    OptionalInt start =
        GgufVocabulary.role(
            metadata, metadata.has("tokenizer.ggml.bos_token_id") ? "bos" : "cls", vocabulary, 101);
    OptionalInt end =
        GgufVocabulary.role(
            metadata,
            metadata.has("tokenizer.ggml.separator_token_id") ? "separator" : "seperator",
            vocabulary,
            102);
    return tokenizer(
        TextNormalizer.bert(true, true, stripAccents, lowercase),
        HuggingFacePreTokenizers.bert(),
        WordPieceModel.markedStarts(vocabulary, SPACE_MARK, unknown),
        new Detokenizer(List.of(MARK_TO_SPACE), Coding.TEXT, true, ' ', 1),
        roles(
            start,
            GgufVocabulary.role(metadata, "eos", vocabulary),
            frame("bos", start.isPresent(), start),
            frame("sep", end.isPresent(), end)));
  }

  private Tokenizer tokenizer(
      TextNormalizer normalizer,
      PreTokenizer preTokenizer,
      SubwordModel model,
      Detokenizer detokenizer,
      Roles roles) {
    Encoding encoding =
        new Encoding(addedTokens(), normalizer, AddedTokens.NONE, preTokenizer, model);
    return new PipelineTokenizer(vocabulary, encoding, detokenizer, roles);
  }

  private Roles roles(OptionalInt bos, OptionalInt eos, int[] prefix, int[] suffix) {
    List<Integer> ends = new ArrayList<>();
    eos.ifPresent(ends::add);
    GgufVocabulary.role(metadata, "eot", vocabulary).ifPresent(ends::add);
    GgufVocabulary.role(metadata, "eom", vocabulary).ifPresent(ends::add);
    Set<Integer> all = EndTokens.of(vocabulary, ends);
    return new Roles(prefix, suffix, bos, eos, all);
  }

  /** The token at one end of a prompt, if the file or the kind of tokenizer wants one. */
  private int[] frame(String role, boolean otherwise, OptionalInt id) {
    String key = GgufVocabulary.PREFIX + "add_" + role + "_token";
    if (!metadata.bool(key, otherwise)) {
      return new int[0];
    }
    int token = id.orElseThrow(() -> metadata.error(key, "is true, but no such token is named"));
    return new int[] {token};
  }

  private BpeModel.Builder readMerges() {
    List<?> merges =
        metadata
            .list(MERGES)
            .orElseThrow(() -> metadata.error(MERGES, "is missing: a tokenizer without merges"));
    BpeModel.Builder builder = new BpeModel.Builder(vocabulary, merges.size());
    int rank = 0;
    for (Object merge : merges) {
      // a piece may begin with the space itself
      int space = merge instanceof String text ? text.indexOf(' ', 1) : -1;
      if (space < 0 || space + 1 == ((String) merge).length()) {
        throw metadata.error(
            MERGES, "has an entry " + rank + " that is not two pieces with a space between");
      }
      String text = (String) merge;
      builder.merge(text.substring(0, space), text.substring(space + 1));
      rank++;
    }
    return builder;
  }

  private AddedTokens addedTokens() {
    boolean phi3 = isPhi3();
    List<AddedToken> tokens = new ArrayList<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      TokenKind kind = vocabulary.kind(id);
      if (kind.isVerbatim()) {
        String text = vocabulary.piece(id);
        boolean special = kind != TokenKind.USER_DEFINED;
        boolean stripRight = phi3 && !Set.of("<unk>", "<s>", "<|endoftext|>").contains(text);
        tokens.add(new AddedToken(id, text, special, false, stripRight, false));
      }
    }
    return new AddedTokens(tokens);
  }

  /** Files do not say which tokens swallow the white space after them; Phi-3's do. */
  private boolean isPhi3() {
    String name = metadata.string("general.name").orElse("").toLowerCase(Locale.ROOT);
    return name.contains("phi-3") || name.contains("phi3");
  }
}
