package dev.levin.formats.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.levin.core.model.Metadata;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The components of tokenizer.json. Expected values are those of the tokenizers library. */
class HuggingFaceTest {
  private static final String QWEN2_SPLIT =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  @TempDir private Path folder;

  @Test
  void agreesWithGgufOnARealVocabulary() throws IOException {
    Optional<Path> vocabularies = Golden.external("vocab");
    assumeTrue(vocabularies.isPresent(), "no external vocabularies; set " + Golden.VARIABLE);
    Path file = vocabularies.get().resolve("ggml-vocab-gpt-2.gguf");
    Metadata metadata = GgufMetadata.read(file);
    Tokenizer gguf = Tokenizers.fromGguf(metadata);
    Tokenizer json =
        new HuggingFaceFolder(folder)
            .bytePairs(
                metadata.list("tokenizer.ggml.tokens").orElseThrow(),
                metadata.list("tokenizer.ggml.merges").orElseThrow())
            .json("pre_tokenizer", "{'type':'ByteLevel','add_prefix_space':false}")
            .json("decoder", "{'type':'ByteLevel'}")
            .open();
    for (String text : GgufGoldenTest.texts(file)) {
      assertArrayEquals(gguf.encode(text, false, false), json.encode(text, false, false), text);
    }
  }

