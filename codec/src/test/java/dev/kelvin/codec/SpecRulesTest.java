package dev.kelvin.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.kelvin.model.Problem.Violation;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rules of specs, met as users meet them: by a document. Each case breaks one rule, and that
 * one is all that is found.
 */
class SpecRulesTest {
  static Stream<Arguments> machineRules() {
    return Stream.of(
        arguments("spec.machine", "machine: q53", "not a machine type"),
        arguments("spec.machine", "machine: pc-q35-7.2-extra", "not a machine type"),
        arguments("spec.machine", "machine: 'q35,accel=kvm'", "not a machine type"),
        arguments("spec.machine", "machine: ''", "not a machine type"),
        arguments("spec.cpu.sockets", "cpu: {sockets: 0}", "out of range"),
        arguments("spec.cpu.cores", "cpu: {cores: -1}", "out of range"),
        arguments("spec.cpu.threads", "cpu: {threads: 0}", "out of range"),
        arguments("spec.cpu", "cpu: {sockets: 16, cores: 16}", "exceeds 255"),
        arguments("spec.cpu", "cpu: {sockets: 2, cores: 64, threads: 2}", "exceeds 255"),
        arguments("spec.cpu", "cpu: {sockets: 48, cores: 5}", "APIC id 380"),
        arguments("spec.cpu", "cpu: {sockets: 33, cores: 5}", "APIC id 260"),
        arguments("spec.cpu", "cpu: {cores: 85, threads: 3}", "APIC id 338"),
        arguments("spec.cpu", Rules.MICROVM + "cpu: {sockets: 17, cores: 9}", "16 for cores"),
        arguments("spec.cpu.model", "cpu: {model: 'max,+x'}", "not the name of a CPU"),
        arguments("spec.cpu.model", "cpu: {model: ''}", "not the name of a CPU"),
        arguments("spec.cpu.features[0]", "cpu: {features: [aes]}", "with + or -"),
        arguments("spec.cpu.features[0]", "cpu: {features: ['+aes,pcid=on']}", "with + or -"),
        arguments("spec.cpu.features[1]", "cpu: {features: [+aes, -aes]}", "given twice"),
        arguments("spec.cpu.model", "accelerator: tcg, cpu: {model: host}", "no host CPU"),
        arguments("spec.memory.size", "memory: {size: 0}", "too little"),
        arguments("spec.memory.size", "memory: {size: 31MiB}", "too little"),
        arguments("spec.memory.size", "memory: {size: 5TiB}", "too much"),
        arguments("spec.memory.size", "memory: {size: 7EiB}", "too much"),
        arguments("spec.memory.size", "memory: {size: 100000001}", "whole number of MiB"),
        arguments("spec.memory.size", "memory: {size: 65MiB, hugePages: true}", "huge pages"),
        arguments("spec.memory.size", "firmware: {type: uefi}, memory: {size: 64MiB}", "for UEFI"),
        arguments("spec.boot.initrd", "boot: {initrd: /i}", "no kernel"),
        arguments("spec.boot.cmdline", "boot: {cmdline: quiet}", "no kernel"),
        arguments("spec.boot.kernel", "boot: {kernel: vmlinuz}", "not an absolute path"),
        arguments("spec.boot.kernel", "boot: {kernel: ''}", "missing or empty"),
        arguments("spec.boot.kernel", "boot: {kernel: \"/a\\nb\"}", "control characters"),
        arguments("spec.boot.initrd", "boot: {kernel: /k, initrd: i}", "not an absolute path"),
        arguments(
            "spec.boot.cmdline", "boot: {kernel: /k, cmdline: \"a\\nb\"}", "control characters"),
        arguments(
            "spec.boot.cmdline",
            "boot: {kernel: /k, cmdline: " + "x".repeat(2048) + "}",
            "2048 characters"),
        arguments("spec.shutdownTimeoutSeconds", "shutdownTimeoutSeconds: 0", "out of range"),
        arguments("spec.shutdownTimeoutSeconds", "shutdownTimeoutSeconds: 3601", "out of range"),
        arguments("spec.autostart.order", "autostart: {order: 1001}", "out of range"),
        arguments("spec.autostart.delaySeconds", "autostart: {delaySeconds: -1}", "out of"),
        arguments("spec.restart.maxAttempts", "restart: {maxAttempts: -1}", "out of range"),
        arguments("spec.serial.logSize", "serial: {logSize: 1KiB}", "out of range"),
        arguments("spec.serial.logSize", "serial: {logSize: 2GiB}", "out of range"));
  }

