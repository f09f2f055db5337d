package dev.levin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's program is one that compiles. */
class ReadmeTest {
  private static final Pattern JAVA_BLOCK = Pattern.compile("```java\\R(.*?)```", Pattern.DOTALL);
  private static final Pattern CLASS_NAME = Pattern.compile("public class (\\w+)");

  @TempDir private Path folder;

  @Test
  void compilesTheProgram() throws IOException {
    String program = find(JAVA_BLOCK, Files.readString(Golden.repository().resolve("README.md")));
    Path source = folder.resolve(find(CLASS_NAME, program) + ".java");
    Files.writeString(source, program);

    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(problems, null, null)) {
      List<String> options =
          List.of(
              "-d",
              folder.toString(),
              "-classpath",
              System.getProperty("java.class.path"),
              "-Xlint:all,-path,-processing");
      boolean compiled =
          compiler
              .getTask(null, files, problems, options, null, files.getJavaFileObjects(source))
              .call();
      assertTrue(compiled, problems.getDiagnostics()::toString);
    }
    assertEquals(List.of(), problems.getDiagnostics());
  }

  private static String find(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    assertTrue(matcher.find(), () -> "nothing matches " + pattern);
    return matcher.group(1);
  }
}
