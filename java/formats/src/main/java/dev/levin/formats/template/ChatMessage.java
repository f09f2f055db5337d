package dev.levin.formats.template;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One message as a template sees it: at least {@code role}, usually {@code content}, possibly
 * {@code tool_calls} and others, as in OpenAI's API. Values are JSON-like: String, Number, Boolean,
 * List, Map or null.
 */
public record ChatMessage(Map<String, Object> fields) {
  public static ChatMessage of(String role, String content) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("role", role);
    fields.put("content", content);
    return new ChatMessage(fields);
  }

  public static ChatMessage user(String content) {
    return of("user", content);
  }

  public static ChatMessage system(String content) {
    return of("system", content);
  }

  public static ChatMessage assistant(String content) {
    return of("assistant", content);
  }
}
