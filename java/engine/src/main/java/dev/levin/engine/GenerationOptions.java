package dev.levin.engine;

import dev.levin.engine.sampling.SamplingOptions;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one generation may do.
 *
 * @param maxTokens most tokens to generate; {@link Integer#MAX_VALUE} leaves the end to the model
 *     and the context
 * @param sampling how tokens are drawn
 * @param stop texts that end the generation where they appear; not part of the result
 * @param ignoreEos keep going when the model ends its text; end tokens yield no text
 * @param addSpecial add the tokens the model wants around a raw prompt, such as BOS
 * @param parseSpecial read the spelling of special tokens in a raw prompt as those tokens
 * @param parseSpecialInMessages the same for the texts of chat messages; leave false for texts that
 *     others wrote, or they can forge a turn
 * @param echo yield the prompt before the generated text
 * @param tools JSON schemas of tools that the chat template may show
 * @param templateVariables further variables of the chat template, such as {@code enable_thinking}
 */
public record GenerationOptions(
    int maxTokens,
    SamplingOptions sampling,
    List<String> stop,
    boolean ignoreEos,
    boolean addSpecial,
    boolean parseSpecial,
    boolean parseSpecialInMessages,
    boolean echo,
    List<Map<String, Object>> tools,
    Map<String, Object> templateVariables) {
  private static final GenerationOptions DEFAULTS = builder().build();

  public GenerationOptions {
    if (maxTokens < 0) {
      throw new IllegalArgumentException("maxTokens is " + maxTokens + ", expected 0 or more");
    }
    stop = List.copyOf(stop);
    if (stop.contains("")) {
      throw new IllegalArgumentException("a stop string is empty");
    }
    tools = List.copyOf(tools);
    templateVariables = Collections.unmodifiableMap(new LinkedHashMap<>(templateVariables));
  }

  /** Greedy, until the model or the context ends it. */
  public static GenerationOptions defaults() {
    return DEFAULTS;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** A builder that starts from these options. */
  public Builder toBuilder() {
    return new Builder()
        .maxTokens(maxTokens)
        .sampling(sampling)
        .stop(stop)
        .ignoreEos(ignoreEos)
        .addSpecial(addSpecial)
        .parseSpecial(parseSpecial)
        .parseSpecialInMessages(parseSpecialInMessages)
        .echo(echo)
        .tools(tools)
        .templateVariables(templateVariables);
  }

  /** Collects options. */
  public static final class Builder {
    private int maxTokens = Integer.MAX_VALUE;
    private SamplingOptions sampling = SamplingOptions.greedy();
    private List<String> stop = List.of();
    private boolean ignoreEos;
    private boolean addSpecial = true;
    private boolean parseSpecial;
    private boolean parseSpecialInMessages;
    private boolean echo;
    private List<Map<String, Object>> tools = List.of();
    private Map<String, Object> templateVariables = Map.of();

    private Builder() {}

    public Builder maxTokens(int value) {
      maxTokens = value;
      return this;
    }

    public Builder sampling(SamplingOptions value) {
      sampling = value;
      return this;
    }

    public Builder stop(List<String> value) {
      stop = value;
      return this;
    }

    public Builder stop(String... values) {
      return stop(List.of(values));
    }

    public Builder ignoreEos(boolean value) {
      ignoreEos = value;
      return this;
    }

    public Builder addSpecial(boolean value) {
      addSpecial = value;
      return this;
    }

    public Builder parseSpecial(boolean value) {
      parseSpecial = value;
      return this;
    }

    public Builder parseSpecialInMessages(boolean value) {
      parseSpecialInMessages = value;
      return this;
    }

    public Builder echo(boolean value) {
      echo = value;
      return this;
    }

    public Builder tools(List<Map<String, Object>> value) {
      tools = value;
      return this;
    }

    public Builder templateVariables(Map<String, Object> value) {
      templateVariables = value;
      return this;
    }

    public GenerationOptions build() {
      return new GenerationOptions(
          maxTokens,
          sampling,
          stop,
          ignoreEos,
          addSpecial,
          parseSpecial,
          parseSpecialInMessages,
          echo,
          tools,
          templateVariables);
    }
  }
}
