package dev.kelvin.bench.start;

import dev.kelvin.bench.guest.Guest;
import dev.kelvin.bench.guest.SerialLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Starts an equivalent domain with {@code virsh create}: from the exec of virsh until it ends, and
 * until the marker comes out of its serial port.
 */
final class LibvirtStart implements Start {
  private final Libvirt libvirt;
  private final Path xml;
  private final Path serialSocket;

  /**
   * @param machine QEMU's versioned machine type
   * @param guest files that libvirt's user can read
   */
  LibvirtStart(Libvirt libvirt, String machine, String accelerator, int memoryMiB, Guest guest)
      throws IOException {
    this.libvirt = libvirt;
    this.serialSocket = libvirt.home().resolve("serial.sock");
    this.xml =
        Files.writeString(
            libvirt.home().resolve("domain.xml"),
            domain(machine, accelerator, memoryMiB, guest, serialSocket));
  }

  @Override
  public String name() {
    return "virsh create";
  }

  @Override
  public Times measure() throws IOException, InterruptedException {
    Path output = libvirt.home().resolveSibling("virsh.out");
    var builder =
        new ProcessBuilder(libvirt.command("create", xml.toString()))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().putAll(libvirt.environment());
    Files.deleteIfExists(serialSocket);
    try (var serial = new SerialLine(serialSocket)) {
      long begin = System.nanoTime();
      Process virsh = builder.start();
      try {
        if (!virsh.waitFor(2, TimeUnit.MINUTES) || virsh.exitValue() != 0) {
          throw new IOException("virsh create failed: " + Files.readString(output));
        }
        long running = System.nanoTime();
        long init = serial.await();
        return new Times(Duration.ofNanos(running - begin), Duration.ofNanos(init - begin));
      } finally {
        virsh.destroyForcibly().waitFor();
        libvirt.virsh("destroy", "bench");
      }
    }
  }

  /** The same devices as those that Kelvin gives a VM with one NIC. */
  private static String domain(
      String machine, String accelerator, int memoryMiB, Guest guest, Path serial) {
    boolean kvm = accelerator.equals("kvm");
    return """
    <domain type='%s'>
      <name>bench</name>
      <memory unit='MiB'>%d</memory>
      <vcpu>1</vcpu>
      <os>
        <type arch='x86_64' machine='%s'>hvm</type>
        <kernel>%s</kernel>
        <initrd>%s</initrd>
        <cmdline>%s</cmdline>
      </os>
      <features><acpi/></features>
      <cpu mode='%s'/>
      <devices>
        <serial type='unix'><source mode='bind' path='%s'/></serial>
        <channel type='unix'>
          <source mode='bind' path='%s'/>
          <target type='virtio' name='org.qemu.guest_agent.0'/>
        </channel>
        <graphics type='vnc' socket='%s'/>
        <video><model type='vga'/></video>
        <controller type='usb' model='qemu-xhci'/>
        <input type='tablet' bus='usb'/>
        <interface type='user'><model type='virtio'/></interface>
        <rng model='virtio'><backend model='builtin'/></rng>
        <panic model='isa'/>
        <memballoon model='none'/>
      </devices>
    </domain>
    """
        .formatted(
            kvm ? "kvm" : "qemu",
            memoryMiB,
            machine,
            guest.kernel(),
            guest.initrd(),
            Guest.CMDLINE,
            kvm ? "host-passthrough" : "maximum",
            serial,
            serial.resolveSibling("agent.sock"),
            serial.resolveSibling("vnc.sock"));
  }
}
