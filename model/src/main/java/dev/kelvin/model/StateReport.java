package dev.kelvin.model;

import java.util.List;

/**
 * What a check of the store has found.
 *
 * @param revision as of which it was checked
 * @param keys how many there are
 * @param findings faults, in the order of their keys; empty when all is well
 */
public record StateReport(long revision, long keys, List<Finding> findings) {
  /**
   * One fault.
   *
   * @param key in the store; empty for the store itself
   * @param fault what is wrong
   * @param repair what to do about it
   */
  public record Finding(String key, String fault, String repair) {}

  public StateReport {
    findings = findings == null ? List.of() : List.copyOf(findings);
  }
}
