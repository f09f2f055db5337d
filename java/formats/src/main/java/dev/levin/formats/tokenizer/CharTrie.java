package dev.levin.formats.tokenizer;

/** A trie over UTF-16 units whose nodes may carry a value. Node 0 is the root. */
final class CharTrie {
  static final int ROOT = 0;
  static final int NONE = -1;

  private final LongIntMap edges;
  private int[] valueOfNode = {NONE};
  private int nodes = 1;

  CharTrie(int expectedNodes) {
    edges = new LongIntMap(expectedNodes);
  }

  /** Stores a value under a text; the first value of a text stays. */
  void put(String text, int value) {
    int node = ROOT;
    for (int i = 0; i < text.length(); i++) {
      node = childOrNew(node, text.charAt(i));
    }
    if (valueOfNode[node] == NONE) {
      valueOfNode[node] = value;
    }
  }

  /** The node behind an edge, or {@link #NONE}. */
  int step(int node, char unit) {
    return edges.get(edge(node, unit));
  }

  /** The value of a node, or {@link #NONE}. */
  int value(int node) {
    return valueOfNode[node];
  }

  private int childOrNew(int node, char unit) {
    long edge = edge(node, unit);
    int child = edges.get(edge);
    if (child != LongIntMap.ABSENT) {
      return child;
    }
    if (nodes == valueOfNode.length) {
      int[] larger = new int[nodes * 2];
      System.arraycopy(valueOfNode, 0, larger, 0, nodes);
      valueOfNode = larger;
    }
    valueOfNode[nodes] = NONE;
    edges.putIfAbsent(edge, nodes);
    return nodes++;
  }

  private static long edge(int node, char unit) {
    return (long) node << 16 | unit;
  }
}
