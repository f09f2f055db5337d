package dev.levin.formats.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatTemplateTest {
  private static final RenderOptions OPTIONS = RenderOptions.defaults("<s>", null);

  private static String render(String source, RenderOptions options, ChatMessage... messages) {
    return ChatTemplate.parse("test", source).render(List.of(messages), options);
  }

  @Test
  void passesMessagesTokensAndVariables() {
    String source =
        "{{ bos_token }}{{ eos_token is defined }}{% for m in messages %}{{ m.role }}:"
            + "{{ m['content'] }};{% endfor %}{{ add_generation_prompt }}{{ tools }}{{ documents }}"
            + "{{ enable_thinking }}";
    assertEquals(
        "<s>Falsesystem:a;user:b;TrueNoneNoneFalse",
        render(
            source,
            OPTIONS.withVariable("enable_thinking", false),
            ChatMessage.system("a"),
            ChatMessage.user("b")));
    assertEquals(
        "<s>FalseFalse[{'a': 1}]None",
        render(source, OPTIONS.withGenerationPrompt(false).withTools(List.of(Map.of("a", 1)))));
  }

  @Test
  void variablesWinOverEverythingElse() {
    assertEquals("5", render("{{ range }}", OPTIONS.withVariable("range", 5)));
    assertEquals("x", render("{{ bos_token }}", OPTIONS.withVariable("bos_token", "x")));
  }

  @Test
  void numbersKeepTheirKind() {
    List<Object> numbers = new ArrayList<>();
    numbers.add(1);
    numbers.add(2L);
    numbers.add(0.5f);
    numbers.add(3.0);
    numbers.add(new BigDecimal("1.10"));
    numbers.add(new BigInteger("123456789012345678901234567890"));
    numbers.add(null);
    assertEquals(
        "[1, 2, 0.5, 3.0, 1.1, 123456789012345678901234567890, None]",
        render("{{ n }}", OPTIONS.withVariable("n", numbers)));
  }

  @Test
  void raiseExceptionKeepsTheMessage() {
    TemplateException error =
        assertThrows(
            TemplateException.class,
            () -> render("\n{{ raise_exception('no\\n  system role') }}", OPTIONS));
    assertEquals("no\n  system role", error.templateMessage());
    assertEquals(
        "test: chat template line 2: the template refuses the messages: no system role",
        error.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          %Y-%m-%d %H:%M:%S | 2024-02-05 07:08:09
          %d %b %Y          | 05 Feb 2024
          %-d %B %y         | 5 February 24
          %A %a %w %u       | Monday Mon 1 1
          %I:%M %p %f       | 07:08 AM 000123
          %j %U %W %V %G    | 036 05 06 06 2024
          %c                | Mon Feb  5 07:08:09 2024
          %x %X             | 02/05/24 07:08:09
          [%e][%_d][%-m]    | [ 5][ 5][2]
          %-j %-H %-I %-M   | 36 7 7 8
          100%%[%z%Z]       | 100%[]
          %D %T %R %F       | 02/05/24 07:08:09 07:08 2024-02-05
          """,
      ignoreLeadingAndTrailingWhitespace = true)
  void strftimeNowIsPythons(String format, String expected) {
    Clock clock =
        Clock.fixed(Instant.parse("2024-02-05T06:08:09.000123Z"), ZoneId.of("Europe/Paris"));
    assertEquals(
        expected, render("{{ strftime_now('" + format + "') }}", OPTIONS.withClock(clock)));
  }

  @Test
  void carriageReturnsAreLineBreaks() {
    assertEquals("a\nb\nc", render("a\r\nb\r{% if 1 %}\r\nc{% endif %}\r\n", OPTIONS));
  }

  @Test
  void limitsAreExact() {
    TemplateLimits ten = new TemplateLimits(10, 1000, 10);
    assertEquals(
        "0123456789", ChatTemplate.parse("t", "0123456789", ten).render(List.of(), OPTIONS));
    ChatTemplate eleven = ChatTemplate.parse("t", "0123456789x", ten);
    assertThrows(
        dev.levin.core.ModelFormatException.class, () -> eleven.render(List.of(), OPTIONS));
    assertThrows(IllegalArgumentException.class, () -> new TemplateLimits(0, 1, 1));
  }

  @Test
  void oneTemplateServesManyThreads() throws Exception {
    ChatTemplate template =
        ChatTemplate.parse(
            "shared",
            "{% set ns = namespace(n=0) %}{% set c = cycler('a', 'b') %}"
                + "{% macro show(m) %}{{ m.content|upper }}{{ c.next() }}{% endmacro %}"
                + "{% for m in messages %}{% set ns.n = ns.n + loop.index %}{{ show(m) }}"
                + "{% endfor %}{{ ns.n }}");
    List<Future<String>> texts = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int i = 0; i < 200; i++) {
        String content = "m" + i;
        List<ChatMessage> messages =
            List.of(
                ChatMessage.user(content), ChatMessage.assistant("x"), ChatMessage.user(content));
        texts.add(threads.submit(() -> template.render(messages, OPTIONS)));
      }
      for (int i = 0; i < texts.size(); i++) {
        assertEquals("M%da%sM%da6".formatted(i, "Xb", i), texts.get(i).get());
      }
    }
  }
}
