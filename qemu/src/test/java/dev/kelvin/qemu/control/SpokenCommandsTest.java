package dev.kelvin.qemu.control;

import static dev.kelvin.qemu.Specs.cdrom;
import static dev.kelvin.qemu.Specs.disk;
import static dev.kelvin.qemu.Specs.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.ProblemException;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.CacheMode;
import dev.kelvin.model.spec.DiscardMode;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.DiskBus;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.BlockSource;
import dev.kelvin.qemu.Specs;
import dev.kelvin.qemu.testkit.TestQemu;
import dev.kelvin.qmp.Cost;
import dev.kelvin.qmp.QmpClient;
import dev.kelvin.qmp.QmpListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Holds every command that Kelvin gives, with its arguments, against the schema of the QEMU at
 * hand: an operation of each kind is carried out, and what passed on the wire is checked.
 */
@Timeout(120)
@ParameterizedClass
@EnumSource(TestQemu.class)
class SpokenCommandsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Where the sources name a command. */
  private static final Pattern SPOKEN =
      Pattern.compile("(?:run|attempt|execute|release)\\(\\s*\"([a-z_-]+)\"");

  @Parameter TestQemu which = TestQemu.HOST;

  @TempDir Path directory;

  @Test
  void everyCommandIsInTheSchema() throws Exception {
    var commands = converse();
    var schema = new QmpSchema(schema());
    var faults = new TreeSet<String>();
    for (JsonNode command : commands) {
      faults.addAll(schema.check(command));
    }
    assertThat(faults).isEmpty();

    var heard = new TreeSet<String>();
    commands.forEach(command -> heard.add(command.path("execute").asString()));
    assertThat(heard).as("the conversation has every command").containsAll(spoken());
  }

  @Test
  void theCheckFindsFaults() throws Exception {
    var schema = new QmpSchema(schema());
    assertThat(schema.check(JSON.readTree("{\"execute\": \"nope\"}")))
        .containsExactly("there is no command nope");
    var faulty =
        JSON.readTree(
            """
            {"execute": "blockdev-add", "arguments": {"driver": "qcow2", "node-nam": "x",
              "cache": {"direct": "yes"}, "file": {"driver": "file", "aio": "magic"}}}
            """);
    assertThat(schema.check(faulty))
        .anyMatch(fault -> fault.contains("no member node-nam"))
        .anyMatch(fault -> fault.contains("cache.direct"))
        .anyMatch(fault -> fault.contains("blockdev-add.file"));
  }

  private List<JsonNode> converse() throws Exception {
    var spec =
        read(
            """
            memory: {size: 64MiB}
            """,
            VmSpec.class);
    spec = spec.withCdroms(List.of(cdrom("{name: cd}")));
    try (var rig = Rig.start(which, directory, spec)) {
      var vm = rig.vm();
      vm.state();
      vm.uuid();
      vm.cont();
      vm.pause();
      vm.reset();
      vm.powerdown();
      vm.sendKeys(new ArrayList<>(Keys.CODES).subList(0, 60));
      vm.sendKeys(new ArrayList<>(Keys.CODES).subList(60, Keys.CODES.size()));
      vm.screenshot(rig.plan().files().screenshot("1"), 1);
      plugAll(rig);
      Path iso = Files.write(directory.resolve("a.iso"), new byte[1 << 16]);
      vm.insertMedia("cd", iso);
      vm.ejectMedia("cd");
      vm.blockStats();
      vm.devices();
      vm.quit();
      return rig.commands();
    }
  }

  /** Plugs a disk of each bus in each cache mode, and a card. */
  private static void plugAll(Rig rig) throws Exception {
    var modes = CacheMode.values();
    for (int i = 0; i < modes.length; i++) {
      var template = disk("d" + i, i == 0 ? DiskBus.VIRTIO_BLK : DiskBus.VIRTIO_SCSI);
      var discard = i % 2 == 0 ? DiscardMode.UNMAP : DiscardMode.IGNORE;
      var disk =
          read(
              "{name: d%d, size: 64MiB, bus: %s, cache: %s, discard: %s}"
                  .formatted(i, template.bus().wire(), modes[i].wire(), discard.wire()),
              Disk.class);
      rig.attachDisk(disk, rig.volume(disk.name()));
    }
    rig.vm().detachDisk("d1", Rig.SOON);
    rig.attachDisk(disk("nvme", DiskBus.NVME), rig.volume("nvme"));
    // A plug that fails takes its thread back.
    assertThatThrownBy(() ->
            rig.attachDisk(disk("gone", DiskBus.VIRTIO_BLK), BlockSource.of("/none/gone", "raw")))
        .isInstanceOf(ProblemException.class);
    var nic = Specs.nic("net0").withMac("52:54:00:00:00:09");
    rig.attachNic(nic, List.of(Forward.of("net0", "tcp", "127.0.0.1", 0, 22)));
  }

  private JsonNode schema() throws Exception {
    Path place = Files.createDirectories(directory.resolve("schema"));
    try (var rig = Rig.start(which, place, read("memory: {size: 64MiB}", VmSpec.class))) {
      rig.vm().close();
      rig.await(QemuSignal.Closed.class);
      try (var client = QmpClient.connect(rig.plan().files().qmp(), Rig.SOON, QmpListener.none())) {
        return client.execute("query-qmp-schema", Cost.NORMAL);
      }
    }
  }

  /** The commands that the sources of this module name. */
  private static Set<String> spoken() throws IOException {
    var found = new TreeSet<String>();
    try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
      for (Path source : sources.filter(path -> path.toString().endsWith(".java")).toList()) {
        SPOKEN.matcher(Files.readString(source)).results().forEach(hit -> found.add(hit.group(1)));
      }
    }
    assertThat(found).hasSizeGreaterThan(20);
    return found;
  }
}