  static Stream<Arguments> diskRules() {
    return Stream.of(
        arguments("spec.disks[0].name", "disks: [{size: 1GiB}]", "missing"),
        arguments("spec.disks[0].name", "disks: [{name: '', size: 1GiB}]", "missing"),
        arguments("spec.disks[0].name", "disks: [{name: ../x, size: 1GiB}]", "not a name"),
        arguments("spec.disks[0].name", "disks: [{name: 'a,b', size: 1GiB}]", "not a name"),
        arguments(
            "spec.disks[0].name",
            "disks: [{name: " + "x".repeat(21) + ", size: 1GiB}]",
            "21 characters"),
        arguments(
            "spec.disks[1].name",
            "disks: [{name: a, size: 1GiB}, {name: a, size: 1GiB}]",
            "spec.disks[0].name"),
        arguments(
            "spec.nics[0].name", "cdroms: [{name: a}], nics: [{name: a}]", "spec.cdroms[0].name"),
        arguments("spec.disks[0].size", "disks: [{name: a}]", "needs a size"),
        arguments("spec.disks[0].size", "disks: [{name: a, size: 0}]", "too small"),
        arguments("spec.disks[0].size", "disks: [{name: a, size: 1023KiB}]", "too small"),
        arguments("spec.disks[0].size", "disks: [{name: a, size: 65TiB}]", "too large"),
        arguments("spec.disks[0].size", "disks: [{name: a, size: 2000001}]", "sectors"),
        arguments("spec.disks[0].image", "disks: [{name: a, image: /etc/shadow}]", "not a name"),
        arguments("spec.disks[0].image", "disks: [{name: a, image: ''}]", "missing"),
        arguments("spec.disks[0].volume", "disks: [{name: a, volume: ../x}]", "not the id"),
        arguments("spec.disks[0].volume", "disks: [{name: a, volume: ''}]", "not the id"),
        arguments("spec.disks[0].volume", "disks: [{name: a, volume: v, image: i}]", "either"),
        arguments(
            "spec.disks[1].volume",
            "disks: [{name: a, volume: v}, {name: b, volume: v}]",
            "spec.disks[0].volume"),
        arguments(
            "spec.disks[0].serial",
            "disks: [{name: a, size: 1GiB, serial: " + "x".repeat(21) + "}]",
            "not a serial"),
        arguments(
            "spec.disks[0].serial",
            "disks: [{name: a, size: 1GiB, serial: \"a\\nb\"}]",
            "not a serial"),
        arguments(
            "spec.disks[0].serial", "disks: [{name: a, size: 1GiB, serial: ''}]", "not a serial"),
        arguments(
            "spec.disks[0].ioThread",
            "disks: [{name: a, size: 1GiB, bus: nvme, ioThread: true}]",
            "no thread"),
        arguments(
            "spec.disks[0].readOnly",
            "disks: [{name: a, image: i, bus: sata, readOnly: true}]",
            "cannot be read-only"),
        arguments(
            "spec.disks[0].readOnly",
            "disks: [{name: a, size: 1GiB, readOnly: true}]",
            "starts empty"));
  }

  static Stream<Arguments> bootAndCountRules() {
    return Stream.of(
        arguments(
            "spec.disks[0].bootIndex",
            "disks: [{name: a, size: 1GiB, bootIndex: -1}]",
            "out of range"),
        arguments(
            "spec.cdroms[0].bootIndex",
            "disks: [{name: a, size: 1GiB, bootIndex: 1}], cdroms: [{name: b, bootIndex: 1}]",
            "spec.disks[0].bootIndex"),
        arguments(
            "spec.nics[0].bootIndex",
            "disks: [{name: a, size: 1GiB, bootIndex: 1}], nics: [{name: b, bootIndex: 1}]",
            "spec.disks[0].bootIndex"),
        arguments("spec.disks", "disks: " + Rules.repeat(33, "{name: d#, size: 1GiB}"), "33"),
        arguments(
            "spec.disks",
            "machine: pc-i440fx-7.2, disks: " + Rules.repeat(15, "{name: d#, size: 1GiB}"),
            "15"),
        arguments(
            "spec.disks",
            "disks: " + Rules.repeat(101, "{name: d#, size: 1GiB, bus: virtio-scsi}"),
            "101"),
        arguments(
            "spec.disks",
            "disks: "
                + Rules.repeat(4, "{name: d#, size: 1GiB, bus: sata}")
                + ", cdroms: "
                + Rules.repeat(3, "{name: c#, bus: sata}"),
            "SATA"),
        arguments("spec.cdroms[0].image", "cdroms: [{name: a, image: a/b}]", "not a name"),
        arguments("spec.cdroms[0].bus", "cdroms: [{name: a, bus: ide}]", "has no IDE"),
        arguments(
            "spec.cdroms",
            "machine: i440fx, cdroms: " + Rules.repeat(5, "{name: c#, bus: ide}"),
            "IDE"),
        arguments(
            "spec.cdroms", "cdroms: " + Rules.repeat(256, "{name: c#, bus: virtio-scsi}"), "256"));
  }

