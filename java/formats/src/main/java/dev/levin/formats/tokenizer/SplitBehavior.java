package dev.levin.formats.tokenizer;

/** What a split does with the matches of its pattern; the names are those of tokenizer.json. */
enum SplitBehavior {
  REMOVED("Removed"),
  ISOLATED("Isolated"),
  MERGED_WITH_PREVIOUS("MergedWithPrevious"),
  MERGED_WITH_NEXT("MergedWithNext"),
  CONTIGUOUS("Contiguous");

  private final String jsonName;

  SplitBehavior(String jsonName) {
    this.jsonName = jsonName;
  }

  String jsonName() {
    return jsonName;
  }

  /**
   * Whether a part belongs to the piece before it.
   *
   * @param previousMatch whether the part just before was a match
   * @param match whether this part is one
   */
  boolean joins(boolean previousMatch, boolean match) {
    return switch (this) {
      case REMOVED, ISOLATED -> false;
      case MERGED_WITH_PREVIOUS -> match && !previousMatch;
      case MERGED_WITH_NEXT -> previousMatch && !match;
      case CONTIGUOUS -> previousMatch == match;
    };
  }
}
