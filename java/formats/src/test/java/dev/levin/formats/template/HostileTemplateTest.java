package dev.levin.formats.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates that try to loop, grow, nest or reach out: one line, no crash, no memory. */
class HostileTemplateTest {
  private static final TemplateLimits TIGHT = new TemplateLimits(1 << 20, 1_000_000, 128);
  private static final RenderOptions OPTIONS = RenderOptions.defaults("<s>", "</s>");

  private static ModelFormatException refused(String source) {
    ModelFormatException error =
        assertThrows(
            ModelFormatException.class,
            () -> ChatTemplate.parse("evil.jinja", source, TIGHT).render(List.of(), OPTIONS));
    assertTrue(error.getMessage().startsWith("evil.jinja: "), error.getMessage());
    assertFalse(error.getMessage().contains("\n"), error.getMessage());
    assertTrue(error.getMessage().length() < 1200, error.getMessage());
    return error;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for i in range(10**12) %}{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{{ 'x' * 1000 }}{% endfor %}",
        "{{ 'a' * 10**9 }}",
        "{{ 'a' * 10**30 }}",
        "{{ [1] * 10**9 }}",
        "{{ (1,) * 10**9 }}",
        "{{ 9**(9**9) }}",
        "{{ 2**100000 }}",
        "{% set ns = namespace(x=7) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
        "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = ns.l + ['x' * 9999] %}{% endfor %}",
        "{% set ns = namespace(l=[]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|tojson }}",
        "{% set ns = namespace(l=[], m=[]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l == ns.m }}",
        "{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l|tojson }}",
        "{% set ns = namespace(l=()) %}{% for i in range(9999) %}{% set ns.l = (ns.l,) %}{% endfor %}{{ {ns.l: 1} }}",
        "{% set ns = namespace(l=()) %}{% for i in range(9999) %}{% set ns.l = (ns.l,) %}{% endfor %}{{ ns.l < (ns.l,) }}",
        "{% set ns = namespace(l=()) %}{% for i in range(60) %}{% set ns.l = (ns.l, ns.l) %}{% endfor %}{{ {ns.l: 1} }}",
        "{% set ns = namespace(g=[1]) %}{% for i in range(9999) %}{% set ns.g = ns.g|map('string') %}{% endfor %}{{ ns.g|list }}",
        "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
        "{% set ns = namespace() %}{% set ns.x = [ns] %}{{ ns }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(n) %}{% for i in [n] recursive %}{{ loop([n]) }}{% endfor %}{% endmacro %}{{ f(1) }}",
        "{% macro f() %}{% call f() %}{{ caller() }}{% endcall %}{{ caller() }}{% endmacro %}{% call f() %}{% endcall %}",
        "{% macro f(n) %}{{ f(n)|default(f(n)) }}{% endmacro %}{{ [1]|map('default')|list }}{{ f(1) }}",
        "{{ 'a'.center(10**10) }}",
        "{{ 'a'.zfill(10**10) }}",
        "{{ 'a'|center(10**10) }}",
        "{{ 'a'|indent(10**10) }}",
        "{{ '\t'.expandtabs(10**10) }}",
        "{{ 'a'.replace('', 'x' * 1000).replace('', 'x' * 1000).replace('', 'x' * 1000) }}",
        "{{ ('x' * 1000)|join('y' * 5000) }}",
        "{{ ('x' * 1000).join('y' * 5000) }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ '{:.999999999f}'.format(1) }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '%.999999999f' % 1.5 }}",
        "{{ '{:99999999999999}'.format(1) }}",
        "{{ [1]|tojson(indent=10**10) }}",
        "{{ [1]|batch(10**10, 0)|list }}",
        "{{ [1]|slice(10**10)|list }}",
        "{% set a = 'a' * 500000 %}{% for i in range(9999) %}{{ (a + 'b') in (a + a) }}{% endfor %}",
        "{% set a = 'a' * 900000 %}{% for i in range(99999) %}{{ a.upper() is lower }}{% endfor %}",
        "{% set a = 'a' * 900000 %}{% for i in range(99999) %}{{ a|length }}{% endfor %}",
        "{% set a = 'a' * 900000 %}{% for i in range(99999) %}{{ a == a ~ '' }}{% endfor %}",
        "{% set a = ' ' * 900000 %}{% for i in range(99999) %}{{ a.split() }}{% endfor %}",
        "{% set a = 'ab,' * 300000 %}{{ a.split(',')|map('list')|list|length }}",
        "{% set a = ['b'] * 9999 %}{% for i in range(9999) %}{{ 'a' in a }}{% endfor %}",
        "{% set l = range(99999)|list %}{{ l|map('string')|unique|list }}",
        "{% set ns = namespace(l=()) %}{% for i in range(60) %}{% set ns.l = (ns.l, ns.l) %}{% endfor %}{{ messages[ns.l].x }}",
        "{% set a = 'a' * 900000 %}{% set b = 'a' * 900000 %}{% for i in range(99999) %}{{ a == b }}{% endfor %}",
        "{% set a = 'a' * 900000 %}{% set b = 'a' * 900000 %}{% set d = {a: 1} %}{% for i in range(99999) %}{{ d[b] }}{% endfor %}",
        "{% set a = ' ' * 900000 %}{% for i in range(99999) %}{{ a|int }}{% endfor %}",
        "{{ raise_exception('a' * 900000) }}",
        "{{ messages.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ 'a'.getClass() }}",
        "{{ messages.getClass().forName('java.lang.Runtime') }}",
        "{{ range.__globals__.x }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ '{0.__class__.x}'.format(1) }}",
        "{{ raise_exception.x.y }}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
      })
  void refusesInOneLine(String source) {
    refused(source);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(",
        "[",
        "{1:",
        "-",
        "not ",
        "x[",
        "x(",
        "{'a':",
        "x if x else ",
        "x|f(",
        "x is y("
      })
  void refusesDeepExpressions(String opening) {
    refused("{{ " + opening.repeat(100_000) + "1 }}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% if x %}",
        "{% for x in y %}",
        "{% with %}",
        "{% filter upper %}",
        "{% macro m() %}"
      })
  void refusesDeepTags(String tag) {
    refused(tag.repeat(100_000));
  }

  @ParameterizedTest
  @ValueSource(strings = {".a", "[0]", "()", "|list", " is defined", " if x"})
  void refusesLongChains(String link) {
    refused("{{ x" + link.repeat(100_000) + " }}");
  }

  @ParameterizedTest
  @ValueSource(strings = {" + 1", " ~ 1", " * 1", " - 0", " and 1", " or 0", " == 1"})
  void longFlatExpressionsAreFine(String link) {
    String text =
        ChatTemplate.parse("flat", "{{ (1" + link.repeat(20_000) + ") is defined }}")
            .render(List.of(), OPTIONS);
    assertEquals("True", text, link);
  }

  @Test
  void deepRecursionEndsOnASmallStack() throws InterruptedException {
    List<Throwable> thrown = new ArrayList<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                refused(
                    "{% macro f() %}"
                        + "{% if 1 %}".repeat(50)
                        + "{{ f() }}"
                        + "{% endif %}".repeat(50)
                        + "{% endmacro %}{{ f() }}");
              } catch (Throwable error) {
                thrown.add(error);
              }
            },
            "small stack",
            256 << 10);
    thread.start();
    thread.join();
    assertEquals(List.of(), thrown);
  }

  @Test
  void errorsNameOriginAndLine() {
    assertEquals(
        "evil.jinja: chat template line 3: 'x' is undefined",
        refused("a\nb\n{{ x.y }}\n").getMessage());
    assertEquals(
        "evil.jinja: chat template line 2: expected '%}', found 'b'",
        refused("a\n{% if a b %}").getMessage());
    assertEquals(
        "evil.jinja: chat template line 2: 'if' is never closed",
        refused("\n{% if a %}\n\n").getMessage());
    assertEquals(
        "evil.jinja: chat template line 1: unknown tag 'endfor' inside the 'if' of line 1",
        refused("{% if a %}{% endfor %}").getMessage());
    assertEquals(
        "evil.jinja: chat template line 1: a range cannot have more than 100000 items",
        refused("{% for i in range(10**12) %}{% endfor %}").getMessage());
  }

  @Test
  void refusesValuesThatAreNotJson() {
    ChatTemplate template = ChatTemplate.parse("t", "{{ messages }}");
    ChatMessage message = new ChatMessage(Map.of("role", new Object()));
    assertThrows(IllegalArgumentException.class, () -> template.render(List.of(message), OPTIONS));
    Object deep = "x";
    for (int i = 0; i < 100_000; i++) {
      deep = List.of(deep);
    }
    ChatMessage nested = new ChatMessage(Map.of("role", deep));
    assertThrows(IllegalArgumentException.class, () -> template.render(List.of(nested), OPTIONS));
  }
}
