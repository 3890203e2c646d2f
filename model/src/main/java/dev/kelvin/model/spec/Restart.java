package dev.kelvin.model.spec;

/**
 * What follows when the VM ends and nobody asked for it.
 *
 * @param policy when to start it again. The wait doubles from 1 second to 5 minutes, and begins
 *     anew once it has run for 10 minutes
 * @param maxAttempts how often in a row; 0 for ever
 */
public record Restart(RestartMode policy, Integer maxAttempts) {
  public Restart {
    policy = policy == null ? RestartMode.NEVER : policy;
    maxAttempts = maxAttempts == null ? 0 : maxAttempts;
  }
}
