package dev.levin.measure.report;

import dev.levin.measure.Environment;
import java.util.ArrayList;
import java.util.List;

/** One page that needs nothing but itself: no scripts, no fonts, no network. */
public final class HtmlPage {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --line: #8885; --bar: #3b7dd8; --mark: #d8663b; }
      body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
      h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
      th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: left; }
      .number { text-align: right; } .scroll { overflow-x: auto; }
      dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; }
      dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
      svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; fill: currentColor; }
      svg .bar { fill: var(--bar); } svg .mark { fill: var(--mark); }
      svg .line { stroke: currentColor; fill: none; } svg .grid { stroke: var(--line); fill: none; }
      """;

  private final String title;
  private final List<String> sections = new ArrayList<>();

  public HtmlPage(String title) {
    this.title = title;
  }

  /** A heading with a drawing below it. */
  public HtmlPage drawing(String heading, String svg) {
    sections.add("<h2>" + escape(heading) + "</h2>\n" + svg);
    return this;
  }

  public HtmlPage table(String heading, Table table) {
    StringBuilder text = new StringBuilder("<h2>" + escape(heading) + "</h2>\n");
    text.append("<div class=\"scroll\"><table>\n<thead>");
    row(text, table, table.header(), "th");
    text.append("</thead>\n<tbody>\n");
    table.rows().forEach(cells -> row(text, table, cells, "td"));
    sections.add(text.append("</tbody></table></div>\n").toString());
    return this;
  }

  private static void row(StringBuilder text, Table table, List<String> cells, String tag) {
    text.append("<tr>");
    for (int i = 0; i < cells.size(); i++) {
      text.append('<').append(tag).append(table.isNumber(i) ? " class=\"number\">" : ">");
      text.append(escape(cells.get(i))).append("</").append(tag).append('>');
    }
    text.append("</tr>\n");
  }

  public HtmlPage environment(Environment environment) {
    StringBuilder text = new StringBuilder("<h2>Environment</h2>\n<dl>\n");
    EnvironmentLines.of(environment)
        .forEach(
            (name, value) ->
                text.append("<dt>%s</dt><dd>%s</dd>\n".formatted(escape(name), escape(value))));
    sections.add(text.append("</dl>\n").toString());
    return this;
  }

  @Override
  public String toString() {
    return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>%1$s</title>
        <style>
        %2$s</style>
        </head>
        <body>
        <h1>%1$s</h1>
        %3$s</body>
        </html>
        """
        .formatted(escape(title), STYLE, String.join("", sections));
  }

  /** Text as HTML and SVG take it. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
