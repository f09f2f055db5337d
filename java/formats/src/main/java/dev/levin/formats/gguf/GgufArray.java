package dev.levin.formats.gguf;

import java.util.List;

/**
 * An array to be written as metadata.
 *
 * @param elementType type of every element
 * @param values numbers, booleans, strings or, for arrays of arrays, {@link GgufArray}s
 */
public record GgufArray(GgufType elementType, List<?> values) {}
