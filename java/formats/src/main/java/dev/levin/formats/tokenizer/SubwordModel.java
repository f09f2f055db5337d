package dev.levin.formats.tokenizer;

/** Turns one pre-tokenized piece of text into token ids. Thread-safe. */
interface SubwordModel {
  void encode(String word, IntList ids);
}
