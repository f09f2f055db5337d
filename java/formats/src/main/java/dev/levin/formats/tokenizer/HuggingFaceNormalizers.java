package dev.levin.formats.tokenizer;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code normalizer} of tokenizer.json. */
final class HuggingFaceNormalizers {
  private HuggingFaceNormalizers() {}

  static TextNormalizer read(JsonField field) {
    if (!field.isPresent()) {
      return TextNormalizer.NONE;
    }
    return switch (field.type()) {
      case "Sequence" -> sequence(field.get("normalizers"));
      case "NFC" -> TextNormalizer.form(Normalizer.Form.NFC);
      case "NFD" -> TextNormalizer.form(Normalizer.Form.NFD);
      case "NFKC" -> TextNormalizer.form(Normalizer.Form.NFKC);
      case "NFKD" -> TextNormalizer.form(Normalizer.Form.NFKD);
      case "Lowercase" -> TextNormalizer::lowercase;
      case "StripAccents" -> TextNormalizer::stripMarks;
      case "Strip" -> strip(field);
      case "Replace" -> replace(field);
      case "Prepend" -> TextNormalizer.prepend(field.get("prepend").string());
      case "ByteLevel" -> ByteLevelAlphabet::encode;
      case "BertNormalizer" -> bert(field);
      case "Precompiled" -> PrecompiledNormalizer.read(field.get("precompiled_charsmap"));
      default -> throw field.unsupportedType();
    };
  }

  private static TextNormalizer sequence(JsonField parts) {
    List<TextNormalizer> steps = new ArrayList<>();
    for (JsonField part : parts.elements()) {
      steps.add(read(part));
    }
    return TextNormalizer.sequence(steps);
  }

  private static TextNormalizer strip(JsonField field) {
    boolean left = field.get("strip_left").bool(true);
    boolean right = field.get("strip_right").bool(true);
    return text -> TextNormalizer.strip(text, left, right);
  }

  private static TextNormalizer replace(JsonField field) {
    String content = field.get("content").string();
    JsonField literal = field.get("pattern").get("String");
    return literal.isPresent()
        ? TextNormalizer.replace(literal.string(), content)
        : TextNormalizer.replace(HuggingFacePreTokenizers.pattern(field.get("pattern")), content);
  }

  private static TextNormalizer bert(JsonField field) {
    boolean lowercase = field.get("lowercase").bool(true);
    return TextNormalizer.bert(
        field.get("clean_text").bool(true),
        field.get("handle_chinese_chars").bool(true),
        field.get("strip_accents").bool(lowercase),
        lowercase);
  }
}
