package dev.levin.formats.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The pre-tokenizers that GGUF's {@code tokenizer.ggml.pre} names. The expressions are those of the
 * models' own tokenizers; each cuts what the one before it left.
 */
final class GgufPreTokenizers {
  private static final String CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String WORD = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
  private static final String SYMBOLS = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
  private static final String SYMBOLS_SLASH = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*";
  private static final String SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String DIGIT = "\\p{N}";
  private static final String DIGITS_3 = "\\p{N}{1,3}";

  static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  private static final String LLAMA3 = either(CONTRACTION, WORD, DIGITS_3, SYMBOLS, SPACES);

  private static final String QWEN2 = either(CONTRACTION, WORD, DIGIT, SYMBOLS, SPACES);

  private static final String QWEN35 =
      either(
          CONTRACTION,
          "[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+",
          DIGIT,
          " ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*",
          SPACES);

  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String CAPITALIZED = "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "*" + LOWER + "+";
  private static final String CAPITALS = "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "+" + LOWER + "*";

  private static final String GPT4O =
      either(
          CAPITALIZED + CONTRACTION + "?",
          CAPITALS + CONTRACTION + "?",
          DIGITS_3,
          SYMBOLS_SLASH,
          SPACES);

  private static final String TEKKEN = either(CAPITALIZED, CAPITALS, DIGIT, SYMBOLS_SLASH, SPACES);

  private static final String ASCII_PUNCTUATION_WORD =
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+";

  private static final String DEEPSEEK_V3 =
      either(
          ASCII_PUNCTUATION_WORD,
          "[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+",
          " ?[\\p{P}\\p{S}]+[\\r\\n]*",
          SPACES);

  private static final String CJK_AND_HANGUL = "[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff]+";
  private static final String CJK_AND_KANA = "[\\u4e00-\\u9fa5\\u3040-\\u309f\\u30a0-\\u30ff]+";

  private static final String SEED_CODER =
      either(CONTRACTION, WORD, DIGIT, " ?[^\\s\\p{L}\\p{N}\\r\\n]+", SPACES);

  private static final String BAILING =
      either("'(?i:[sdmt]|ll|ve|re)", WORD, DIGIT, SYMBOLS, "\\s*[\\r\\n]|\\s+(?!\\S)|\\s+");

  private static final String JAIS2 =
      either(
          CONTRACTION,
          WORD,
          DIGITS_3,
          SYMBOLS,
          "\\s*[\\r\\n]+",
          "\\s{512}(?!\\S)|\\s{256}(?!\\S)|\\s{128}(?!\\S)|\\s{64}(?!\\S)|\\s{32}(?!\\S)",
          "\\s{16}(?!\\S)|\\s{8}(?!\\S)|\\s{4}(?!\\S)|\\s{1,2}(?!\\S)|\\s");

  private static final String BLOOM = " ?[^(\\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+";

  /**
   * Letters with case as DeepSeek LLM's tokenizer lists them: newer capitals and lower case letters
   * are not among them.
   */
  private static final String CASED_LETTERS =
      "A-Za-z\\u00b5\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u01ba\\u01bc-\\u01bf\\u01c4-\\u0293"
          + "\\u0295-\\u02af\\u0370-\\u0373\\u0376\\u0377\\u037b-\\u037d\\u037f\\u0386"
          + "\\u0388-\\u038a\\u038c\\u038e-\\u03a1\\u03a3-\\u03f5\\u03f7-\\u0481\\u048a-\\u052f"
          + "\\u0531-\\u0556\\u10a0-\\u10c5\\u13a0-\\u13f5\\u13f8-\\u13fd\\u1c90-\\u1cba"
          + "\\u1cbd-\\u1cbf\\u1d00-\\u1d2b\\u1d6b-\\u1d77\\u1d79-\\u1d9a\\u1e00-\\u1f15"
          + "\\u1f18-\\u1f1d\\u1f20-\\u1f45\\u1f48-\\u1f4d\\u1f50-\\u1f57\\u1f59\\u1f5b\\u1f5d"
          + "\\u1f5f-\\u1f7d\\u1f80-\\u1fb4\\u1fb6-\\u1fbc\\u1fbe\\u1fc2-\\u1fc4\\u1fc6-\\u1fcc"
          + "\\u1fd0-\\u1fd3\\u1fd6-\\u1fdb\\u1fe0-\\u1fec\\u1ff2-\\u1ff4\\u1ff6-\\u1ffc\\u2102"
          + "\\u2107\\u210a-\\u2113\\u2115\\u2119-\\u211d\\u2124\\u2126\\u2128\\u212a-\\u212d"
          + "\\u212f-\\u2134\\u2139\\u213c-\\u213f\\u2145-\\u2149\\u214e\\u2183\\u2184"
          + "\\u2c00-\\u2c7b\\u2c7e-\\u2ce4\\u2ceb-\\u2cee\\u2cf2\\u2cf3\\ua640-\\ua66d"
          + "\\ua680-\\ua69b\\ua722-\\ua76f\\ua771-\\ua787\\ua78b-\\ua78e\\uab70-\\uabbf"
          + "\\ufb00-\\ufb06\\ufb13-\\ufb17\\uff21-\\uff3a\\uff41-\\uff5a"
          + "\\x{10400}-\\x{1044f}\\x{104b0}-\\x{104d3}\\x{104d8}-\\x{104fb}"
          + "\\x{10c80}-\\x{10cb2}\\x{10cc0}-\\x{10cf2}\\x{118a0}-\\x{118df}"
          + "\\x{1e900}-\\x{1e943}";

