package dev.kelvin.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An error that teaches: what failed, on which object, why, and what to do about it. On the wire it
 * is a problem document of RFC 9457 with these members as extensions.
 *
 * @param code what kind of problem; stable
 * @param detail what failed, one sentence
 * @param object the object it failed on, such as {@code vm/web1}
 * @param field the field at fault in the request, such as {@code spec.disks[0].size}
 * @param cause why, as far as is known
 * @param remedy what the user can do
 * @param violations every fault of a document that has several; otherwise empty
 */
public record Problem(
    Code code,
    String detail,
    @Nullable String object,
    @Nullable String field,
    @Nullable String cause,
    @Nullable String remedy,
    List<Violation> violations) {

  /** One fault of a document: where, what is wrong, and what to write instead. */
  public record Violation(String field, String cause, String remedy) {}

  public Problem {
    violations = violations == null ? List.of() : List.copyOf(violations);
  }

  public static Problem of(Code code, String detail) {
    return new Problem(code, detail, null, null, null, null, List.of());
  }

  public Problem as(Code newCode) {
    return new Problem(newCode, detail, object, field, cause, remedy, violations);
  }

  public Problem on(String newObject) {
    return new Problem(code, detail, newObject, field, cause, remedy, violations);
  }

  public Problem at(String newField) {
    return new Problem(code, detail, object, newField, cause, remedy, violations);
  }

  public Problem because(@Nullable String newCause) {
    return new Problem(code, detail, object, field, newCause, remedy, violations);
  }

  public Problem remedy(String newRemedy) {
    return new Problem(code, detail, object, field, cause, newRemedy, violations);
  }

  public Problem violations(List<Violation> newViolations) {
    return new Problem(code, detail, object, field, cause, remedy, newViolations);
  }

  public ProblemException asException() {
    return new ProblemException(this, null);
  }

  public ProblemException asException(Throwable reason) {
    return new ProblemException(this, reason);
  }

  /** The same line, and what to do. */
  public String oneLineWithRemedy() {
    return remedy == null ? oneLine() : oneLine() + "; " + remedy;
  }

  /** One line for logs and for exceptions. */
  public String oneLine() {
    var line = new StringBuilder(code.wire()).append(": ").append(detail);
    if (object != null) {
      line.append(" [").append(object).append(']');
    }
    if (cause != null) {
      line.append(" (").append(cause).append(')');
    }
    return line.toString();
  }
}
