package dev.kelvin.cli.command;

import dev.kelvin.cli.run.VmWish;
import dev.kelvin.cli.run.VmWish.Hardware;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.Graphics;
import dev.kelvin.model.spec.GraphicsType;
import dev.kelvin.model.spec.GuestOs;
import dev.kelvin.model.spec.VideoModel;
import dev.kelvin.model.spec.Watchdog;
import dev.kelvin.model.spec.WatchdogAction;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what a new VM's hardware is like; what is left out follows from the OS. */
public final class HardwareOptions {
  @Option(
      names = "--arch",
      paramLabel = "NAME",
      description = "x86_64, i386 or aarch64; others than the host's are emulated. Usual: x86_64.")
  @Nullable String architecture;

  @Option(
      names = "--os",
      paramLabel = "NAME",
      description =
          "What will run in it, which chooses fitting devices: linux, debian, windows, freebsd or"
              + " other. Usual: linux.")
  @Nullable String os;

  @Option(
      names = "--machine",
      paramLabel = "TYPE",
      description = "q35, i440fx, microvm or virt. Usual: what fits --arch and --os.")
  @Nullable String machine;

  @Option(names = "--uefi", description = "Start with UEFI instead of BIOS.")
  boolean uefi;

  @Option(
      names = "--boot-menu",
      paramLabel = "SECONDS",
      description = "How long the firmware offers its boot menu. Usual: there is none.")
  @Nullable Integer bootMenu;

  @Option(
      names = "--video",
      paramLabel = "MODEL[,MODEL]",
      description =
          "What draws the screen: std, virtio, cirrus, ramfb or qxl. More add further screens: std,"
              + " virtio or qxl.")
  @Nullable String video;

  @Option(
      names = "--watchdog",
      paramLabel = "ACTION",
      description =
          "Give it a watchdog. When the guest does not feed it: reset, shutdown, poweroff, pause,"
              + " none or inject-nmi.")
  @Nullable String watchdog;

  @Option(
      names = "--cpu-model",
      paramLabel = "MODEL[,+F,-F]",
      description =
          "The CPU that the guest sees, with features added (+) or taken away (-), such as"
              + " Skylake-Server,-rtm. \"kelvin cpu models\" lists them. Usual: all that the host has.")
  @Nullable String cpuModel;

  /** Whether any of them is given. */
  boolean given() {
    boolean kinds = architecture != null || os != null || machine != null || uefi;
    return kinds || cpuModel != null || bootMenu != null || video != null || watchdog != null;
  }

  /** Finds what cannot be meant, before anything is done. */
  void check() {
    if (VmWish.MICROVM.equals(machine) && video != null) {
      throw Problem.of(Code.INVALID_ARGUMENT, "--video and --machine microvm exclude each other")
          .because("a microvm has no screen")
          .remedy("leave --video out, or use --machine q35")
          .asException();
    }
  }

  private @Nullable Architecture architecture() {
    return architecture == null
        ? null
        : OptionWords.read(Architecture.class, architecture, "--arch");
  }

  /** The word by which a kernel uses the first serial port as its console. */
  String serialConsole() {
    return architecture() == Architecture.AARCH64 ? "console=ttyAMA0" : "console=ttyS0";
  }

  private static Graphics graphics(String video) {
    List<VideoModel> models =
        Stream.of(video.split(",", -1))
            .map(model -> OptionWords.read(VideoModel.class, model, "--video"))
            .toList();
    return Graphics.of(GraphicsType.VNC)
        .withModel(models.getFirst())
        .withOthers(models.subList(1, models.size()));
  }

  Hardware read() {
    List<String> cpu = cpuModel == null ? List.of("") : List.of(cpuModel.split(",", -1));
    return new Hardware(
        architecture(),
        os == null ? null : OptionWords.read(GuestOs.class, os, "--os"),
        machine,
        uefi ? FirmwareType.UEFI : null,
        bootMenu,
        video == null ? null : graphics(video),
        watchdog == null
            ? null
            : Watchdog.of(OptionWords.read(WatchdogAction.class, watchdog, "--watchdog")),
        cpu.getFirst().isEmpty() ? null : cpu.getFirst(),
        cpu.subList(1, cpu.size()));
  }
}