  static Stream<Arguments> nicRules() {
    return Stream.of(
        arguments("spec.nics", "nics: " + Rules.repeat(9, "{name: n#}"), "9 NICs"),
        arguments("spec.nics[0].mac", "nics: [{name: a, mac: nonsense}]", "not a MAC"),
        arguments("spec.nics[0].mac", "nics: [{name: a, mac: 52-54-00-00-00-01}]", "not a MAC"),
        arguments("spec.nics[0].mac", "nics: [{name: a, mac: '52:54:00:00:00'}]", "not a MAC"),
        arguments("spec.nics[0].mac", "nics: [{name: a, mac: '53:54:00:00:00:01'}]", "multicast"),
        arguments("spec.nics[0].mac", "nics: [{name: a, mac: '00:00:00:00:00:00'}]", "zeros"),
        arguments(
            "spec.nics[1].mac",
            "nics: [{name: a, mac: '52:54:00:00:00:0A'}, {name: b, mac: '52:54:00:00:00:0a'}]",
            "same address"),
        arguments(
            "spec.nics[0].forwards[0].hostPort",
            "nics: [{name: a, forwards: [{hostPort: 65536, guestPort: 22}]}]",
            "out of range"),
        arguments(
            "spec.nics[0].forwards[0].hostPort",
            "nics: [{name: a, forwards: [{hostPort: -1, guestPort: 22}]}]",
            "out of range"),
        arguments(
            "spec.nics[0].forwards[0].guestPort",
            "nics: [{name: a, forwards: [{hostPort: 2222}]}]",
            "out of range"),
        arguments(
            "spec.nics[0].forwards[0].hostAddress",
            "nics: [{name: a, forwards: [{hostAddress: '::1', guestPort: 22}]}]",
            "not an IPv4"),
        arguments(
            "spec.nics[0].forwards[0].hostAddress",
            "nics: [{name: a, forwards: [{hostAddress: localhost, guestPort: 22}]}]",
            "not an IPv4"),
        arguments(
            "spec.nics[0].forwards[0].hostAddress",
            "nics: [{name: a, forwards: [{hostAddress: 1.2.3.4., guestPort: 22}]}]",
            "not an IPv4"),
        arguments(
            "spec.nics[0].forwards[0].hostAddress",
            "nics: [{name: a, forwards: [{hostAddress: 1.2.3.256, guestPort: 22}]}]",
            "not an IPv4"),
        arguments(
            "spec.nics[0].forwards[1].hostPort",
            "nics: [{name: a, forwards: "
                + "[{hostPort: 2222, guestPort: 22}, {hostPort: 2222, guestPort: 80}]}]",
            "same host port"),
        arguments(
            "spec.nics[1].forwards[0].hostPort",
            "nics: [{name: a, forwards: [{hostPort: 2222, guestPort: 22}]}, {name: b, forwards: "
                + "[{hostAddress: 0.0.0.0, hostPort: 2222, guestPort: 22}]}]",
            "same host port"));
  }

  static Stream<Arguments> guestAddressRules() {
    return Stream.of(
        arguments(
            "spec.nics[0].forwards[0].guestAddress",
            "nics: [{name: a, forwards: [{guestAddress: 10.0.2.3, guestPort: 22}]}]",
            "not an address that a guest can have"),
        arguments(
            "spec.nics[0].forwards[0].guestAddress",
            "nics: [{name: a, forwards: [{guestAddress: 8.8.8.8, guestPort: 22}]}]",
            "not an address that a guest can have"),
        arguments(
            "spec.nics[0].forwards[0].guestAddress",
            "nics: [{name: a, forwards: [{guestAddress: 10.0.300.50, guestPort: 22}]}]",
            "not an address that a guest can have"),
        arguments(
            "spec.nics[0].forwards[1].guestAddress",
            "nics: [{name: a, forwards: [{guestAddress: 10.0.2.50, guestPort: 22}, "
                + "{guestAddress: 10.0.3.50, guestPort: 22}]}]",
            "is not in 10.0.2.0/24"),
        arguments(
            "spec.nics[1].forwards",
            "nics: [{name: a}, {name: b, forwards: [{guestAddress: 10.0.2.50, guestPort: 22}]}]",
            "behind another NIC"));
  }

