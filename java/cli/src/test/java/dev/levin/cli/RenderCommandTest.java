package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RenderCommandTest {
  private static final String TEMPLATE =
      "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{{ eos_token }}"
          + "{% endfor %}{% if tools %}{{ tools | length }} tools{% endif %}"
          + "{% if add_generation_prompt %}[assistant]{% endif %}";

  @TempDir private Path folder;
  private String template;
  private String messages;

  @BeforeEach
  void writeFiles() throws IOException {
    template = write("t.jinja", TEMPLATE);
    messages = write("m.json", "[{\"role\": \"user\", \"content\": \"Hello é!\"}]");
  }

  private String write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  @Test
  void rendersATemplateFile() {
    assertEquals(
        "<s>[user] Hello é!</s>[assistant]",
        Run.of(
                "render",
                "--template",
                template,
                "--bos",
                "<s>",
                "--eos",
                "</s>",
                "--messages",
                messages)
            .succeeded());
  }

  @Test
  void namesTheFileThatIsNoText() throws IOException {
    String place = folder.toString();
    assertTrue(Run.of("render", "--messages", place).refused().contains(place + ": is a folder"));
    Path latin = Files.write(folder.resolve("latin.jinja"), new byte[] {(byte) 0xE9});
    String line =
        Run.of("render", "--messages", messages, "--template", latin.toString()).refused();
    assertTrue(line.contains(latin + ": is not UTF-8"), line);
  }

  @Test
  void refusesAFileWithoutEnd() {
    assumeTrue(Files.exists(Path.of("/dev/zero")), "no /dev/zero");
    String line = Run.of("render", "--messages", "/dev/zero").refused();
    assertTrue(line.contains("/dev/zero: is longer than 64.0 MiB"), line);
  }

  @Test
  void takesToolsAndLeavesOutTheGenerationPrompt() throws IOException {
    String tools = write("tools.json", "{\"tools\": [{\"type\": \"function\"}]}");
    assertEquals(
        "[user] Hello é!1 tools",
        Run.of(
                "render",
                "--template",
                template,
                "--messages",
                messages,
                "--tools",
                tools,
                "--no-generation-prompt")
            .succeeded());
  }

  @Test
  void rendersTheModelsOwnTemplate() {
    String text = Run.of("render", "--messages", messages).succeeded();
    assertTrue(
        text.endsWith("<|im_start|>user\nHello é!<|im_end|>\n<|im_start|>assistant\n"), text);
  }

  @Test
  void showsTheDayAsked() throws IOException {
    String dated = write("dated.jinja", "{{ strftime_now('%Y-%m-%d') }}");
    assertEquals(
        "2024-02-29",
        Run.of("render", "--template", dated, "--date", "2024-02-29", "--messages", messages)
            .succeeded());
  }

  @Test
  void namesTheFileThatIsNotAsExpected() throws IOException {
    String broken = write("broken.json", "[{\"role\":\n \"user\",,}]");
    String line = Run.of("render", "--messages", broken).refused();
    assertTrue(line.contains("broken.json, line 2 column"), line);
    String scalar = write("scalar.json", "3");
    assertTrue(Run.of("render", "--messages", scalar).refused().contains("list of messages"));
    String mixed = write("mixed.json", "[{}, 1]");
    assertTrue(Run.of("render", "--messages", mixed).refused().contains("messages[1]"));
    assertTrue(Run.of("render", "--messages", "none.json").refused().contains("no such file"));
  }

  @Test
  void namesATemplateThatDoesNotParse() throws IOException {
    String broken = write("broken.jinja", "{% for %}");
    String line = Run.of("render", "--template", broken, "--messages", messages).refused();
    assertTrue(line.contains("broken.jinja"), line);
  }
}
