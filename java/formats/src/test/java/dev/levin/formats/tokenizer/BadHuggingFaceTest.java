package dev.levin.formats.tokenizer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.ModelFormatException;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Damaged tokenizer.json: one line that names the file and the field. */
class BadHuggingFaceTest {
  private static final long SEED = 77;

  @TempDir private Path folder;

  @Test
  void noFile() {
    expect("has no tokenizer.json", () -> Tokenizers.fromHuggingFace(folder));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "`` ~ is not a JSON object",
        "[1] ~ is not a JSON object",
        "{'model': ~ not valid JSON at line 1",
        "{} ~ 'model.vocab' is missing",
        "{'model':{'type':'BPE','vocab':{'a':'x'}}} ~ 'model.vocab' gives 'a' no usable id",
        "{'model':{'type':'BPE','vocab':{'a':-1}}} ~ 'model.vocab' gives 'a' no usable id: -1",
        "{'model':{'type':'BPE','vocab':{'a':2147483647}}} ~ too large for a vocabulary of 1",
        "{'model':{'type':'BPE','vocab':{'a':0,'b':0}}} ~ 'model.vocab' gives id 0 to both",
        "{'model':{'type':'BPE','vocab':{}}} ~ 'model.vocab' is empty",
        "{'model':{'type':'BPE','vocab':{'a':0}}} ~ a tokenizer without merges",
        "{'model':{'type':'BPE','vocab':{'a':0},'merges':['ab']}} ~ has an entry 0 that is not",
        "{'model':{'type':'BPE','vocab':{'a':0},'merges':[['a']]}} ~ has an entry 0 that is not",
        "{'model':{'type':'BPE','vocab':{'a':0},'merges':7}} ~ 'model.merges' is not a list",
        "{'model':{'type':'WordLevel','vocab':{'a':0}}} ~ 'model.type' is 'WordLevel'",
        "{'model':{'type':'WordPiece','vocab':{'a':0}}} ~ 'model.unk_token' is not in",
        "{'model':{'type':'Unigram','vocab':[['a']]}} ~ 'model.vocab[0]' is not a piece",
        "{'model':{'type':'Unigram','unk_id':4,'vocab':[['a',0]]}} ~ 'model.unk_id' is 4, outside",
      })
  void models(String json, String message) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), json.replace('\'', '"'));
    expect(message, () -> Tokenizers.fromHuggingFace(folder));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "normalizer ~ {'type':'Nmt'} ~ 'normalizer.type' is 'Nmt', which is not supported",
        "normalizer ~ {'type':'Precompiled','precompiled_charsmap':'?'} ~ is not Base64",
        "normalizer ~ {'type':'Precompiled','precompiled_charsmap':'////fw=='} ~ no valid table",
        "normalizer ~ 3 ~ 'normalizer' is not an object",
        "pre_tokenizer ~ {'type':'Split','pattern':{'Regex':'('}} ~ the pattern is not understood",
        "pre_tokenizer ~ {'type':'Split','pattern':{}} ~ 'pre_tokenizer.pattern.Regex' is missing",
        "pre_tokenizer ~ {'type':'Split','pattern':{'String':''}} ~ is empty",
        "pre_tokenizer ~ {'type':'Sequence','pretokenizers':[{}]} ~ pretokenizers[0].type' is missing",
        "pre_tokenizer ~ {'type':'Metaspace','replacement':'_','prepend_scheme':'x'} ~ is 'x'",
        "decoder ~ {'type':'CTC'} ~ 'decoder.type' is 'CTC', which is not supported",
        "decoder ~ {'type':'Strip','content':'é'} ~ 'decoder.content' is not one ASCII character",
        "post_processor ~ {'type':'TemplateProcessing','single':[]} ~ has 0 places for the text",
        "post_processor ~ {'type':'BertProcessing','cls':['x',9],'sep':['x',0]} ~ is 9, outside",
        "added_tokens ~ [{'content':'x'}] ~ 'added_tokens[0].id' is missing",
        "added_tokens ~ [{'id':-4,'content':'x'}] ~ has the negative id -4",
        "added_tokens ~ [{'id':900000000,'content':'x'}] ~ too large for a vocabulary",
      })
  void components(String key, String json, String message) throws IOException {
    HuggingFaceFolder files = new HuggingFaceFolder(folder).characters("abc").json(key, json);
    expect(message, files::open);
  }

  @Test
  void configuredTokenThatIsNotThere() throws IOException {
    HuggingFaceFolder files =
        new HuggingFaceFolder(folder)
            .characters("abc")
            .file("tokenizer_config.json", "{'eos_token':'<gone>'}");
    expect("'eos_token' is '<gone>', which the vocabulary lacks", files::open);
  }

  @Test
  void hostilePatternsAreStopped() throws IOException {
    for (String regex : List.of("(a+)+$b", "(a|aa)+$b", "(a|b)*c")) {
      Tokenizer tokenizer =
          new HuggingFaceFolder(folder)
              .characters("ab")
              .with("pre_tokenizer", Map.of("type", "Split", "pattern", Map.of("Regex", regex)))
              .open();
      String text = "a".repeat(50_000);
      expect("the pattern '", () -> tokenizer.encode(text, false, false));
    }
  }

  @Test
  void mutatedFilesGiveFormatErrorsOnly() throws IOException {
    byte[] original = Golden.bytes(Golden.path("demo/hf/tokenizer.json"));
    Random random = new Random(SEED);
    int rejected = 0;
    for (int i = 0; i < 150; i++) {
      byte[] bytes = original.clone();
      for (int j = random.nextInt(4); j >= 0; j--) {
        // the components stand in the first two thousand bytes
        int place = random.nextInt(random.nextBoolean() ? 2_000 : bytes.length);
        bytes[place] =
            (byte)
                (random.nextBoolean()
                    ? random.nextInt(256)
                    : "\"{}[]:,1".getBytes(StandardCharsets.US_ASCII)[random.nextInt(8)]);
      }
      Files.write(folder.resolve("tokenizer.json"), bytes);
      try {
        Tokenizers.fromHuggingFace(folder).encode("Hello <|im_end|> 1", true, true);
      } catch (ModelFormatException e) {
        rejected++;
        assertFalse(e.getMessage().contains("\n"), () -> "seed " + SEED + ": " + e.getMessage());
      }
    }
    assertTrue(rejected > 0);
  }

  private static void expect(String message, Executable action) {
    String actual = assertThrows(ModelFormatException.class, action).getMessage();
    assertTrue(actual.contains(message), actual);
    assertFalse(actual.contains("\n"), actual);
  }
}
