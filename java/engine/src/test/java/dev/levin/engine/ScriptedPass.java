package dev.levin.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.engine.kvcache.KvLayout;
import dev.levin.models.Batch;
import dev.levin.models.BatchReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A forward pass whose cache holds token ids and positions, and whose logits are scripted from the
 * tokens it finds there. A page that was given away, shared and written, or not copied shows as a
 * wrong token.
 */
final class ScriptedPass implements ForwardPass {
  /** Logits [V] that follow a sequence of tokens. */
  @FunctionalInterface
  interface Script {
    float[] logits(int[] tokens);
  }

  private static final int EMPTY = -1;

  private final KvLayout layout;
  private final Script script;
  private final int[] tokens;
  private final int[] positions;
  private final Map<Integer, List<Integer>> states = new HashMap<>();
  private float[] chosen = {};
  private int width;

  int numSteps;
  int numTokens;
  int mostTokens;
  int mostSequences;
  int pageCopies;
  int numChosen;
  int numChosenLogits;
  boolean closed;
  RuntimeException failure;

  ScriptedPass(KvLayout layout, Script script) {
    this.layout = layout;
    this.script = script;
    tokens = new int[layout.numPages() * layout.pageSize()];
    positions = new int[tokens.length];
    Arrays.fill(tokens, EMPTY);
    Arrays.fill(positions, EMPTY);
  }

  /** Pseudo-random logits that depend on every token and its place. */
  static Script hashing(int vocabSize) {
    return prefix -> {
      long hash = Arrays.hashCode(prefix) * 0x9E3779B97F4A7C15L + prefix.length;
      float[] logits = new float[vocabSize];
      for (int i = 0; i < vocabSize; i++) {
        hash = hash * 6364136223846793005L + 1442695040888963407L;
        logits[i] = (hash >>> 40) * 0x1p-24f;
      }
      return logits;
    };
  }

  @Override
  public MemorySegment logits(Batch batch) {
    return run(batch, script);
  }

  @Override
  public boolean canChoose() {
    return true;
  }

  @Override
  public MemorySegment choose(Batch batch) {
    chosen = run(batch, script).toArray(ValueLayout.JAVA_FLOAT);
    numChosen += batch.numLogitRows();
    return MemorySegment.ofArray(BatchReader.choose(batch, chosen));
  }

  @Override
  public MemorySegment chosenLogits(int row) {
    numChosenLogits++;
    return MemorySegment.ofArray(chosen).asSlice((long) row * width * Float.BYTES);
  }

  @Override
  public MemorySegment hidden(Batch batch) {
    return run(batch, prefix -> new float[] {prefix.length, prefix[prefix.length - 1]});
  }

  private MemorySegment run(Batch batch, Script rows) {
    if (failure != null) {
      throw failure;
    }
    numSteps++;
    numTokens += batch.numTokens();
    mostTokens = Math.max(mostTokens, batch.numTokens());
    mostSequences = Math.max(mostSequences, batch.numSeqs());
    Set<Integer> written = new HashSet<>();
    for (int b = 0; b < batch.numSeqs(); b++) {
      write(batch, b, written);
    }
    List<float[]> logits = new ArrayList<>();
    for (int r = 0; r < batch.numLogitRows(); r++) {
      logits.add(rows.logits(prefix(batch, BatchReader.logitRow(batch, r))));
    }
    width = logits.isEmpty() ? 0 : logits.getFirst().length;
    float[] packed = new float[logits.size() * width];
    for (int r = 0; r < logits.size(); r++) {
      System.arraycopy(logits.get(r), 0, packed, r * width, width);
    }
    return MemorySegment.ofArray(packed);
  }

  private void write(Batch batch, int sequence, Set<Integer> written) {
    int start = BatchReader.queryStart(batch, sequence);
    int end = BatchReader.queryStart(batch, sequence + 1);
    int first = BatchReader.kvLen(batch, sequence) - (end - start);
    for (int row = start; row < end; row++) {
      int position = BatchReader.position(batch, row);
      int slot = BatchReader.slot(batch, row);
      assertEquals(first + row - start, position, "position of row " + row);
      assertEquals(slotOf(batch, sequence, position), slot, "slot of row " + row);
      assertTrue(written.add(slot), "slot " + slot + " is written twice in a step");
      tokens[slot] = BatchReader.tokenId(batch, row);
      positions[slot] = position;
      if (layout.isRecurrent()) {
        writeState(BatchReader.stateSlot(batch, sequence), position, tokens[slot]);
      }
    }
  }

  private void writeState(int slot, int position, int token) {
    assertTrue(slot >= 0 && slot < layout.stateSlots(), "state slot " + slot);
    if (position == 0) {
      states.put(slot, new ArrayList<>());
    }
    assertEquals(position, states.get(slot).size(), "tokens in state slot " + slot);
    states.get(slot).add(token);
  }

  private int[] prefix(Batch batch, int row) {
    int sequence = 0;
    while (BatchReader.queryStart(batch, sequence + 1) <= row) {
      sequence++;
    }
    int length = BatchReader.position(batch, row) + 1;
    int[] prefix = new int[length];
    for (int position = 0; position < length; position++) {
      int slot = slotOf(batch, sequence, position);
      assertEquals(position, positions[slot], "position found in slot " + slot);
      prefix[position] = tokens[slot];
    }
    if (layout.isRecurrent()) {
      List<Integer> state = states.get(BatchReader.stateSlot(batch, sequence));
      assertEquals(Arrays.stream(prefix).boxed().toList(), state.subList(0, length));
    }
    return prefix;
  }

  private int slotOf(Batch batch, int sequence, int position) {
    int page = BatchReader.pages(batch, sequence)[position / layout.pageSize()];
    return page * layout.pageSize() + position % layout.pageSize();
  }

  @Override
  public void copyPage(int from, int to) {
    assertNotEquals(from, to);
    pageCopies++;
    int size = layout.pageSize();
    System.arraycopy(tokens, from * size, tokens, to * size, size);
    System.arraycopy(positions, from * size, positions, to * size, size);
  }

  @Override
  public void copyState(int fromSlot, int toSlot) {
    states.put(toSlot, new ArrayList<>(states.get(fromSlot)));
  }

  @Override
  public void close() {
    closed = true;
  }
}
