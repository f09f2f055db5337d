package dev.levin.formats.template;

import java.time.Clock;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a template sees besides the messages. Values are JSON-like: String, Number, Boolean, List,
 * Map with String keys, or null.
 *
 * @param tools tool descriptions as in OpenAI's API; the template sees {@code none} when empty
 * @param addGenerationPrompt whether the text ends with the header of the assistant's turn
 * @param bosToken text of the begin-of-sequence token, undefined in the template when null
 * @param eosToken text of the end-of-sequence token, undefined in the template when null
 * @param clock what {@code strftime_now} reads, in its own time zone
 * @param variables further names such as {@code enable_thinking}; they win over all others
 */
public record RenderOptions(
    List<Map<String, Object>> tools,
    boolean addGenerationPrompt,
    String bosToken,
    String eosToken,
    Clock clock,
    Map<String, Object> variables) {

  public RenderOptions {
    tools = tools == null ? List.of() : List.copyOf(tools);
    variables =
        variables == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(variables));
    Objects.requireNonNull(clock, "clock");
  }

  /** A generation prompt, no tools, the system clock. Either token may be null. */
  public static RenderOptions defaults(String bosToken, String eosToken) {
    return new RenderOptions(
        List.of(), true, bosToken, eosToken, Clock.systemDefaultZone(), Map.of());
  }

  public RenderOptions withTools(List<Map<String, Object>> tools) {
    return new RenderOptions(tools, addGenerationPrompt, bosToken, eosToken, clock, variables);
  }

  public RenderOptions withGenerationPrompt(boolean addGenerationPrompt) {
    return new RenderOptions(tools, addGenerationPrompt, bosToken, eosToken, clock, variables);
  }

  public RenderOptions withClock(Clock clock) {
    return new RenderOptions(tools, addGenerationPrompt, bosToken, eosToken, clock, variables);
  }

  /** Replaces all further names. */
  public RenderOptions withVariables(Map<String, Object> variables) {
    return new RenderOptions(tools, addGenerationPrompt, bosToken, eosToken, clock, variables);
  }

  /** Adds or replaces one further name; the value may be null. */
  public RenderOptions withVariable(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(variables);
    more.put(name, value);
    return withVariables(more);
  }
}
