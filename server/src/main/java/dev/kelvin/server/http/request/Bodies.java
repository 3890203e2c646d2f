package dev.kelvin.server.http.request;

import dev.kelvin.model.Code;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.cpu.HostCpu;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The bodies of requests that are not documents of the model. */
public final class Bodies {
  private Bodies() {}

  /** For operations that have no body; an empty object is one too. */
  public record Nothing() {
    public static final Nothing NONE = new Nothing();
  }

  public record StopDaemon(@Nullable Boolean stopVms) {}

  public record InstallPackages(@Nullable List<@Nullable String> packages) {}

  public record Baseline(@Nullable List<HostCpu> hosts) {}

  public record ShutdownVm(@Nullable Integer timeoutSeconds, @Nullable Boolean force) {}

  public record RenameVm(@Nullable String name) {}

  public record AdoptGuest(@Nullable String name) {}

  /**
   * What is in a drive.
   *
   * @param image a node, because null is a value here: it takes the medium out
   */
  public record SetMedia(@Nullable JsonNode image) {}

  public record SendKeys(@Nullable List<@Nullable String> keys) {}

  public record OpenConsole(@Nullable String kind) {}

  public record GuestExec(
      @Nullable String id,
      @Nullable List<@Nullable String> command,
      @Nullable List<@Nullable String> environment,
      @Nullable String input,
      @Nullable Integer timeoutSeconds) {}

  /** An image is built or pulled; only a pulled one has a name without being given one. */
  public record MakeImage(
      @Nullable String name,
      @Nullable BuildRecipe build,
      @Nullable PullImage pull,
      @Nullable Map<String, @Nullable String> labels) {}

  public record PullImage(
      @Nullable String from,
      @Nullable String arch,
      @Nullable Format format,
      @Nullable String mirror,
      @Nullable String checksum,
      @Nullable Boolean insecure,
      @Nullable Integer reachSeconds) {}

  /** A field that must be there. */
  public static <T> T required(@Nullable T value, String field) {
    if (value == null) {
      throw Problem.of(Code.INVALID_ARGUMENT, "Field " + field + " is missing")
          .at(field)
          .because("the request cannot do without it")
          .remedy("add " + field)
          .asException();
    }
    return value;
  }

  /** A list that may be left out, without holes. */
  public static List<String> texts(@Nullable List<@Nullable String> list, String field) {
    if (list == null) {
      return List.of();
    }
    for (int i = 0; i < list.size(); i++) {
      if (list.get(i) == null) {
        throw hole(field + "[" + i + "]");
      }
    }
    return List.copyOf(list);
  }

  /** A list that must be there and have something in it, without holes. */
  public static List<String> someTexts(@Nullable List<@Nullable String> list, String field) {
    List<String> texts = texts(required(list, field), field);
    if (texts.isEmpty()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "Field " + field + " is empty")
          .at(field)
          .because("it has no items")
          .remedy("write at least one")
          .asException();
    }
    return texts;
  }

  /** Labels that may be left out, without holes. */
  public static Map<String, String> labels(@Nullable Map<String, @Nullable String> labels) {
    if (labels == null) {
      return Map.of();
    }
    labels.forEach((key, value) -> {
      if (value == null) {
        throw hole("labels." + key);
      }
    });
    return Map.copyOf(labels);
  }

  private static ProblemException hole(String field) {
    return Problem.of(Code.INVALID_ARGUMENT, "Field " + field + " has the wrong type")
        .at(field)
        .because("it wants a text")
        .remedy("write a text, or leave it out")
        .asException();
  }

  /** A whole number that may be left out, between bounds. */
  public static int number(@Nullable Integer value, int absent, int least, int most, String field) {
    if (value == null) {
      return absent;
    } else if (value < least || value > most) {
      throw Problem.of(Code.INVALID_ARGUMENT, "Field " + field + " has a value that it cannot have")
          .at(field)
          .because(value + " is out of range")
          .remedy("write a whole number from " + least + " to " + most)
          .asException();
    }
    return value;
  }

  public static byte[] base64(@Nullable String text, String field) {
    try {
      return text == null ? new byte[0] : Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw Problem.of(Code.INVALID_ARGUMENT, "Field " + field + " has a value that it cannot have")
          .at(field)
          .because("it is not base64: " + e.getMessage())
          .remedy("encode the bytes as base64 of RFC 4648, section 4")
          .asException(e);
    }
  }
}
