package dev.kelvin.server.http;

import dev.kelvin.model.Problem;
import java.util.Optional;

/** Says whether the daemon can do its work. Asked often, so it answers from what it knows. */
@FunctionalInterface
public interface Health {
  /** Empty when all is well, else what is not. */
  Optional<Problem> complaint();

  /** Why the daemon takes no orders yet, though it may be well; empty when it does. */
  default Optional<Problem> unready() {
    return Optional.empty();
  }
}
