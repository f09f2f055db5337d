package dev.levin.formats.tokenizer;

import java.util.OptionalInt;
import java.util.Set;

/** Text to token ids and back. Immutable and thread-safe. */
public interface Tokenizer {
  int vocabSize();

  /**
   * Encodes text.
   *
   * @param addSpecial add the tokens the model wants around a prompt (BOS, EOS, CLS, SEP)
   * @param parseSpecial read the texts of special tokens as those tokens; pass false for text from
   *     users, so that it cannot forge a chat turn
   */
  int[] encode(String text, boolean addSpecial, boolean parseSpecial);

  /**
   * Decodes whole sequences; bytes that do not form UTF-8 become U+FFFD. Ids beyond the vocabulary
   * give no text: models often have more rows than their vocabulary has tokens.
   *
   * @param skipSpecial leave special tokens out
   * @throws IllegalArgumentException for a negative id
   */
  String decode(int[] ids, boolean skipSpecial);

  /** A decoder for ids that arrive one at a time. */
  TokenStream stream(boolean skipSpecial);

  /** The vocabulary's own spelling of a token. */
  String piece(int id);

  /** The id of a token given in the vocabulary's own spelling. */
  OptionalInt find(String piece);

  /** True for control tokens and added tokens marked special. */
  boolean isSpecial(int id);

  OptionalInt bosId();

  OptionalInt eosId();

  /** Ids that end a text or a turn. */
  Set<Integer> endIds();
}
