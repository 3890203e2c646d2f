package dev.kelvin.server.http.guard;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.DocumentLimits;

/**
 * How much clients may ask for. Those of connections, streams and requests are for the API over
 * TLS: the local socket is open to the administrator only.
 *
 * @param connections at once
 * @param connectionsPerAddress at once from one address (of IPv6: from one network of 64 bits)
 * @param unauthenticated connections at once on which nobody has shown the token yet, and requests
 *     without it that are answered at once
 * @param unauthenticatedPerSecond requests without the token from one address in a second, of which
 *     a connection counts as five until the token is shown on it; ten seconds' worth at once
 * @param streams requests at once on one connection of HTTP/2
 * @param requests with the token at once, event streams included
 * @param headBytes the address and the headers of one request
 * @param documentBytes one document
 * @param answerBytes answers that wait for their clients
 * @param consoleBytes output of consoles that waits for their clients
 * @param faultsTold of one document, in one answer
 * @param devices of one VM
 */
public record HttpLimits(
    Integer connections,
    Integer connectionsPerAddress,
    Integer unauthenticated,
    Integer unauthenticatedPerSecond,
    Integer streams,
    Integer requests,
    Integer headBytes,
    Integer documentBytes,
    Integer answerBytes,
    Integer consoleBytes,
    Integer faultsTold,
    Integer devices) {
  @SuppressWarnings("NullAway") // a null that a constructor is given asks it for the default
  public static final HttpLimits USUAL =
      new HttpLimits(null, null, null, null, null, null, null, null, null, null, null, null);

  public HttpLimits {
    connections = connections == null ? 512 : connections;
    connectionsPerAddress = connectionsPerAddress == null ? 256 : connectionsPerAddress;
    unauthenticated = unauthenticated == null ? 384 : unauthenticated;
    unauthenticatedPerSecond = unauthenticatedPerSecond == null ? 200 : unauthenticatedPerSecond;
    streams = streams == null ? 100 : streams;
    requests = requests == null ? 512 : requests;
    headBytes = headBytes == null ? 16 << 10 : headBytes;
    documentBytes = documentBytes == null ? Documents.MAX_BYTES : documentBytes;
    answerBytes = answerBytes == null ? 32 << 20 : answerBytes;
    consoleBytes = consoleBytes == null ? 24 << 20 : consoleBytes;
    faultsTold = faultsTold == null ? DocumentLimits.USUAL.faultsTold() : faultsTold;
    devices = devices == null ? DocumentLimits.USUAL.devices() : devices;
  }

  /**
   * Refuses what cannot work.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument
   */
  public void check() {
    range("connections", connections, 8, 100_000);
    range("connectionsPerAddress", connectionsPerAddress, 1, 100_000);
    range("unauthenticated", unauthenticated, 4, 100_000);
    range("unauthenticatedPerSecond", unauthenticatedPerSecond, 10, 100_000);
    range("streams", streams, 1, 1000);
    range("requests", requests, 4, 100_000);
    range("headBytes", headBytes, 4 << 10, 64 << 10);
    range("documentBytes", documentBytes, 1 << 10, Documents.MAX_BYTES);
    range("answerBytes", answerBytes, 1 << 20, 1 << 30);
    range("consoleBytes", consoleBytes, 1 << 20, 1 << 30);
    range("faultsTold", faultsTold, 1, 10_000);
    range("devices", devices, 1, 4096);
  }

  /** Those that are for documents. */
  public DocumentLimits ofDocuments() {
    return new DocumentLimits(faultsTold, devices);
  }

  private static void range(String field, int value, int least, int most) {
    if (value < least || value > most) {
      throw Problem.of(Code.INVALID_ARGUMENT, "This limit cannot be kept")
          .at("limits." + field)
          .because(value + " is out of range")
          .remedy("write a whole number from " + least + " to " + most)
          .asException();
    }
  }
}
