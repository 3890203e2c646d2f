package dev.kelvin.model.spec;

/**
 * How much one document may make of what can be set.
 *
 * @param faultsTold of a document's faults, so many are told; the rest is counted
 * @param devices disks, CD drives, NICs and shares of a VM together; more are not looked at one by
 *     one
 */
public record DocumentLimits(int faultsTold, int devices) {
  public static final DocumentLimits USUAL = new DocumentLimits(100, 512);
}
