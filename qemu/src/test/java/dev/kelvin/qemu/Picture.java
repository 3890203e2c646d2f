package dev.kelvin.qemu;

import dev.kelvin.host.Descriptor;
import dev.kelvin.host.DescriptorSender;
import dev.kelvin.qmp.Enclosure;
import java.io.IOException;

/** A file in memory that a QEMU writes a screenshot to. */
final class Picture implements AutoCloseable {
  private final Descriptor memory = Descriptor.memory("screenshot");
  private final Descriptor toWrite = memory.writeOnly();
  private final DescriptorSender sender = new DescriptorSender();

  Picture() throws IOException {}

  Enclosure enclosure() {
    return (channel, bytes) ->
        sender.send(channel, bytes, toWrite) ? Enclosure.Sent.DONE : Enclosure.Sent.NO_ROOM;
  }

  byte[] bytes() throws IOException {
    return memory.read(1 << 24);
  }

  @Override
  public void close() {
    toWrite.close();
    memory.close();
  }
}