  @Test
  void splitWithRegexAgreesWithGguf() throws IOException {
    var values = Vocabularies.bytePairs("qwen2", "l l", "Ġ H", "1 2", "Ġ Ġ");
    Tokenizer gguf = Vocabularies.open(values);
    Tokenizer json =
        new HuggingFaceFolder(folder)
            .bytePairs(
                (List<?>) values.get("tokenizer.ggml.tokens"),
                List.of(List.of("l", "l"), List.of("Ġ", "H"), "1 2", "Ġ Ġ"))
            .with("pre_tokenizer", splitThenBytes(QWEN2_SPLIT))
            .json("decoder", "{'type':'ByteLevel'}")
            .open();
    var random = new Random(11);
    for (int i = 0; i < 500; i++) {
      String text = Vocabularies.randomText(random, 10);
      int[] ids = gguf.encode(text, false, false);
      assertArrayEquals(ids, json.encode(text, false, false), () -> "seed 11: " + text);
      assertEquals(text, json.decode(ids, true));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "{'type':'Whitespace'} ~ `Hi, you_2 !` ~ `Hi|,|you_2|!`",
        "{'type':'WhitespaceSplit'} ~ ` Hi,  you ` ~ `Hi,|you`",
        "{'type':'Digits','individual_digits':true} ~ `a12` ~ `a|1|2`",
        "{'type':'Digits','individual_digits':false} ~ `a12b` ~ `a|12|b`",
        "{'type':'Punctuation'} ~ `a?!b` ~ `a|?|!|b`",
        "{'type':'Punctuation','behavior':'Contiguous'} ~ `a?!b` ~ `a|?!|b`",
        "{'type':'Metaspace','replacement':'▁'} ~ `a  b` ~ `▁a|▁|▁b`",
        "{'type':'Metaspace','replacement':'▁','split':false} ~ `a b` ~ `▁a▁b`",
        "{'type':'Metaspace','replacement':'▁','prepend_scheme':'never'} ~ `a b` ~ `a|▁b`",
        "{'type':'BertPreTokenizer'} ~ `Hi, you!` ~ `Hi|,|you|!`",
        "{'type':'CharDelimiterSplit','delimiter':'-'} ~ `a-b--c` ~ `a|b|c`",
        "{'type':'ByteLevel'} ~ `it's 5` ~ `Ġit|'s|Ġ5`",
        "{'type':'Split','pattern':{'String':'a'},'behavior':'Removed'} ~ `xaay` ~ `x|y`",
        "{'type':'Split','pattern':{'String':'a'},'behavior':'Isolated'} ~ `xaay` ~ `x|a|a|y`",
        "{'type':'Split','pattern':{'String':'a'},'behavior':'Contiguous'} ~ `xaay` ~ `x|aa|y`",
        "{'type':'Split','pattern':{'String':'a'},'behavior':'MergedWithPrevious'} ~ `xaay` ~ `xa|a|y`",
        "{'type':'Split','pattern':{'String':'a'},'behavior':'MergedWithNext'} ~ `xaay` ~ `x|a|ay`",
        "{'type':'Split','pattern':{'Regex':'\\\\d'},'behavior':'Removed','invert':true} ~ `a1b` ~ `1`",
      })
  void preTokenizers(String json, String text, String words) throws IOException {
    JsonField field = field("pre_tokenizer", json);
    List<String> actual = new ArrayList<>();
    HuggingFacePreTokenizers.read(field).split(text, true, (word, first) -> actual.add(word));
    assertEquals(words, String.join("|", actual));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "{'type':'NFC'} ~ `e\u0301` ~ `é`",
        "{'type':'NFKC'} ~ `ﬁ½` ~ `fi1⁄2`",
        "{'type':'Lowercase'} ~ `ÀΣΑΣ` ~ `àσασ`",
        "{'type':'Sequence','normalizers':[{'type':'NFD'},{'type':'StripAccents'}]} ~ `é` ~ `e`",
        "{'type':'Strip','strip_left':true,'strip_right':false} ~ ` a ` ~ `a `",
        "{'type':'Replace','pattern':{'String':' '},'content':'▁'} ~ `a b` ~ `a▁b`",
        "{'type':'Replace','pattern':{'Regex':'\\\\s+'},'content':'$1'} ~ `a  b` ~ `a$1b`",
        "{'type':'Prepend','prepend':'▁'} ~ `a` ~ `▁a`",
        "{'type':'ByteLevel'} ~ ` é` ~ `ĠÃ©`",
        "{'type':'BertNormalizer'} ~ `Ünï\u200d你\t!` ~ `uni 你  !`",
        "{'type':'BertNormalizer','lowercase':false} ~ `Ü\u0085\ufffd\r\u00a0x` ~ `Ü  x`",
      })
  void normalizers(String json, String text, String expected) throws IOException {
    JsonField field = field("normalizer", json);
    assertEquals(expected, HuggingFaceNormalizers.read(field).apply(text));
  }

  @Test
  void wordPieceWithTemplateAndCleanup() throws IOException {
    Tokenizer tokenizer =
        new HuggingFaceFolder(folder)
            .wordPiece("[UNK]", "[CLS]", "[SEP]", "un", "##want", "##ed", ",", "don", "'", "t")
            .json(
                "added_tokens",
                "[{'id':1,'content':'[CLS]','special':true},"
                    + "{'id':2,'content':'[SEP]','special':true}]")
            .json("normalizer", "{'type':'BertNormalizer'}")
            .json("pre_tokenizer", "{'type':'BertPreTokenizer'}")
            .json("decoder", "{'type':'WordPiece','prefix':'##','cleanup':true}")
            .json("post_processor", "{'type':'BertProcessing','cls':['[CLS]',1],'sep':['[SEP]',2]}")
            .open();
    int[] ids = tokenizer.encode("UNwanted, zzz", true, true);
    assertArrayEquals(new int[] {1, 3, 4, 5, 6, 0, 2}, ids);
    assertEquals("unwanted, [UNK]", tokenizer.decode(ids, true));
  }

  @Test
  void byteFallbackMergesAndTemplate() throws IOException {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "▁", "a", "b", "▁a", "▁ab"));
    for (int value = 0; value < 256; value++) {
      tokens.add(String.format("<0x%02X>", value));
    }
    HuggingFaceFolder files =
        new HuggingFaceFolder(folder)
            .bytePairs(tokens, List.of("▁ a", "▁a b"))
            .json("added_tokens", "[{'id':1,'content':'<s>','special':true,'normalized':false}]")
            .json(
                "normalizer",
                "{'type':'Sequence','normalizers':[{'type':'Prepend','prepend':'▁'},"
                    + "{'type':'Replace','pattern':{'String':' '},'content':'▁'}]}")
            .json(
                "decoder",
                "{'type':'Sequence','decoders':[{'type':'Replace','pattern':"
                    + "{'String':'▁'},'content':' '},{'type':'ByteFallback'},{'type':'Fuse'},"
                    + "{'type':'Strip','content':' ','start':1,'stop':0}]}")
            .json(
                "post_processor",
                "{'type':'TemplateProcessing','single':[{'SpecialToken':"
                    + "{'id':'<s>','type_id':0}},{'Sequence':{'id':'A','type_id':0}}],"
                    + "'special_tokens':{'<s>':{'id':'<s>','ids':[1],'tokens':['<s>']}}}");
    Tokenizer unknown = files.open();
    assertArrayEquals(new int[] {1, 6, 2, 4}, unknown.encode("ab b😀", true, true));
    Tokenizer bytes = files.modelFlag("byte_fallback").open();
    int[] ids = bytes.encode("ab b😀", true, true);
    assertEquals(8, ids.length);
    assertEquals("ab b😀", bytes.decode(ids, true));
  }

  @Test
  void unigramTakesTheBestCut() throws IOException {
    Tokenizer tokenizer =
        new HuggingFaceFolder(folder)
            .json(
                "model",
                "{'type':'Unigram','unk_id':0,'vocab':[['<unk>',0],['▁',-3],['a',-2],"
                    + "['b',-2],['ab',-3],['▁a',-2.5],['ba',-9]]}")
            .json("pre_tokenizer", "{'type':'Metaspace','replacement':'▁'}")
            .json("decoder", "{'type':'Metaspace','replacement':'▁'}")
            .open();
    assertArrayEquals(new int[] {5, 3}, tokenizer.encode("ab", false, false));
    assertArrayEquals(new int[] {5, 0, 3}, tokenizer.encode("axyb", false, false));
    assertEquals("ab ba", tokenizer.decode(tokenizer.encode("ab ba", false, false), true));
  }

  @Test
  void addedTokens() throws IOException {
    Tokenizer tokenizer =
        new HuggingFaceFolder(folder)
            .characters("abcdABCDEF<>wor ")
            .json(
                "added_tokens",
                "[{'id':20,'content':'<a>','special':true},"
                    + "{'id':21,'content':'<ab>','special':false,'normalized':false,'lstrip':true,"
                    + "'rstrip':true},{'id':22,'content':'word','single_word':true,'normalized':true},"
                    + "{'id':23,'content':'Ace','normalized':true}]")
            .json("normalizer", "{'type':'Lowercase'}")
            .open();
    assertArrayEquals(new int[] {20, 21}, tokenizer.encode("<a>  <ab> ", false, true));
    assertArrayEquals(new int[] {22, 15, 22}, tokenizer.encode("WORD word", false, true));
    assertEquals(5, tokenizer.encode("worda", false, true).length);
    assertArrayEquals(new int[] {23}, tokenizer.encode("ACE", false, true));
    assertEquals(3, tokenizer.encode("<a>", false, false).length);
    assertEquals(24, tokenizer.vocabSize());
  }

  @Test
  void rolesComeFromTheOtherFiles() throws IOException {
    Tokenizer tokenizer =
        new HuggingFaceFolder(folder)
            .characters("abc")
            .json(
                "added_tokens",
                "[{'id':3,'content':'<s>','special':true},"
                    + "{'id':4,'content':'<|im_end|>','special':true}]")
            .file(
                "tokenizer_config.json",
                "{'bos_token':{'content':'<s>'},'add_bos_token':true,"
                    + "'added_tokens_decoder':{'5':{'content':'<late>','special':true}}}")
            .file("special_tokens_map.json", "{'eos_token':'a'}")
            .file("generation_config.json", "{'eos_token_id':[2,1]}")
            .open();
    assertEquals(OptionalInt.of(3), tokenizer.bosId());
    assertEquals(OptionalInt.of(0), tokenizer.eosId());
    assertEquals(Set.of(0, 1, 2, 4), tokenizer.endIds());
    assertArrayEquals(new int[] {3, 5, 1}, tokenizer.encode("<late>b", true, true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "`\\h+` ~ `[0-9a-fA-F]+`",
        "`[\\h_]` ~ `[0-9a-fA-F_]`",
        "`\\p{Han}\\p{^L}\\P{Letter}` ~ `\\p{IsHan}\\P{L}\\P{L}`",
        "`[[:alpha:]]` ~ `[\\p{IsAlphabetic}]`",
        "`\\p{N}{1,3}+` ~ `(?:\\p{N}{1,3})+`",
        "`(ab){2}+c` ~ `(?:(ab){2})+c`",
        "`[a]{,2}` ~ `[a]{0,2}`",
        "`a++b?+` ~ `a++b?+`",
        "`(?m:.)` ~ `(?s:.)`",
        "`(?<!x)(?=y)` ~ `(?<!x)(?=y)`",
        "`[]a]{` ~ `[\\]a]\\{`",
        "`\\v` ~ `\\x0B`",
      })
  void translatesOniguruma(String expression, String java) {
    assertEquals(java, OnigurumaSyntax.toJava(expression));
  }

  private JsonField field(String key, String json) throws IOException {
    new HuggingFaceFolder(folder).file("part.json", "{'" + key + "':" + json + "}");
    return JsonField.read(folder.resolve("part.json")).get(key);
  }

  private static Map<String, Object> splitThenBytes(String regex) {
    return Map.of(
        "type",
        "Sequence",
        "pretokenizers",
        List.of(
            Map.of("type", "Split", "pattern", Map.of("Regex", regex), "behavior", "Isolated"),
            Map.of("type", "ByteLevel", "add_prefix_space", false, "use_regex", false)));
  }
}
