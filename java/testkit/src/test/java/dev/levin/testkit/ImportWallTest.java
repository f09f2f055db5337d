package dev.levin.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The walls between rooms: what the main sources of each may import. */
class ImportWallTest {
  private static final Pattern IMPORT =
      Pattern.compile("^import\\s+(?:static\\s+)?([\\w.]+(?:\\.\\*)?)\\s*;");

  /**
   * One wall.
   *
   * @param folder below {@code java/}, with everything in it
   * @param mayUse package prefixes that are allowed besides the JDK's own
   * @param mayNotUse package prefixes that are refused whatever else is allowed
   */
  private record Wall(String folder, List<String> mayUse, List<String> mayNotUse) {}

  private static final String VECTOR_API = "jdk.incubator.vector";
  private static final String JAVACPP = "org.bytedeco.javacpp.";

  private static final List<Wall> WALLS =
      List.of(
          new Wall(
              "core/src/main/java",
              List.of("dev.levin.core."),
              List.of(VECTOR_API, "java.nio.file.", "java.net.")),
          new Wall(
              "formats/src/main/java",
              List.of("dev.levin.core.", "dev.levin.formats.", "com.fasterxml.jackson."),
              List.of(
                  VECTOR_API, "dev.levin.core.backend.", "dev.levin.core.op.", "java.net.http.")),
          new Wall(
              "models/src/main/java",
              List.of("dev.levin.core.", "dev.levin.models."),
              List.of(VECTOR_API, "java.nio.file.")),
          new Wall(
              "engine/src/main/java",
              List.of(
                  "dev.levin.core.",
                  "dev.levin.formats.",
                  "dev.levin.models.",
                  "dev.levin.engine."),
              List.of(VECTOR_API)),
          new Wall(
              "engine/src/main/java/dev/levin/engine/scheduler",
              List.of("dev.levin.engine.", "dev.levin.core.LevinException"),
              List.of("java.lang.foreign.")),
          new Wall(
              "engine/src/main/java/dev/levin/engine/kvcache",
              List.of("dev.levin.engine.", "dev.levin.core.LevinException"),
              List.of("java.lang.foreign.")),
          new Wall(
              "backend-cpu/src/main/java",
              List.of("dev.levin.core.", "dev.levin.cpu.", "org.slf4j.", VECTOR_API, JAVACPP),
              List.of()),
          new Wall(
              "backend-cpu/src/main/java/dev/levin/cpu/scalar",
              List.of("dev.levin.core.", "dev.levin.cpu."),
              List.of(VECTOR_API)),
          new Wall(
              "backend-cpu/src/main/java/dev/levin/cpu/vector",
              List.of("dev.levin.core.", "dev.levin.cpu.", VECTOR_API),
              List.of()),
          new Wall(
              "backend-cpu/src/main/java/dev/levin/cpu/nativetwin",
              List.of("dev.levin.core.", "dev.levin.cpu.", JAVACPP),
              List.of(VECTOR_API)),
          new Wall(
              "backend-cuda/src/main/java",
              List.of("dev.levin.core.", "dev.levin.cuda.", "org.slf4j.", "org.bytedeco."),
              List.of(VECTOR_API)),
          new Wall(
              "backend-opencl/src/main/java",
              List.of("dev.levin.core.", "dev.levin.opencl.", "org.slf4j.", "org.jocl."),
              List.of(VECTOR_API)),
          new Wall(
              "testkit/src/main/java",
              List.of(
                  "dev.levin.core.", "dev.levin.testkit.", "org.junit.", "com.fasterxml.jackson."),
              List.of(VECTOR_API)),
          new Wall(
              "demo/src/main/java",
              List.of("dev.levin.core.", "dev.levin.formats.", "dev.levin.demo."),
              List.of(VECTOR_API, "dev.levin.core.op.", "dev.levin.core.backend.")),
          new Wall(
              "measure/src/main/java",
              List.of(
                  "dev.levin.core.",
                  "dev.levin.formats.",
                  "dev.levin.models.",
                  "dev.levin.engine.",
                  "dev.levin.measure.",
                  "com.fasterxml.jackson."),
              List.of(VECTOR_API, "java.net.")),
          new Wall(
              "cli/src/main/java",
              List.of(
                  "dev.levin.core.",
                  "dev.levin.formats.",
                  "dev.levin.models.",
                  "dev.levin.engine.",
                  "dev.levin.demo.",
                  "dev.levin.measure.",
                  "dev.levin.cli.",
                  "com.fasterxml.jackson.",
                  "org.jline.",
                  "me.tongfei.progressbar.",
                  "picocli.",
                  "org.slf4j."),
              List.of(VECTOR_API, "dev.levin.core.op.")));

  @Test
  void roomsImportOnlyWhatTheyMay() throws IOException {
    List<String> breaches = new ArrayList<>();
    for (Wall wall : WALLS) {
      for (Path source : sources(wall.folder)) {
        for (String imported : imports(source)) {
          if (!allowed(wall, imported)) {
            breaches.add(relative(source) + " imports " + imported);
          }
        }
      }
    }
    assertEquals(List.of(), breaches);
  }

  @Test
  void vectorApiStaysInItsPackage() throws IOException {
    List<String> breaches = new ArrayList<>();
    for (Path source : sources("")) {
      boolean home = relative(source).contains("backend-cpu/src/main/java/dev/levin/cpu/vector/");
      boolean test = relative(source).contains("/src/test/");
      if (!home
          && !test
          && imports(source).stream().anyMatch(name -> name.startsWith(VECTOR_API))) {
        breaches.add(relative(source) + " imports " + VECTOR_API);
      }
    }
    assertEquals(List.of(), breaches);
  }

  @Test
  void scalarTwinsDoNotKnowTheVectorOnes() throws IOException {
    for (Path source : sources("backend-cpu/src/main/java/dev/levin/cpu/scalar")) {
      for (String imported : imports(source)) {
        assertTrue(
            !imported.startsWith("dev.levin.cpu.vector."), relative(source) + " " + imported);
      }
    }
  }

  /** A wall around a room that was renamed would guard nothing. */
  @Test
  void everyRoomWithSourcesHasAWall() throws IOException {
    List<String> open = new ArrayList<>();
    try (Stream<Path> rooms = Files.list(Golden.repository().resolve("java"))) {
      for (Path room : rooms.sorted().toList()) {
        String folder = room.getFileName() + "/src/main/java";
        boolean bundle = folder.startsWith("levin/");
        if (!bundle
            && !sources(folder).isEmpty()
            && WALLS.stream().noneMatch(wall -> wall.folder.equals(folder))) {
          open.add(folder);
        }
      }
    }
    assertEquals(List.of(), open, "rooms without a row in the table of walls");
  }

  private static boolean allowed(Wall wall, String imported) {
    if (wall.mayNotUse.stream().anyMatch(imported::startsWith)) {
      return false;
    }
    return imported.startsWith("java.")
        || imported.startsWith("javax.")
        || wall.mayUse.stream().anyMatch(imported::startsWith);
  }

  private static List<Path> sources(String folder) throws IOException {
    Path root = Golden.repository().resolve("java").resolve(folder);
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.toString().contains("/target/"))
          .sorted()
          .toList();
    }
  }

  private static List<String> imports(Path source) throws IOException {
    List<String> imports = new ArrayList<>();
    for (String line : Files.readAllLines(source)) {
      Matcher matcher = IMPORT.matcher(line);
      if (matcher.find()) {
        imports.add(matcher.group(1));
      }
    }
    return imports;
  }

  private static String relative(Path source) {
    return Golden.repository().relativize(source).toString();
  }
}
