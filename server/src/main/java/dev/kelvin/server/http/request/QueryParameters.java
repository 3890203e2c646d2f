package dev.kelvin.server.http.request;

import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The part of an address after the question mark, of which every word must mean something. */
public final class QueryParameters {
  private final Map<String, List<String>> values;

  private QueryParameters(Map<String, List<String>> values) {
    this.values = values;
  }

  /**
   * Reads a query.
   *
   * @param raw as it was sent; null without one
   * @param known the parameters that this operation has
   * @throws ProblemException invalid-argument for one that is not known or cannot be decoded
   */
  public static QueryParameters parse(@Nullable String raw, Set<String> known) {
    var values = new LinkedHashMap<String, List<String>>();
    if (raw == null || raw.isEmpty()) {
      return new QueryParameters(values);
    }
    for (String pair : raw.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      String name = Percent.decode(equals < 0 ? pair : pair.substring(0, equals), true);
      if (name == null) {
        throw undecodable("The query cannot be decoded", pair).asException();
      }
      if (!known.contains(name)) {
        throw unknown(name, known).asException();
      }
      // A bare name is a flag that is set: ?watch is ?watch=true.
      String value = equals < 0 ? "true" : Percent.decode(pair.substring(equals + 1), true);
      if (value == null) {
        throw undecodable("The query parameter " + name + " cannot be decoded", pair)
            .at(name)
            .asException();
      }
      values.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
    }
    return new QueryParameters(values);
  }

  private static Problem undecodable(String detail, String pair) {
    return Problem.of(Code.INVALID_ARGUMENT, detail)
        .because("\"" + pair + "\" is not percent-encoded UTF-8")
        .remedy("write % as %25, and other special characters as the %XX of their UTF-8 bytes");
  }

  private static Problem unknown(String name, Set<String> known) {
    List<String> names = known.stream().sorted().toList();
    String remedy =
        Names.nearest(name, names)
            .map(nearest -> "did you mean \"" + nearest + "\"?")
            .orElse(
                names.isEmpty()
                    ? "leave the query out"
                    : "the parameters there are: " + String.join(", ", names));
    return Problem.of(Code.INVALID_ARGUMENT, "There is no query parameter " + name)
        .at(name)
        .because("this operation has no parameter of that name")
        .remedy(remedy);
  }

  /** All values of a parameter that may be repeated. */
  public List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** The value, or null when the parameter is not given. */
  public @Nullable String one(String name) {
    List<String> given = all(name);
    if (given.size() > 1) {
      throw invalid(name, "it is given " + given.size() + " times", "give it once").asException();
    }
    return given.isEmpty() ? null : given.getFirst();
  }

  /** The value of a parameter that must be there and not be empty. */
  public String required(String name, String remedy) {
    String value = one(name);
    if (value == null || value.isEmpty()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The query parameter " + name + " is missing")
          .at(name)
          .because("this operation cannot do without it")
          .remedy(remedy)
          .asException();
    }
    return value;
  }

  public boolean flag(String name) {
    String value = one(name);
    if (value == null || value.equals("false")) {
      return false;
    } else if (value.equals("true")) {
      return true;
    }
    throw invalid(name, "\"" + value + "\" is neither true nor false", "write true or false")
        .asException();
  }

  /** A whole number between bounds, or null when the parameter is not given. */
  public @Nullable Long number(String name, long least, long most) {
    String value = one(name);
    if (value == null) {
      return null;
    }
    String range =
        most == Long.MAX_VALUE
            ? "a whole number from " + least
            : "a whole number from " + least + " to " + most;
    try {
      long number = Long.parseLong(value);
      if (number >= least && number <= most) {
        return number;
      }
      throw invalid(name, value + " is out of range", "write " + range).asException();
    } catch (NumberFormatException e) {
      throw invalid(name, "\"" + value + "\" is not " + range, "write " + range).asException(e);
    }
  }

  public static Problem invalid(String name, String cause, String remedy) {
    return Problem.of(Code.INVALID_ARGUMENT, "The query parameter " + name + " is not valid")
        .at(name)
        .because(cause)
        .remedy(remedy);
  }
}
