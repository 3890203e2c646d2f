package dev.kelvin.server.local.node;

import dev.kelvin.host.check.Doctor;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.ProblemException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The facts of the host as they were last found. Finding them takes seconds when nothing is cached,
 * which those who only show them must not wait for.
 */
public final class KnownFacts implements Supplier<HostFacts> {
  private static final Logger LOG = System.getLogger(KnownFacts.class.getName());

  private final Doctor doctor;
  private volatile @Nullable HostFacts last;

  public KnownFacts(Doctor doctor) {
    this.doctor = doctor;
  }

  /**
   * The facts as they are now.
   *
   * @throws ProblemException capability-missing when there is no QEMU
   */
  @Override
  public HostFacts get() {
    HostFacts facts = doctor.facts();
    last = facts;
    return facts;
  }

  /** What was found last; null before the first time. */
  public @Nullable HostFacts last() {
    return last;
  }

  /** Finds the facts meanwhile, so that they are known when they are needed. */
  public void findMeanwhile() {
    Thread.ofVirtual()
        .name("facts")
        .start(() -> {
          try {
            get();
          } catch (ProblemException e) {
            LOG.log(Level.INFO, () -> "the host's facts: " + e.problem().oneLine());
          }
        });
  }
}
