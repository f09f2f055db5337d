package dev.levin.formats.quantize;

/**
 * Where a matrix stands among those of its role.
 *
 * @param index from 0 on
 * @param count layers that have such a matrix
 */
record LayerPosition(int index, int count) {
  /** For matrices that a model has once. */
  static final LayerPosition SINGLE = new LayerPosition(0, 1);

  /** In the first 1/{@code parts} of the layers. */
  boolean inFirst(int parts) {
    return index < count / parts;
  }

  /**
   * In the first or last eighth of the layers, or every third between: errors made early are
   * carried through all layers, errors made late meet nothing that would correct them.
   */
  boolean isSensitive() {
    int eighth = count / 8;
    return index < eighth || index >= 7 * count / 8 || (index - eighth) % 3 == 2;
  }
}
