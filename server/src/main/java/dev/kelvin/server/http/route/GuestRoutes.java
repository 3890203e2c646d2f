package dev.kelvin.server.http.route;

import static dev.kelvin.server.http.route.VmRoutes.vm;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.http.request.Bodies;
import dev.kelvin.server.http.request.Input;
import dev.kelvin.server.http.request.QueryParameters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operations inside guests, by their agents. Limits are those of the API's document. */
final class GuestRoutes {
  private static final String GUEST = VmRoutes.VM + "/guest";
  private static final int USUAL_EXEC_SECONDS = 60;
  private static final int MAX_WORDS = 1024;
  private static final int MAX_WORD = 131_072;
  private static final int MAX_PATH = 4096;
  private static final int MAX_NAME = 255;
  private static final int USUAL_FILE_MODE = 0644;
  private static final int USUAL_DIRECTORY_MODE = 0755;

  private GuestRoutes() {}

  static List<Route> all() {
    return List.of(
        Route.get(GUEST, in -> new Action.GetGuest(vm(in))),
        Route.post(GUEST + "/exec", GuestRoutes::exec),
        Route.delete(
            GUEST + "/exec/{id}",
            in -> new Action.EndGuestProgram(vm(in), programId(in.path("id")))),
        Route.get(GUEST + "/files", in -> new Action.ReadGuestFile(vm(in), path(in))).with("path"),
        Route.put(
                GUEST + "/files",
                in ->
                    new Action.WriteGuestFile(
                        vm(in), path(in), mode(in, USUAL_FILE_MODE), in.upload()))
            .with("path", "mode"),
        Route.get(GUEST + "/tree", in -> new Action.ReadGuestTree(vm(in), path(in))).with("path"),
        Route.put(
                GUEST + "/tree",
                in ->
                    new Action.WriteGuestTree(
                        vm(in), path(in), name(in), mode(in, USUAL_DIRECTORY_MODE), in.upload()))
            .with("path", "name", "mode"));
  }

  private static Action exec(Input in) {
    var body = in.json(Bodies.GuestExec.class);
    String id = body.id();
    int seconds =
        Bodies.number(
            body.timeoutSeconds(),
            USUAL_EXEC_SECONDS,
            1,
            VmRoutes.LONGEST_WAIT_SECONDS,
            "timeoutSeconds");
    return new Action.GuestExec(
        vm(in),
        id == null ? null : programId(id),
        command(Bodies.someTexts(body.command(), "command")),
        environment(Bodies.texts(body.environment(), "environment")),
        Bodies.base64(body.input(), "input"),
        Duration.ofSeconds(seconds));
  }

  private static String programId(String id) {
    if (!id.matches("[A-Za-z0-9_-]{1,64}")) {
      throw wrong(
          "id",
          "\"" + id + "\" is not an id",
          "write 1 to 64 letters, digits, hyphens and underscores, such as a UUID");
    }
    return id;
  }

  private static List<String> command(List<String> words) {
    fewEnough(words, "command");
    if (words.getFirst().isEmpty()) {
      throw wrong("command[0]", "it is empty", "begin the command with the program to run");
    }
    for (int i = 0; i < words.size(); i++) {
      String field = "command[" + i + "]";
      withoutNul(words.get(i), field);
      if (words.get(i).length() > MAX_WORD) {
        throw wrong(
            field,
            "it has " + words.get(i).length() + " characters",
            "write " + MAX_WORD + " at most, and give the rest as \"input\" or in a file");
      }
    }
    return words;
  }

  private static List<String> environment(List<String> variables) {
    fewEnough(variables, "environment");
    for (int i = 0; i < variables.size(); i++) {
      String field = "environment[" + i + "]";
      withoutNul(variables.get(i), field);
      if (variables.get(i).indexOf('=') <= 0) {
        throw wrong(
            field,
            "a variable is NAME=value, with a name of at least one character",
            "write it with its value; NAME= makes it empty");
      }
    }
    return variables;
  }

  private static void fewEnough(List<String> items, String field) {
    if (items.size() > MAX_WORDS) {
      throw wrong(field, "it has " + items.size() + " items", "write " + MAX_WORDS + " at most");
    }
  }

  /** In the guest it would end the text. */
  private static void withoutNul(String text, String field) {
    if (text.indexOf('\0') >= 0) {
      throw wrong(field, "it has a NUL in it", "leave that out; no program can be given one");
    }
  }

  private static ProblemException wrong(String field, String cause, String remedy) {
    return Problem.of(Code.INVALID_ARGUMENT, "Field " + field + " has a value that it cannot have")
        .at(field)
        .because(cause)
        .remedy(remedy)
        .asException();
  }

  private static String path(Input in) {
    String path = in.query().required("path", "add ?path= and an absolute path inside the guest");
    if (!path.startsWith("/")) {
      throw QueryParameters.invalid(
              "path",
              "\"" + path + "\" is not an absolute path",
              "begin it with /, such as /etc/hostname")
          .asException();
    }
    if (path.length() > MAX_PATH || path.indexOf('\0') >= 0) {
      throw QueryParameters.invalid(
              "path",
              "it has a NUL in it or more than " + MAX_PATH + " characters",
              "write another path")
          .asException();
    }
    return path;
  }

  private static @Nullable String name(Input in) {
    String name = in.query().one("name");
    if (name == null) {
      return null;
    }
    boolean step = name.isEmpty() || name.equals(".") || name.equals("..");
    boolean parts = name.indexOf('/') >= 0 || name.indexOf('\0') >= 0;
    if (step || parts || name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME) {
      throw QueryParameters.invalid(
              "name",
              "it is not the name of a directory",
              "write one name of 255 bytes at most, without /")
          .asException();
    }
    return name;
  }

  private static int mode(Input in, int usual) {
    String mode = in.query().one("mode");
    if (mode == null) {
      return usual;
    }
    if (!mode.matches("0?[0-7]{3}")) {
      throw QueryParameters.invalid(
              "mode",
              "\"" + mode + "\" are no permissions",
              "write three octal digits, such as 644 or 700")
          .asException();
    }
    return Integer.parseInt(mode, 8);
  }
}
