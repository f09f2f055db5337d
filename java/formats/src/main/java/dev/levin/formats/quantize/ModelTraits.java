package dev.levin.formats.quantize;

import dev.levin.core.model.Metadata;
import java.util.List;

/**
 * What of a model decides about its mix.
 *
 * @param queriesPerKey query heads that share a key and a value head
 * @param experts 0 in dense models
 * @param tied true when the embedding matrix is the output matrix as well
 * @param calibrated true when importance is known
 */
record ModelTraits(int queriesPerKey, int experts, boolean tied, boolean calibrated) {
  static ModelTraits of(Metadata metadata, boolean tied, boolean calibrated) {
    String prefix = metadata.string("general.architecture").orElse("") + ".";
    int queryHeads = largest(metadata, prefix + "attention.head_count");
    int keyHeads = largest(metadata, prefix + "attention.head_count_kv");
    return new ModelTraits(
        keyHeads > 0 ? queryHeads / keyHeads : 1,
        metadata.integer(prefix + "expert_count", 0),
        tied,
        calibrated);
  }

  /** The value of a key that holds a number or one for each layer; 0 when it is not there. */
  private static int largest(Metadata metadata, String key) {
    if (!(metadata.values().get(key) instanceof List<?> layers)) {
      return metadata.integer(key, 0);
    }
    int largest = 0;
    for (Object heads : layers) {
      if (heads instanceof Number number) {
        largest = Math.max(largest, number.intValue());
      }
    }
    return largest;
  }
}
