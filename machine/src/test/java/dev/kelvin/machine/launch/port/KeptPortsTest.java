package dev.kelvin.machine.launch.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.PortForward;
import dev.kelvin.model.spec.Protocol;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptPortsTest {
  @TempDir Path directory;

  private static Nic nic(String name, int... guestPorts) {
    return Nic.of(name)
        .withForwards(
            Arrays.stream(guestPorts)
                .mapToObj(port -> PortForward.of(Protocol.TCP, "127.0.0.1", 0, port))
                .toList());
  }

  private List<Integer> resolve(Nic... nics) {
    return KeptPorts.of(directory).resolve(List.of(nics)).stream()
        .flatMap(List::stream)
        .map(Forward::hostPort)
        .toList();
  }

  @Test
  void aPortIsTheSameAtTheNextStart() {
    List<Integer> first = resolve(nic("net0", 22, 80, 80), nic("net1", 22));
    assertThat(first).doesNotHaveDuplicates();
    assertThat(resolve(nic("net0", 22, 80, 80), nic("net1", 22))).isEqualTo(first);
    // Whatever comes before it.
    assertThat(resolve(nic("net0", 443, 80, 22))).endsWith(first.get(1), first.getFirst());
    // What another card has is kept for it.
    assertThat(resolve(nic("net1", 22))).containsExactly(first.get(3));
  }

  @Test
  void onePortThatIsTakenIsAnotherAndStaysThat() throws IOException {
    int before = resolve(nic("net0", 22)).getFirst();
    int after;
    try (var _ = new ServerSocket(before, 1, InetAddress.getLoopbackAddress())) {
      after = resolve(nic("net0", 22)).getFirst();
    }
    assertThat(after).isNotEqualTo(before);
    assertThat(resolve(nic("net0", 22))).containsExactly(after);
  }

  @Test
  void aPortThatIsAskedForIsNotNoted() {
    int free = resolve(nic("net0", 22)).getFirst();
    var asked = PortForward.of(Protocol.TCP, "127.0.0.1", free, 80);
    assertThat(resolve(Nic.of("net0").withForwards(List.of(asked)))).containsExactly(free);
    assertThat(directory.resolve("ports.json")).content().doesNotContain("80");
  }

  @Test
  void aNoteThatCannotBeReadIsNoObstacle() throws IOException {
    Files.writeString(directory.resolve("ports.json"), "{\"ports\":[{]");
    int chosen = resolve(nic("net0", 22)).getFirst();
    assertThat(resolve(nic("net0", 22))).containsExactly(chosen);
  }
}
