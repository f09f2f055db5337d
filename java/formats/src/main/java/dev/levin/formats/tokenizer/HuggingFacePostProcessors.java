package dev.levin.formats.tokenizer;

/** Reads from {@code post_processor} of tokenizer.json what a single text gets around it. */
final class HuggingFacePostProcessors {
  private final Vocabulary vocabulary;
  private int[] prefix = {};
  private int[] suffix = {};

  private HuggingFacePostProcessors(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** Ids before and after a prompt. */
  record Frame(int[] prefix, int[] suffix) {}

  static Frame read(JsonField field, Vocabulary vocabulary) {
    HuggingFacePostProcessors reader = new HuggingFacePostProcessors(vocabulary);
    if (field.isPresent()) {
      reader.add(field);
    }
    return new Frame(reader.prefix, reader.suffix);
  }

  private void add(JsonField field) {
    switch (field.type()) {
      case "Sequence" -> field.get("processors").elements().forEach(this::add);
      case "ByteLevel" -> {}
      case "TemplateProcessing" -> template(field);
      case "BertProcessing", "RobertaProcessing" -> {
        wrap(new int[] {pairId(field.get("cls"))}, new int[] {pairId(field.get("sep"))});
      }
      default -> throw field.unsupportedType();
    }
  }

  private void template(JsonField field) {
    IntList before = new IntList(4);
    IntList after = new IntList(4);
    int sequences = 0;
    for (JsonField part : field.get("single").elements()) {
      if (part.get("Sequence").isPresent()) {
        sequences++;
      } else {
        String name = part.get("SpecialToken").get("id").string();
        IntList side = sequences == 0 ? before : after;
        for (JsonField id : field.get("special_tokens").get(name).get("ids").elements()) {
          side.add(checked(id));
        }
      }
    }
    if (sequences != 1) {
      throw field.get("single").error("has " + sequences + " places for the text, not one");
    }
    wrap(before.toArray(), after.toArray());
  }

  private void wrap(int[] before, int[] after) {
    prefix = concatenate(before, prefix);
    suffix = concatenate(suffix, after);
  }

  /** A pair {@code ["[CLS]", 101]}. */
  private int pairId(JsonField field) {
    return checked(new JsonField(field.file(), field.path() + "[1]", field.node().path(1)));
  }

  private int checked(JsonField field) {
    int id = field.integer();
    if (!vocabulary.contains(id)) {
      throw field.error(
          "is " + id + ", outside the vocabulary of " + vocabulary.size() + " tokens");
    }
    return id;
  }

  private static int[] concatenate(int[] left, int[] right) {
    IntList all = new IntList(left.length + right.length);
    all.addAll(left);
    all.addAll(right);
    return all.toArray();
  }
}
