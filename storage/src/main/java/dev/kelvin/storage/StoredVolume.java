package dev.kelvin.storage;

import dev.kelvin.model.ByteSize;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A writable disk of one VM.
 *
 * @param id unique in its driver: the VM's id and the disk's name
 * @param size what the guest sees
 * @param allocated what it takes on the medium, without the image below it
 * @param backing the image that it was cloned from; null when it stands alone
 * @param path what QEMU opens
 * @param format as QEMU names it: {@code qcow2} or {@code raw}
 */
public record StoredVolume(
    String id,
    ByteSize size,
    ByteSize allocated,
    @Nullable Path backing,
    Path path,
    String format) {}
