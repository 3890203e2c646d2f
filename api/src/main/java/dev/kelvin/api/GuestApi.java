package dev.kelvin.api;

import static dev.kelvin.api.Exchange.get;
import static dev.kelvin.api.Exchange.post;

import dev.kelvin.api.http.Request;
import dev.kelvin.model.GuestInfo;
import java.io.InputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the API does inside a VM, by its guest agent. */
public final class GuestApi {
  private final Exchange exchange;
  private final String path;

  GuestApi(Exchange exchange, String vm) {
    this.exchange = exchange;
    this.path = Client.vmPath(vm) + "/guest";
  }

  public GuestInfo info() {
    return exchange.read(get(path), GuestInfo.class);
  }

  public ExecResult exec(ExecRequest program) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("command", program.command());
    body.put("environment", program.environment());
    body.put("input", program.input());
    body.put("timeoutSeconds", program.timeout().toSeconds());
    Duration quiet = program.timeout().plus(Request.USUAL);
    return exchange.read(post(path + "/exec", body).quiet(quiet), ExecResult.class);
  }

  /** Whoever reads it to its end or closes it ends the exchange. */
  public InputStream read(String file) {
    return exchange.stream(get(files(file)).quiet(Exchange.SLOW));
  }

  /**
   * Writes a file of the guest.
   *
   * @param length in bytes; -1 when it is not known
   */
  public void write(String file, InputStream content, long length) {
    exchange.done(
        Request.of("PUT", files(file))
            .body(new Request.Body(Exchange.OCTETS, content, length))
            .quiet(Exchange.SLOW));
  }

  private String files(String file) {
    return path + "/files" + new Query().with("path", file);
  }
}
