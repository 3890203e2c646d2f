package dev.kelvin.api;

import static dev.kelvin.api.Exchange.post;

import dev.kelvin.api.http.Request;
import dev.kelvin.model.GuestInfo;
import java.io.InputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the API does inside a VM, by its guest agent. */
public final class GuestApi {
  /** How long a program that has run too long, or is not wanted, may take to be ended. */
  private static final Duration ENDING = Request.USUAL.multipliedBy(2);

  private final Exchange exchange;
  private final String path;

  GuestApi(Exchange exchange, String vm) {
    this.exchange = exchange;
    this.path = Client.vmPath(vm) + "/guest";
  }

  public GuestInfo info() {
    return exchange.read(Exchange.get(path), GuestInfo.class);
  }

  public ExecResult exec(ExecRequest program) {
    Map<String, Object> body = new LinkedHashMap<>();
    if (program.id() != null) {
      body.put("id", program.id());
    }
    body.put("command", program.command());
    body.put("environment", program.environment());
    body.put("input", program.input());
    body.put("timeoutSeconds", program.timeout().toSeconds());
    Duration quiet = program.timeout().plus(ENDING);
    return exchange.read(post(path + "/exec", body).quiet(quiet), ExecResult.class);
  }

  /** Ends a program that a request with this id has started; returns when it has ended. */
  public void end(String id) {
    exchange.done(Exchange.delete(path + "/exec/" + Query.segment(id)).quiet(ENDING));
  }

  /** Whoever reads it to its end or closes it ends the exchange. */
  public InputStream read(String file) {
    return exchange.stream(get(path("files", file)).quiet(Exchange.SLOW));
  }

  /**
   * Writes a file of the guest. One that is there stays as it is until the new one is whole, and
   * its mode and owner stay.
   *
   * @param mode permissions of one that was not there
   * @param length in bytes; -1 when it is not known
   */
  public void write(String file, int mode, InputStream content, long length) {
    put(path("files", file).with("mode", octal(mode)), content, length);
  }

  /**
   * An archive (tar) of a directory, whose names begin with {@code ./}, or of a file. What comes is
   * the guest's word.
   */
  public InputStream readTree(String directory) {
    return exchange.stream(get(path("tree", directory)).quiet(Exchange.SLOW));
  }

  /**
   * Unpacks an archive (tar) in the guest.
   *
   * @param name what to make in {@code directory} when that is there already
   * @param mode permissions of the directory when it is made
   */
  public void writeTree(String directory, String name, int mode, InputStream archive) {
    put(path("tree", directory).with("name", name).with("mode", octal(mode)), archive, -1);
  }

  private void put(Target target, InputStream content, long length) {
    exchange.done(
        Request.of("PUT", target.text())
            .body(new Request.Body(Exchange.OCTETS, content, length))
            .quiet(Exchange.SLOW));
  }

  private static String octal(int mode) {
    return "%03o".formatted(mode);
  }

  private Target path(String kind, String file) {
    return new Target(path + "/" + kind, new Query().with("path", file));
  }

  private static Request get(Target target) {
    return Exchange.get(target.text());
  }

  /** A path with its query. */
  private record Target(String path, Query query) {
    Target with(String name, String value) {
      return new Target(path, query.with(name, value));
    }

    String text() {
      return path + query;
    }
  }
}
