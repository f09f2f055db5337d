package dev.levin.formats.gguf;

import dev.levin.core.DType;
import dev.levin.core.Shape;

/**
 * What a GGUF header says of one tensor, checked against the file.
 *
 * @param shape outermost dimension first
 * @param at byte of the header at which the entry starts, for messages
 * @param start first byte of the data in the file
 * @param byteSize bytes of the data
 */
record GgufTensorInfo(String name, DType dtype, Shape shape, long at, long start, long byteSize) {}