  static Stream<Arguments> microvmRules() {
    return Stream.of(
        arguments("spec.boot.kernel", "machine: microvm, graphics: {type: none}", "boot loader"),
        arguments("spec.graphics.type", "machine: microvm, boot: {kernel: /k}", "no screen"),
        arguments("spec.firmware.type", Rules.MICROVM + "firmware: {type: uefi}", "no UEFI"),
        arguments(
            "spec.disks[0].bus",
            Rules.MICROVM + "disks: [{name: a, size: 1GiB, bus: nvme}]",
            "no nvme"),
        arguments(
            "spec.disks[0].bus",
            Rules.MICROVM + "disks: [{name: a, size: 1GiB, bus: sata}]",
            "no sata"),
        arguments(
            "spec.cdroms[0].bus", Rules.MICROVM + "cdroms: [{name: a, bus: sata}]", "no sata"),
        arguments("spec.cdroms[0].bus", Rules.MICROVM + "cdroms: [{name: a, bus: ide}]", "no ide"),
        arguments(
            "spec.nics[0].model", Rules.MICROVM + "nics: [{name: a, model: e1000e}]", "no PCI"),
        arguments(
            "spec",
            Rules.MICROVM + "disks: " + Rules.repeat(7, "{name: d#, size: 1GiB}"),
            "8 places"));
  }

  static Stream<Arguments> cloudInitRules() {
    return Stream.of(
        arguments("spec.cloudInit.userData", "cloudInit: {userData: x, user: ann}", "replaces"),
        arguments("spec.cloudInit.userData", "cloudInit: {userData: x, packages: [vim]}", "repl"),
        arguments("spec.cloudInit.userData", "cloudInit: {userData: x, password: p}", "replaces"),
        arguments("spec.cloudInit.userData", "cloudInit: {userData: ' '}", "empty"),
        arguments(
            "spec.cloudInit.userData",
            "cloudInit: {userData: " + "x".repeat((512 << 10) + 1) + "}",
            "characters"),
        arguments("spec.cloudInit.networkConfig", "cloudInit: {networkConfig: ''}", "empty"),
        arguments("spec.cloudInit.hostname", "cloudInit: {hostname: 'a b'}", "not a host name"),
        arguments("spec.cloudInit.hostname", "cloudInit: {hostname: ''}", "not a host name"),
        arguments("spec.cloudInit.user", "cloudInit: {user: 'Ann Smith'}", "not a user"),
        arguments("spec.cloudInit.user", "cloudInit: {user: 'a:b'}", "not a user"),
        arguments("spec.cloudInit.password", "cloudInit: {password: \"a\\nb\"}", "control"),
        arguments("spec.cloudInit.password", "cloudInit: {password: ''}", "missing"),
        arguments("spec.cloudInit.sshKeys[0]", "cloudInit: {sshKeys: [nonsense]}", "public key"),
        arguments(
            "spec.cloudInit.sshKeys[1]",
            "cloudInit: {sshKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFZGHVnuNhWu4hPOE64GslA+afSjTdle1w9FWLpl7JqN ann, \"ssh-rsa A\\tB\"]}",
            "control"),
        arguments("spec.cloudInit.packages[0]", "cloudInit: {packages: ['vim; rm']}", "package"),
        arguments("spec.cloudInit.packages[0]", "cloudInit: {packages: [-x]}", "package"));
  }

  @ParameterizedTest
  @MethodSource({
    "machineRules",
    "diskRules",
    "bootAndCountRules",
    "nicRules",
    "guestAddressRules",
    "microvmRules",
    "cloudInitRules"
  })
  void findsWhatIsWrong(String field, String spec, String cause) {
    var violations = Rules.check(spec);
    assertThat(violations).extracting(Violation::field).containsExactly(field);
    assertThat(violations.getFirst().cause()).contains(cause);
    assertThat(violations.getFirst().remedy()).isNotBlank();
  }

