package dev.kelvin.machine.store;

import org.jspecify.annotations.Nullable;

/**
 * A process beside QEMU that was started for a VM: its TPM, the server of a shared directory.
 *
 * @param process {@link dev.kelvin.host.process.ProcessId#encode()}
 * @param leftover a file that it does not remove itself; null for none
 */
public record StartedCompanion(String name, String process, @Nullable String leftover)
    implements HeldResource {}
