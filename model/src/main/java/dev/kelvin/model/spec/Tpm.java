package dev.kelvin.model.spec;

/**
 * A trusted platform module, emulated by swtpm. What it keeps is the VM's own and is deleted with
 * it.
 *
 * @param version of the TCG's specification that it follows
 */
public record Tpm(TpmVersion version) {
  public Tpm {
    version = version == null ? TpmVersion.V2_0 : version;
  }
}
