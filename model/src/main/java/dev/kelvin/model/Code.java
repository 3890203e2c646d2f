package dev.kelvin.model;

/**
 * What kind of thing went wrong. The wire name is stable: programs may decide by it. The HTTP
 * status is that of RFC 9110; the exit code is what the command line ends with.
 */
public enum Code implements WireName {
  INVALID_ARGUMENT("invalid-argument", 400, 2, "The request is not valid"),
  MALFORMED("malformed", 400, 2, "The document cannot be read"),
  UNAUTHENTICATED("unauthenticated", 401, 6, "Authentication is required"),
  FORBIDDEN("forbidden", 403, 6, "Not allowed"),
  NOT_FOUND("not-found", 404, 4, "No such object"),
  ALREADY_EXISTS("already-exists", 409, 5, "The name is taken"),
  CONFLICT("conflict", 409, 5, "Something else has the resource"),
  WRONG_STATE("wrong-state", 409, 5, "Not possible in this state"),
  PROTECTED("protected", 409, 5, "The object is protected"),
  REVISION_MISMATCH("revision-mismatch", 412, 5, "The object has changed meanwhile"),
  TOO_LARGE("too-large", 413, 2, "The request is too large"),
  UNSUPPORTED_MEDIA_TYPE("unsupported-media-type", 415, 2, "The media type is not supported"),
  METHOD_NOT_ALLOWED("method-not-allowed", 405, 2, "The method is not allowed here"),
  TOO_MANY("too-many", 429, 3, "Too much at once"),
  TIMEOUT("timeout", 504, 7, "It took too long"),
  UNAVAILABLE("unavailable", 503, 3, "Not available now"),
  CAPABILITY_MISSING("capability-missing", 422, 8, "The host lacks a capability"),
  QEMU_REFUSED("qemu-refused", 422, 8, "QEMU refuses"),
  GUEST_AGENT("guest-agent", 502, 9, "The guest agent does not do it"),
  HOST_FAILURE("host-failure", 500, 10, "The host failed"),
  CANCELLED("cancelled", 409, 11, "Cancelled"),
  INTERNAL("internal", 500, 1, "A fault in Kelvin");

  private final String wire;
  private final int httpStatus;
  private final int exitCode;
  private final String title;

  Code(String wire, int httpStatus, int exitCode, String title) {
    this.wire = wire;
    this.httpStatus = httpStatus;
    this.exitCode = exitCode;
    this.title = title;
  }

  @Override
  public String wire() {
    return wire;
  }

  public int httpStatus() {
    return httpStatus;
  }

  /** What {@code kelvin} exits with when a command ends in this problem. */
  public int exitCode() {
    return exitCode;
  }

  public String title() {
    return title;
  }
}