  static Stream<Arguments> metadataRules() {
    return Stream.of(
        arguments("metadata.name", "{}"),
        arguments("metadata.name", "{metadata: {}}"),
        arguments("metadata.name", "{metadata: {name: ../etc}}"),
        arguments("metadata.name", "{metadata: {name: Web1}}"),
        arguments("metadata.name", "{metadata: {name: " + "x".repeat(64) + "}}"),
        arguments("kind", "{kind: Image, metadata: {name: web1}}"),
        arguments("metadata.labels.a b", "{metadata: {name: web1, labels: {a b: c}}}"),
        arguments("metadata.labels.a", "{metadata: {name: web1, labels: {a: \"b\\nc\"}}}"),
        arguments(
            "metadata.labels",
            "{metadata: {name: web1, labels: {"
                + IntStream.range(0, 65)
                    .mapToObj(i -> "l" + i + ": x")
                    .collect(Collectors.joining(", "))
                + "}}}"));
  }

  @ParameterizedTest
  @MethodSource("metadataRules")
  void findsWhatIsWrongAroundTheSpec(String field, String document) {
    assertThat(Rules.checkDocument(document)).extracting(Violation::field).containsExactly(field);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "machine: i440fx",
        "machine: pc-q35-7.2",
        "cpu: {sockets: 1, cores: 255}",
        "cpu: {sockets: 255}",
        "cpu: {sockets: 31, cores: 8}",
        "cpu: {sockets: 31, cores: 5}",
        "architecture: aarch64, cpu: {sockets: 48, cores: 5}",
        "disks: [{name: a, size: 16TiB}]",
        "memory: {size: 32MiB}",
        "memory: {size: 4TiB}",
        "firmware: {type: uefi}, memory: {size: 128MiB}",
        "disks: [{name: a, image: debian}]",
        "disks: [{name: a, size: 64TiB, serial: 'A b-1.2_3+4:5'}]",
        "disks: [{name: a, image: debian, readOnly: true}]",
        "disks: [{name: a, size: 1GiB, bus: nvme}]",
        "nics: [{name: a, mac: '52:54:00:00:00:01', forwards: [{guestPort: 22}, {guestPort: 22}]}]",
        "nics: [{name: a, forwards: [{guestAddress: 192.168.122.50, guestPort: 22}]}, {name: b}]",
        "nics: [{name: a, forwards: [{hostPort: 53, guestPort: 53}, "
            + "{protocol: udp, hostPort: 53, guestPort: 53}]}]",
        "nics: [{name: a, forwards: [{hostPort: 80, guestPort: 80}, "
            + "{hostAddress: 127.0.0.2, hostPort: 80, guestPort: 80}]}]",
        "machine: i440fx, cdroms: [{name: a, bus: ide}]",
        Rules.MICROVM + "disks: [{name: a, size: 1GiB}], nics: [{name: b}]",
        Rules.MICROVM + "cdroms: [{name: a, bus: virtio-scsi}]",
        "boot: {kernel: '/a, b', initrd: /i, cmdline: ''}",
        "cloudInit: {hostname: web1.example.org, userData: '#cloud-config'}",
        "cloudInit: {user: ann, sshKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFZGHVnuNhWu4hPOE64GslA+afSjTdle1w9FWLpl7JqN ann@host'], "
            + "packages: [vim, 'g++', libc6=2.36-9], password: '$6$salt$hash'}",
      })
  void acceptsWhatIsRight(String spec) {
    assertThat(Rules.check(spec)).isEmpty();
  }

  @Test
  void findsEverythingAtOnce() {
    var violations =
        Rules.check(
            "machine: foo, cpu: {cores: 0}, memory: {size: 1}, disks: [{name: A}, {name: A}],"
                + " nics: [{name: n, mac: x}], cloudInit: {user: 'A B'}");
    assertThat(violations)
        .extracting(Violation::field)
        .containsExactly(
            "spec.machine",
            "spec.cpu.cores",
            "spec.memory.size",
            "spec.disks[0].name",
            "spec.disks[0].size",
            "spec.disks[1].name",
            "spec.disks[1].name",
            "spec.disks[1].size",
            "spec.nics[0].mac",
            "spec.cloudInit.user");
  }

  @ParameterizedTest
  @CsvSource({
    "memory: {size: 2048}, did you mean 2048MiB? A number without a unit counts bytes",
    "memory: {size: 2}, did you mean 2GiB? A number without a unit counts bytes",
    "memory: {size: 31MiB}, give it at least 32MiB",
    "'disks: [{name: a, size: 20}]', did you mean 20GiB? A number without a unit counts bytes",
    "'disks: [{name: a, size: 0}]', write at least 1MiB",
    "machine: pc, did you mean i440fx?",
    "machine: pc-q35-rhel8.2.0, did you mean q35?",
  })
  void guessesWhatWasMeant(String spec, String remedy) {
    assertThat(Rules.check(spec)).singleElement().extracting(Violation::remedy).isEqualTo(remedy);
  }
}
