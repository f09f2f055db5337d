package dev.levin.formats.tokenizer;

import java.util.Arrays;

/**
 * SentencePiece's unigram model: of all ways to cut a text into pieces, the one whose scores (log
 * probabilities) sum up highest. Linear in the text for pieces of bounded length.
 */
final class UnigramModel implements SubwordModel {
  private static final double UNKNOWN_PENALTY = 10;

  private final CharTrie pieces;
  private final double[] scores;
  private final double unknownScore;
  private final UnknownText unknown;

  /**
   * @param scores one for each id; NaN for ids that are not part of the model
   * @param unknownId never chosen for its text
   */
  UnigramModel(Vocabulary vocabulary, double[] scores, int unknownId, UnknownText unknown) {
    this.scores = scores;
    this.unknown = unknown;
    this.pieces = new CharTrie(vocabulary.size() * 4);
    double lowest = Double.POSITIVE_INFINITY;
    for (int id = 0; id < scores.length; id++) {
      if (Double.isNaN(scores[id])) {
        continue;
      }
      lowest = Math.min(lowest, scores[id]);
      if (id != unknownId) {
        pieces.put(vocabulary.piece(id), id);
      }
    }
    this.unknownScore = lowest - UNKNOWN_PENALTY;
  }

  @Override
  public void encode(String text, IntList ids) {
    Lattice best = new Lattice(text);
    int[] ends = best.cuts();
    int start = 0;
    int unknownStart = -1;
    for (int end : ends) {
      if (best.idEndingAt[end] == CharTrie.NONE) {
        unknownStart = unknownStart < 0 ? start : unknownStart;
      } else {
        flushUnknown(text, unknownStart, start, ids);
        unknownStart = -1;
        ids.add(best.idEndingAt[end]);
      }
      start = end;
    }
    flushUnknown(text, unknownStart, start, ids);
  }

  /** Neighbouring unknown characters count as one. */
  private void flushUnknown(String text, int start, int end, IntList ids) {
    if (start >= 0) {
      unknown.encode(text.substring(start, end), false, ids);
    }
  }

  /** The best way to reach every position. */
  private final class Lattice {
    private final String text;
    private final double[] score;
    private final int[] idEndingAt;
    private final int[] startOf;

    Lattice(String text) {
      this.text = text;
      score = new double[text.length() + 1];
      idEndingAt = new int[text.length() + 1];
      startOf = new int[text.length() + 1];
      Arrays.fill(score, Double.NEGATIVE_INFINITY);
      score[0] = 0;
      int width;
      for (int start = 0; start < text.length(); start += width) {
        width = Character.charCount(text.codePointAt(start));
        extend(start, width);
      }
    }

    private void extend(int start, int width) {
      boolean single = false;
      int node = CharTrie.ROOT;
      for (int end = start + 1; end <= text.length(); end++) {
        node = pieces.step(node, text.charAt(end - 1));
        if (node == CharTrie.NONE) {
          break;
        }
        int id = pieces.value(node);
        if (id != CharTrie.NONE) {
          offer(start, end, id, scores[id]);
          single |= end == start + width;
        }
      }
      if (!single) {
        offer(start, start + width, CharTrie.NONE, unknownScore);
      }
    }

    private void offer(int start, int end, int id, double gain) {
      double candidate = score[start] + gain;
      if (candidate > score[end]) {
        score[end] = candidate;
        idEndingAt[end] = id;
        startOf[end] = start;
      }
    }

    private int[] cuts() {
      int count = 0;
      for (int end = text.length(); end > 0; end = startOf[end]) {
        count++;
      }
      int[] ends = new int[count];
      for (int end = text.length(); end > 0; end = startOf[end]) {
        ends[--count] = end;
      }
      return ends;
    }
  }
}
