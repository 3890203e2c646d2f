package dev.kelvin.cli;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.GuestInfo;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.ImagePhase;
import dev.kelvin.model.Image.ImageSpec;
import dev.kelvin.model.Image.ImageStatus;
import dev.kelvin.model.Image.Origin;
import dev.kelvin.model.Image.PullSource;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.PublishedImage;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.CloudInit;
import dev.kelvin.model.spec.Cpu;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Objects that daemons of tests have. */
public final class Things {
  private static final Instant THEN = Instant.parse("2026-11-21T12:00:00Z");

  private Things() {}

  public static Vm vm(String name, Phase phase) {
    var spec =
        new VmSpec.Builder()
            .cpu(Cpu.of(2))
            .disks(List.of(Disk.of("root", "debian-12", ByteSize.ofGiB(10))))
            .nics(List.of(Nic.of("net0")))
            .cloudInit(
                new CloudInit(
                    null, "ada", List.of("ssh-ed25519 AAAA ada"), null, List.of(), null, null))
            .build();
    boolean runs = phase.hasProcess();
    var forwards =
        runs ? List.of(Forward.of("net0", "tcp", "127.0.0.1", 40022, 22)) : List.<Forward>of();
    var status =
        new VmStatus(
            phase,
            null,
            THEN,
            runs ? 4711 : 0,
            runs ? THEN : null,
            runs ? "tcg" : null,
            0,
            null,
            List.of(),
            forwards,
            null);
    return new Vm(new Metadata(name, "id-" + name, Map.of(), 7, THEN), spec, status);
  }

  /** A VM whose guest says this of cloud-init. */
  public static Vm talking(String name, @Nullable String cloudInit) {
    Vm vm = vm(name, Phase.RUNNING);
    var eth =
        new GuestInfo.Interface(
            "ens2", "52:54:00:00:00:01", List.of("10.0.2.15/24", "fe80::1/64"), 0, 0);
    var guest =
        new GuestInfo(
            "7.2.0",
            name,
            "debian",
            "Debian GNU/Linux 12 (bookworm)",
            "6.1.0",
            List.of(new GuestInfo.Interface("lo", null, List.of("127.0.0.1/8"), 0, 0), eth),
            cloudInit,
            THEN);
    return vm.withStatus(vm.status().withGuest(guest));
  }

  public static Image image(String name) {
    return new Image(
        new Metadata(name, "id-" + name, Map.of(), 3, THEN),
        new ImageSpec(
            Origin.BUILD,
            new BuildRecipe("debian", "bookworm", ByteSize.ofGiB(3), List.of(), null),
            null),
        new ImageStatus(
            ImagePhase.READY,
            "ab".repeat(32),
            Format.QCOW2,
            ByteSize.ofGiB(3),
            ByteSize.ofMiB(420),
            List.of("web1"),
            THEN,
            null,
            List.of()));
  }

  /** A release that its publisher offers, and that is the usual one. */
  public static PublishedImage published(String distribution, String version) {
    return new PublishedImage(
        distribution + ":" + version,
        distribution + " " + version,
        List.of(distribution),
        "x86_64",
        Format.QCOW2,
        ByteSize.ofMiB(400),
        "https://" + distribution + ".example/" + version + ".qcow2",
        "https://" + distribution + ".example/SHA256SUMS",
        Image.Verification.SUMS,
        distribution + "-" + version.replace('.', '-'));
  }

  public static Image imported(String name) {
    Image built = image(name);
    return new Image(
        built.metadata(), new ImageSpec(Origin.IMPORT, null, Format.QCOW2), built.status());
  }

  public static Image pulled(String name) {
    Image built = image(name);
    var from = new PullSource("ubuntu:24.04", null, "https://example.org/disk.img", false);
    return new Image(
        built.metadata(), new ImageSpec(Origin.PULL, null, Format.QCOW2, from), built.status());
  }

  public static Task task(String id, String type, String object, TaskState state) {
    return new Task(
        id,
        type,
        object,
        state,
        List.of(),
        null,
        null,
        null,
        true,
        THEN,
        state.ended() ? THEN.plusSeconds(5) : null);
  }

  public static Task failed(String id, String type, String object, Problem problem) {
    return new Task(
        id,
        type,
        object,
        TaskState.FAILED,
        List.of(),
        null,
        problem,
        null,
        true,
        THEN,
        THEN.plusSeconds(5));
  }

  public static Map<String, Object> page(Object... items) {
    return Map.of("items", List.of(items), "revision", 9);
  }
}
