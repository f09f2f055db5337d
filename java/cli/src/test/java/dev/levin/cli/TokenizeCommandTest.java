package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** On the demo model, whose ids for this prompt are part of the golden data. */
class TokenizeCommandTest {
  private static final String TEXT = "Once upon a time";
  private static final String IDS = "873 874 273 730";

  @Test
  void printsIds() {
    assertEquals("0 " + IDS + "\n", Run.of("tokenize", TEXT).succeeded());
    assertEquals("0 " + IDS + "\n", Run.of("tokenize", "--ids", TEXT).succeeded());
    assertEquals(IDS + "\n", Run.of("tokenize", "--no-special", TEXT).succeeded());
  }

  @Test
  void readsStandardInputByteForByte() {
    assertEquals(IDS + "\n", Run.withInput(TEXT, "tokenize", "--no-special", "-").succeeded());
    String withLineEnd = Run.withInput(TEXT + "\n", "tokenize", "--no-special", "-").succeeded();
    assertEquals(
        TEXT + "\n",
        Run.of("tokenize", "--no-special", "--detokenize", withLineEnd.strip()).succeeded());
  }

  @Test
  void refusesInputThatIsNotUtf8() {
    byte[] bytes = {'a', 'b', (byte) 0xff, 'c'};
    assertEquals(
        "levin: standard input is not UTF-8 from byte 2 on",
        Run.withInput(bytes, "tokenize", "-").refused());
  }

  @Test
  void printsPiecesAsJsonStrings() {
    assertEquals(
        "\"Once\"\n\"Ġupon\"\n\"Ġa\"\n\"Ġtime\"\n",
        Run.of("tokenize", "--no-special", "--pieces", TEXT).succeeded());
  }

  @Test
  void readsSpecialTokensUnlessTold() {
    assertEquals("0 2\n", Run.of("tokenize", "<|im_end|>").succeeded());
    String plain = Run.of("tokenize", "--no-special", "<|im_end|>").succeeded();
    assertEquals(false, plain.equals("2\n"));
  }

  @Test
  void turnsIdsIntoText() {
    assertEquals(TEXT, Run.of("tokenize", "--detokenize", IDS).succeeded());
    assertEquals(TEXT, Run.of("tokenize", "--detokenize", "873,874,273,730").succeeded());
    assertEquals(TEXT, Run.of("tokenize", "--detokenize", "873", "874", "273", "730").succeeded());
    assertEquals(TEXT, Run.withInput(IDS + "\n", "tokenize", "--detokenize", "-").succeeded());
  }

  @Test
  void leavesSpecialTokensOutWhenTold() {
    assertEquals(
        "<|endoftext|>" + TEXT, Run.of("tokenize", "--detokenize", "0 " + IDS).succeeded());
    assertEquals(TEXT, Run.of("tokenize", "--no-special", "--detokenize", "0 " + IDS).succeeded());
  }
}
