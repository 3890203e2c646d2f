package dev.kelvin.cli.command;

import dev.kelvin.api.VmDocument;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.file.LocalFiles;
import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Reads the documents that users wrote: files, directories of them, standard input. */
final class SpecFile {
  /** Of a file with more, faults are told by their lines in their documents. */
  private static final int MOST_LINES_BEFORE = 10_000;

  private SpecFile() {}

  /**
   * One document.
   *
   * @param source which file it is from, and which document of it
   */
  record Part(String source, String text, Syntax syntax) {
    /** The VM, read strictly. */
    Vm vm() {
      Vm vm = parse(Vm.class);
      if (vm.metadata() == null || vm.metadata().name() == null) {
        throw nameless();
      }
      return vm;
    }

    /** The name of the VM that it is about. */
    String name() {
      JsonNode name = parse(JsonNode.class).path("metadata").path("name");
      if (!name.isString()) {
        throw nameless();
      }
      return name.asString();
    }

    /** Whether it has something that no answer shows, so that it cannot be told from what is. */
    boolean hasSecrets() {
      JsonNode spec = parse(JsonNode.class).path("spec");
      return isThere(spec.path("windowsSetup").path("administratorPassword"))
          || isThere(spec.path("cloudInit").path("password"));
    }

    private static boolean isThere(JsonNode password) {
      return !password.isMissingNode() && !password.isNull();
    }

    private ProblemException nameless() {
      return Problem.of(Code.INVALID_ARGUMENT, "The document names no VM")
          .on(source)
          .at("metadata.name")
          .because("it is missing")
          .remedy("write metadata: {name: web1}")
          .asException();
    }

    /** The document as what it is to be, read strictly. */
    <T> T parse(Class<T> type) {
      try {
        return Documents.read(text.getBytes(StandardCharsets.UTF_8), syntax, type);
      } catch (ProblemException e) {
        throw e.problem().on(source).asException(e);
      }
    }

    VmDocument document() {
      return new VmDocument(text, syntax);
    }
  }

  /** All documents of all files, in order. */
  static List<Part> read(Session session, List<String> files) {
    var parts = new ArrayList<Part>();
    for (String file : files) {
      if (file.equals("-")) {
        parts.addAll(split("standard input", standardInput(session), Syntax.YAML));
        continue;
      }
      Path path = session.file(file);
      if (Files.isDirectory(path)) {
        documents(path).forEach(each -> parts.addAll(read(each)));
      } else {
        parts.addAll(read(path));
      }
    }
    if (parts.isEmpty()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "There is no document")
          .on(String.join(", ", files))
          .because("nothing is in there, or only comments")
          .remedy("write one, such as those in docs/spec.md")
          .asException();
    }
    return parts;
  }

  /**
   * Refuses documents of which two are about one VM: the second would undo the first, and is a slip
   * of copying more often than not.
   *
   * @throws ProblemException invalid-argument, also for a document that names no VM
   */
  static void requireOnce(List<Part> parts) {
    var sources = new HashMap<String, String>();
    for (Part part : parts) {
      String name = part.name();
      String other = sources.putIfAbsent(name, part.source());
      if (other != null) {
        throw Problem.of(Code.INVALID_ARGUMENT, "Two documents are about the VM " + name)
            .on(part.source())
            .at("metadata.name")
            .because("the other one is " + other + "; nothing has been done")
            .remedy("give one of them another name, or leave one out")
            .asException();
      }
    }
  }

  private static String standardInput(Session session) {
    try {
      return utf8(session.in().readAllBytes(), "standard input");
    } catch (IOException e) {
      throw new UncheckedIOException("reading standard input", e);
    }
  }

  private static List<Path> documents(Path directory) {
    return LocalFiles.write(
        directory,
        path -> {
          try (Stream<Path> files = Files.list(path)) {
            return files.filter(SpecFile::isDocument).sorted().toList();
          }
        });
  }

  private static boolean isDocument(Path file) {
    String name = file.toString();
    return name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json");
  }

  private static List<Part> read(Path file) {
    boolean json = file.toString().endsWith(".json");
    return split(file.toString(), text(file), json ? Syntax.JSON : Syntax.YAML);
  }

  private static String text(Path file) {
    return utf8(LocalFiles.read(file, Files::readAllBytes), file.toString());
  }

  static String utf8(byte[] bytes, String source) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw Problem.of(Code.MALFORMED, "This is not UTF-8 text")
          .on(source)
          .because(isUtf16(bytes) ? "it is UTF-16" : "it has bytes that no UTF-8 text has")
          .remedy("save it as UTF-8")
          .asException(e);
    }
  }

  private static boolean isUtf16(byte[] bytes) {
    int mark = bytes.length < 2 ? 0 : (bytes[0] & 0xff) << 8 | (bytes[1] & 0xff);
    return mark == 0xfffe || mark == 0xfeff;
  }

  /** YAML has several documents in one file, with {@code ---} between them. */
  private static List<Part> split(String source, String text, Syntax syntax) {
    if (syntax == Syntax.JSON) {
      return List.of(new Part(source, text, syntax));
    }
    var texts = new ArrayList<String>();
    var current = new StringBuilder();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (line.equals("---") || line.startsWith("--- ") || line.equals("...")) {
        texts.add(current.toString());
        current.setLength(0);
        // A fault is told by its line in the file.
        current.repeat('\n', number <= MOST_LINES_BEFORE ? number : 0);
      } else {
        current.append(line).append('\n');
      }
    }
    texts.add(current.toString());
    var parts = new ArrayList<Part>();
    List<String> full = texts.stream().filter(SpecFile::saysSomething).toList();
    for (int i = 0; i < full.size(); i++) {
      String name = full.size() == 1 ? source : source + " (document " + (i + 1) + ")";
      parts.add(new Part(name, full.get(i), syntax));
    }
    return parts;
  }

  private static boolean saysSomething(String text) {
    return text.lines()
        .map(String::strip)
        .anyMatch(line -> !line.isEmpty() && !line.startsWith("#"));
  }
}
