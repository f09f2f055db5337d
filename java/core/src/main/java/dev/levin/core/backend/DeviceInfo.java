package dev.levin.core.backend;

import java.util.Map;

/**
 * One device of a backend.
 *
 * @param index position in the backend's list
 * @param name what a user recognises it by
 * @param memoryBytes memory it offers, 0 when unknown
 * @param properties further facts for display, in order
 */
public record DeviceInfo(
    int index, String name, long memoryBytes, Map<String, String> properties) {}
