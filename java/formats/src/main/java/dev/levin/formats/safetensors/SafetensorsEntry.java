package dev.levin.formats.safetensors;

import dev.levin.core.DType;

/**
 * One tensor of a safetensors header, its size checked against its shape.
 *
 * @param dims outermost first
 * @param at byte of the file at which the entry starts, for messages
 * @param begin first byte of the data, counted from the end of the header
 * @param end the byte after the data
 */
record SafetensorsEntry(String name, DType dtype, long[] dims, long at, long begin, long end) {}
