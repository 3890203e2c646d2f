package dev.kelvin.it.product;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.Graphics;
import dev.kelvin.model.spec.GraphicsType;
import dev.kelvin.model.spec.Memory;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** VMs that tests make. */
public final class Guests {
  private Guests() {}

  /** A Linux of some seconds: Debian's cloud kernel and a busybox. */
  public static Vm tiny(
      String name, TinyGuest guest, String words, UnaryOperator<VmSpec.Builder> change) {
    var spec =
        new VmSpec.Builder()
            .memory(Memory.of(ByteSize.ofMiB(192)))
            .guestAgent(false)
            .boot(
                Boot.kernel(
                    guest.kernel().toString(),
                    guest.initrd().toString(),
                    TinyGuest.CMDLINE + " " + words));
    return vm(name, change.apply(spec).build());
  }

  /** A VM that runs its firmware and finds nothing to boot: the fastest to make. */
  public static Vm empty(String name, UnaryOperator<VmSpec.Builder> change) {
    var spec =
        new VmSpec.Builder()
            .memory(Memory.of(ByteSize.ofMiB(64)))
            .graphics(Graphics.of(GraphicsType.NONE))
            .guestAgent(false);
    return vm(name, change.apply(spec).build());
  }

  /** A file that looks like a bzImage, whose set-up code would go beyond its end. */
  public static Path kernelThatQemuRefuses() {
    var kernel = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
    kernel.put(0x1f1, (byte) 64); // sectors of set-up code
    kernel.putInt(0x202, 0x53726448); // "HdrS"
    kernel.putShort(0x206, (short) 0x020c);
    try {
      Path file = Files.write(Files.createTempFile("kernel", ""), kernel.array());
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static UnaryOperator<VmSpec.Builder> stopped() {
    return spec -> spec.power(Power.STOPPED);
  }

  public static Vm vm(String name, VmSpec spec) {
    return new Vm(Metadata.named(name), spec, VmStatus.initial());
  }
}
