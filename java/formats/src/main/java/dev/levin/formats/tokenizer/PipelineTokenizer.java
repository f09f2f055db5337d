package dev.levin.formats.tokenizer;

import java.util.OptionalInt;
import java.util.Set;

/**
 * The tokenizer whatever file it was read from: added tokens are cut out of the text, the rest is
 * normalized, cut into words and each word handed to the subword model.
 */
final class PipelineTokenizer implements Tokenizer {
  private final Vocabulary vocabulary;
  private final Encoding encoding;
  private final Detokenizer detokenizer;
  private final Roles roles;

  /**
   * @param rawTokens cut out of the text as it comes
   * @param normalizedTokens cut out after normalization
   */
  record Encoding(
      AddedTokens rawTokens,
      TextNormalizer normalizer,
      AddedTokens normalizedTokens,
      PreTokenizer preTokenizer,
      SubwordModel model) {}

  /**
   * @param prefix ids a prompt starts with
   * @param suffix ids a prompt ends with
   * @param ends ids that end a text or a turn
   */
  record Roles(int[] prefix, int[] suffix, OptionalInt bos, OptionalInt eos, Set<Integer> ends) {}

  PipelineTokenizer(
      Vocabulary vocabulary, Encoding encoding, Detokenizer detokenizer, Roles roles) {
    this.vocabulary = vocabulary;
    this.encoding = encoding;
    this.detokenizer = detokenizer;
    this.roles = roles;
  }

  static boolean isSpecial(Vocabulary vocabulary, int id) {
    TokenKind kind = vocabulary.kind(id);
    return kind == TokenKind.CONTROL || kind == TokenKind.UNKNOWN;
  }

  @Override
  public int vocabSize() {
    return vocabulary.size();
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    IntList ids = new IntList(text.length() / 3 + 8);
    if (addSpecial) {
      ids.addAll(roles.prefix());
    }
    encodeText(UnicodeText.wellFormed(text), parseSpecial, ids);
    if (addSpecial) {
      ids.addAll(roles.suffix());
    }
    return ids.toArray();
  }

  @Override
  public String decode(int[] ids, boolean skipSpecial) {
    TokenStream stream = stream(skipSpecial);
    StringBuilder text = new StringBuilder(ids.length * 4);
    for (int id : ids) {
      text.append(stream.accept(id));
    }
    return text.append(stream.finish()).toString();
  }

  @Override
  public TokenStream stream(boolean skipSpecial) {
    return new TextDecoder(vocabulary, detokenizer, skipSpecial);
  }

  @Override
  public String piece(int id) {
    return vocabulary.piece(id);
  }

  @Override
  public OptionalInt find(String piece) {
    return vocabulary.find(piece);
  }

  @Override
  public boolean isSpecial(int id) {
    return isSpecial(vocabulary, id);
  }

  @Override
  public OptionalInt bosId() {
    return roles.bos();
  }

  @Override
  public OptionalInt eosId() {
    return roles.eos();
  }

  @Override
  public Set<Integer> endIds() {
    return roles.ends();
  }

  private void encodeText(String text, boolean parseSpecial, IntList ids) {
    AddedTokens.Sink words =
        new FragmentSink(
            ids,
            (fragment, first) ->
                encoding
                    .preTokenizer()
                    .split(fragment, first, (word, ignored) -> encoding.model().encode(word, ids)));
    AddedTokens.Sink normalized =
        new FragmentSink(
            ids,
            (fragment, first) ->
                encoding
                    .normalizedTokens()
                    .split(encoding.normalizer().apply(fragment), first, parseSpecial, words));
    encoding.rawTokens().split(text, true, parseSpecial, normalized);
  }

  private record FragmentSink(IntList ids, PreTokenizer.Sink fragments)
      implements AddedTokens.Sink {
    @Override
    public void text(String fragment, boolean first) {
      fragments.accept(fragment, first);
    }

    @Override
    public void token(int id) {
      ids.add(id);
    }
  }
}
