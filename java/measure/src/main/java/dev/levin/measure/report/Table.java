package dev.levin.measure.report;

import java.util.ArrayList;
import java.util.List;

/** Rows of text under a header. */
public final class Table {
  private final List<String> header;
  private final List<Boolean> numbers;
  private final List<List<String>> rows = new ArrayList<>();

  private Table(List<String> header, List<Boolean> numbers) {
    this.header = header;
    this.numbers = numbers;
  }

  /** A table of these columns; a name that starts with {@code >} is a column of numbers. */
  public static Table of(List<String> columns) {
    List<String> header = new ArrayList<>();
    List<Boolean> numbers = new ArrayList<>();
    for (String column : columns) {
      numbers.add(column.startsWith(">"));
      header.add(column.startsWith(">") ? column.substring(1) : column);
    }
    return new Table(header, numbers);
  }

  public void add(List<String> row) {
    if (row.size() != header.size()) {
      throw new IllegalArgumentException(row.size() + " cells in a table of " + header);
    }
    rows.add(List.copyOf(row));
  }

  List<String> header() {
    return header;
  }

  boolean isNumber(int column) {
    return numbers.get(column);
  }

  List<List<String>> rows() {
    return rows;
  }

  /** GitHub's Markdown, padded so that it reads as plain text too. */
  public String markdown() {
    int[] widths = new int[header.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = Math.max(3, header.get(i).length());
      for (List<String> row : rows) {
        widths[i] = Math.max(widths[i], escaped(row.get(i)).length());
      }
    }
    StringBuilder text = new StringBuilder();
    line(text, header, widths);
    text.append('|');
    for (int i = 0; i < widths.length; i++) {
      String dashes = "-".repeat(widths[i] - 1);
      text.append(' ').append(isNumber(i) ? dashes + ":" : "-" + dashes).append(" |");
    }
    text.append('\n');
    for (List<String> row : rows) {
      line(text, row, widths);
    }
    return text.toString();
  }

  private void line(StringBuilder text, List<String> cells, int[] widths) {
    text.append('|');
    for (int i = 0; i < widths.length; i++) {
      String cell = escaped(cells.get(i));
      String padding = " ".repeat(widths[i] - cell.length());
      text.append(' ').append(isNumber(i) ? padding + cell : cell + padding).append(" |");
    }
    text.append('\n');
  }

  private static String escaped(String cell) {
    return cell.replace("|", "\\|").replaceAll("\\R", " ");
  }

  /** RFC 4180, with line feeds. */
  public String csv() {
    StringBuilder text = new StringBuilder();
    csvLine(text, header);
    for (List<String> row : rows) {
      csvLine(text, row);
    }
    return text.toString();
  }

  private static void csvLine(StringBuilder text, List<String> cells) {
    for (int i = 0; i < cells.size(); i++) {
      String cell = cells.get(i);
      boolean quoted = cell.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
      text.append(i == 0 ? "" : ",").append(quoted ? '"' + cell.replace("\"", "\"\"") + '"' : cell);
    }
    text.append('\n');
  }
}
