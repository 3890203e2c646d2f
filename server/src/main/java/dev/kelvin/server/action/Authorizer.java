package dev.kelvin.server.action;

import dev.kelvin.model.Problem;
import java.util.Optional;

/** Says whether somebody may do something. The only place that decides it. */
@FunctionalInterface
public interface Authorizer {
  /** Empty when allowed, else why not. */
  Optional<Problem> check(Principal who, Action what);
}
