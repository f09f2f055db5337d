package dev.levin.opencl;

/**
 * How work is cut. The first two are part of the results and fixed for a class of devices; the
 * others move work between work-items without changing a bit.
 *
 * @param lanes work-items that share one output: a GPU needs neighbours to read neighbouring
 *     blocks, on a CPU one work-item fills the vector registers by itself
 * @param splitKeys keys after which attention merges
 * @param warps groups of lanes in a work-group of a product with few tokens
 * @param rowBlock rows of such a group; 1 where lanes share rows
 * @param tokenBlock tokens that share a decoded weight there
 * @param fewTokens most tokens of a step that such products are used for
 * @param tileTokens tokens of a tile of products with more
 * @param tileRows weight rows of such a tile
 * @param attentionRows queries, as tokens times heads, that share decoded keys
 * @param narrowGroup size of work-groups over dimensions that are short
 */
record LaunchSizes(
    int lanes,
    int splitKeys,
    int warps,
    int rowBlock,
    int tokenBlock,
    int fewTokens,
    int tileTokens,
    int tileRows,
    int attentionRows,
    int narrowGroup) {
  /** Keys of an attention tile, in the kernels' default. */
  static final int KEYS = 32;

  private static final LaunchSizes CPU = new LaunchSizes(1, 64, 8, 4, 4, 1, 32, 4, 16, 8);
  private static final LaunchSizes GPU = new LaunchSizes(32, 256, 8, 1, 4, 8, 32, 64, 16, 32);

  static LaunchSizes of(OpenClDevice.Kind kind) {
    return kind == OpenClDevice.Kind.CPU ? CPU : GPU;
  }

  /** Work-items of a tile of products, as the kernels count them. */
  int tileItems() {
    return lanes == 1 ? 1 : 2 * tileRows;
  }

  /** Work-items of a tile of attention, as the kernels count them. */
  int attentionItems() {
    return lanes == 1 ? 1 : 4 * lanes;
  }

  /** Work-items that sort tokens by expert, as the kernels count them. */
  int sortItems() {
    return lanes == 1 ? 1 : 256;
  }

  String options() {
    return "-D LANES=%d -D SPLIT_KEYS=%d -D WARPS=%d -D ROW_BLOCK=%d -D TOKEN_BLOCK=%d"
            .formatted(lanes, splitKeys, warps, rowBlock, tokenBlock)
        + " -D TILE_TOKENS=%d -D TILE_ROWS=%d -D ATTENTION_ROWS=%d"
            .formatted(tileTokens, tileRows, attentionRows);
  }
}
