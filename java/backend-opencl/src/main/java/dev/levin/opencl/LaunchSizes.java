package dev.levin.opencl;

import dev.levin.core.backend.Tuning.Knob;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How work is cut. The first two numbers and the last are fixed for a class of devices, and the
 * first two are part of the results; the others move work between work-items without changing a
 * bit, and may be tuned.
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

  /** Values of K in a tile of products, as the kernels have it. */
  private static final int TILE_DEPTH = 64;

  private static final int GROUPS_OF_LANE = 4;
  private static final int PANEL_GROUPS = 16;

  private static final List<Integer> DECODE = List.of(1);
  private static final List<Integer> FEW = List.of(4, 8, 16);
  private static final List<Integer> PREFILL = List.of(64, 256);

  /** Sizes of a class of devices, and what is worth trying beside them. */
  private record DeviceClass(LaunchSizes sizes, List<Knob> knobs) {}

  private static final DeviceClass CPU =
      new DeviceClass(
          new LaunchSizes(1, 64, 16, 1, 4, 4, 32, 4, 16, 8),
          List.of(
              new Knob("rowBlock", List.of(1, 2, 4, 8), "Linear", DECODE),
              new Knob("warps", List.of(2, 4, 8, 16), "Linear", DECODE),
              new Knob("fewTokens", List.of(1, 4, 8), "Linear", FEW),
              new Knob("tileTokens", List.of(8, 16, 32, 64), "Linear", PREFILL),
              new Knob("attentionRows", List.of(4, 8, 16, 32), "Attention", PREFILL)));

  private static final DeviceClass GPU =
      new DeviceClass(
          new LaunchSizes(32, 256, 8, 1, 4, 8, 32, 64, 16, 32),
          List.of(
              new Knob("warps", List.of(2, 4, 8, 16), "Linear", DECODE),
              new Knob("tokenBlock", List.of(2, 4, 8), "Linear", FEW),
              new Knob("fewTokens", List.of(1, 4, 8, 16), "Linear", FEW),
              new Knob("tileRows", List.of(32, 64, 128), "Linear", PREFILL),
              new Knob("tileTokens", List.of(16, 32, 64), "Linear", PREFILL),
              new Knob("attentionRows", List.of(8, 16, 32), "Attention", PREFILL)));

  /** The table's sizes for a device, made smaller where they do not fit. */
  static LaunchSizes of(OpenClDevice device) {
    LaunchSizes sizes = classOf(device).sizes();
    while (!sizes.fits(device) && sizes.tileRows > 4) {
      Map<String, Integer> smaller = new LinkedHashMap<>(sizes.values());
      smaller.put("tileRows", sizes.tileRows / 2);
      smaller.put("warps", Math.max(1, sizes.warps / 2));
      sizes = sizes.with(smaller);
    }
    return sizes;
  }

  /** The table, one entry a class. */
  static List<LaunchSizes> table() {
    return List.of(CPU.sizes(), GPU.sizes());
  }

  static List<Knob> knobs(OpenClDevice device) {
    return classOf(device).knobs();
  }

  private static DeviceClass classOf(OpenClDevice device) {
    return device.kind() == OpenClDevice.Kind.CPU ? CPU : GPU;
  }

  /** What may be tuned, by name. */
  Map<String, Integer> values() {
    Map<String, Integer> values = new LinkedHashMap<>();
    values.put("warps", warps);
    values.put("rowBlock", rowBlock);
    values.put("tokenBlock", tokenBlock);
    values.put("fewTokens", fewTokens);
    values.put("tileTokens", tileTokens);
    values.put("tileRows", tileRows);
    values.put("attentionRows", attentionRows);
    return values;
  }

  /** These sizes with other values; names that are no size are left out. */
  LaunchSizes with(Map<String, Integer> values) {
    return new LaunchSizes(
        lanes,
        splitKeys,
        values.getOrDefault("warps", warps),
        values.getOrDefault("rowBlock", rowBlock),
        values.getOrDefault("tokenBlock", tokenBlock),
        values.getOrDefault("fewTokens", fewTokens),
        values.getOrDefault("tileTokens", tileTokens),
        values.getOrDefault("tileRows", tileRows),
        values.getOrDefault("attentionRows", attentionRows),
        narrowGroup);
  }

  /** Whether the kernels allow these sizes and the device has the work-items and memory. */
  boolean fits(OpenClDevice device) {
    return areConsistent()
        && lanes * warps <= device.maxGroupItems()
        && tileItems() <= device.maxGroupItems()
        && attentionItems() <= device.maxGroupItems()
        && sortItems() <= device.maxGroupItems()
        && tileBytes() <= device.localBytes()
        && rowBytes() <= device.localBytes();
  }

  private boolean areConsistent() {
    boolean shared =
        lanes == 1
            ? tileTokens % 4 == 0 && tileRows == 4
            : rowBlock == 1 && tileTokens % 8 == 0 && tileRows % 4 == 0;
    boolean positive =
        Math.min(Math.min(warps, rowBlock), Math.min(tokenBlock, fewTokens)) > 0
            && Math.min(Math.min(tileTokens, tileRows), attentionRows) > 0;
    boolean bounded =
        Math.max(rowBlock, tokenBlock) <= 16
            && fewTokens <= 1024
            && Math.max(tileTokens, tileRows) <= 256
            && attentionRows <= 64;
    return shared && positive && bounded && attentionRows % 4 == 0;
  }

  private long tileBytes() {
    long panel =
        lanes == 1
            ? (long) tileRows * Kernels.GROUP_VALUES * PANEL_GROUPS + 16L * tileTokens * tileRows
            : (long) TILE_DEPTH * (tileRows + tileTokens);
    return Float.BYTES * (panel + (long) tileTokens * tileRows) + (long) Long.BYTES * tileTokens;
  }

  private long rowBytes() {
    long groups = (long) GROUPS_OF_LANE * lanes;
    return Float.BYTES * warps * (groups + groups / PANEL_GROUPS) * tokenBlock;
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