  private static final Map<String, Preset> PRESETS = new HashMap<>();

  static {
    put(Preset.of("[\\p{P}$+<=>^~|]+", GPT2, "\\p{N}+", "[0-9]{3}"), "default");
    put(Preset.of(GPT2), "gpt-2", "phi-2", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de");
    put(Preset.of(GPT2), "jina-v1-en", "jina-v2-code", "roberta-bpe", "modern-bert", "gigachat");
    put(Preset.of(GPT2), "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4");
    put(Preset.of(GPT2), "a.x-4.0", "mellum");
    put(Preset.of(DIGIT, GPT2), "starcoder", "refact", "command-r", "smollm", "codeshell");
    put(Preset.of(DIGIT, GPT2), "exaone", "minerva-7b", "mellum2");
    put(
        Preset.of(LLAMA3).wholeWordsFirst().startingWithBos(),
        "llama-bpe",
        "llama3",
        "llama-v3",
        "falcon3",
        "falcon-h1",
        "pixtral",
        "midm-2.0",
        "lfm2",
        "jina-v5-nano");
    put(Preset.of(LLAMA3), "dbrx", "smaug-bpe", "glm4", "chatglm-bpe");
    put(Preset.of(QWEN2), "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez");
    put(Preset.of(QWEN2), "stablelm2", "hunyuan", "solar-open", "grok-2");
    put(Preset.of(QWEN35), "qwen35");
    put(Preset.of(TEKKEN).wholeWordsFirst().startingWithBos(), "tekken");
    put(Preset.of(GPT4O), "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2");
    put(Preset.of("\\d{1,3}(?=(?:\\d{3})*\\b)", GPT4O), "tiny_aya", "cohere2moe");
    put(
        Preset.of(
            "[\\r\\n]",
            "\\s?[" + CASED_LETTERS + "]+",
            "\\s?[!-/:-~\\uff01-\\uff0f\\uff1a-\\uff5e\\u2018-\\u201f\\u3000-\\u3002]+",
            "\\s+$",
            CJK_AND_HANGUL,
            "\\p{N}+"),
        "deepseek-llm");
    put(
        Preset.of("[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", CJK_AND_HANGUL, DIGIT),
        "deepseek-coder");
    put(
        Preset.of(DIGITS_3, CJK_AND_KANA, DEEPSEEK_V3),
        "deepseek-v3",
        "hunyuan-dense",
        "joyai-llm");
    put(Preset.of("[\\p{P}$+<=>^~|`]+", GPT2, "[0-9]{3}"), "falcon");
    put(Preset.of(BLOOM), "poro-chat", "bloom", "gpt3-finnish");
    put(Preset.of(BLOOM, DIGIT), "viking");
    put(Preset.of("\\p{N}+", "(?=(\\d{3})+(?!\\d))"), "superbpe");
    put(Preset.of(BAILING), "bailingmoe", "bailingmoe2", "llada-moe");
    put(Preset.of(SEED_CODER), "seed-coder");
    put(Preset.of(JAIS2), "jais-2");
    put(
        Preset.of(DIGITS_3, either(CONTRACTION, WORD, "\\p{N}+", SYMBOLS, SPACES))
            .wholeWordsFirst(),
        "minicpm5");
  }

  private GgufPreTokenizers() {}

  /**
   * @param expressions applied in order
   * @param ignoreMerges words that are tokens as a whole are not built from merges
   * @param addBos prompts start with BOS unless the file says otherwise
   */
  record Preset(List<String> expressions, boolean ignoreMerges, boolean addBos) {
    private static Preset of(String... expressions) {
      return new Preset(List.of(expressions), false, false);
    }

    private Preset wholeWordsFirst() {
      return new Preset(expressions, true, addBos);
    }

    private Preset startingWithBos() {
      return new Preset(expressions, ignoreMerges, true);
    }

    /** Cuts text into words spelled in the byte-level alphabet. */
    PreTokenizer compile(String name) {
      List<PreTokenizer> steps = new ArrayList<>();
      for (String expression : expressions) {
        steps.add(PreTokenizer.isolate(SplitPattern.regex("pre-tokenizer " + name, expression)));
      }
      steps.add(PreTokenizer.byteLevel(false));
      return PreTokenizer.sequence(steps);
    }
  }

  static Optional<Preset> find(String name) {
    return Optional.ofNullable(PRESETS.get(name));
  }

  private static String either(String... alternatives) {
    return String.join("|", alternatives);
  }

  private static void put(Preset preset, String... names) {
    for (String name : names) {
      PRESETS.put(name, preset);
    }
  }
}
