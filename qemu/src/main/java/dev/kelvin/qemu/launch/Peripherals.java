package dev.kelvin.qemu.launch;

import dev.kelvin.model.spec.AudioModel;
import dev.kelvin.model.spec.Board;
import dev.kelvin.model.spec.Graphics;
import dev.kelvin.model.spec.GraphicsType;
import dev.kelvin.model.spec.VideoModel;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.model.spec.Watchdog;
import dev.kelvin.model.spec.WatchdogAction;
import dev.kelvin.model.spec.WatchdogModel;
import dev.kelvin.qemu.Devices;
import dev.kelvin.qemu.LaunchPlan;
import dev.kelvin.qemu.Props;
import dev.kelvin.qemu.Topology;
import java.util.ArrayList;
import java.util.List;

/** The words for what is neither storage nor network: screen, input, sound, watchdog, panics. */
public final class Peripherals {
  private final LaunchPlan plan;
  private final VmSpec spec;
  private final Topology topology;

  Peripherals(LaunchPlan plan, Topology topology) {
    this.plan = plan;
    this.spec = plan.spec();
    this.topology = topology;
  }

  /** The screen and what is typed and pointed with at it. */
  List<String> screen() {
    var words = new ArrayList<String>();
    if (!topology.hasScreen()) {
      words.addAll(List.of("-display", "none"));
      return words;
    }
    Graphics graphics = spec.graphics();
    String sound = hasAudio() ? ",audiodev=sound" : "";
    words.addAll(List.of("-vnc", listener(plan.files().vnc().toString()) + sound));
    var screen = Props.of("driver", driver(graphics.model(), plan.board())).set("id", "screen");
    // A frame buffer in memory is on no bus.
    device(words, graphics.model() == VideoModel.RAMFB ? screen : screen.setAll(topology.screen()));
    for (int i = 0; i < graphics.others().size(); i++) {
      device(
          words,
          Props.of("driver", otherDriver(graphics.others().get(i)))
              .set("id", Devices.screenId(i + 2))
              .setAll(topology.otherScreen(i)));
    }
    if (graphics.tablet() || graphics.keyboard()) {
      device(words, Props.of("driver", "qemu-xhci").set("id", "usb").setAll(topology.usb()));
    }
    // A tablet reports absolute positions: the pointer is where the viewer's is.
    if (graphics.tablet()) {
      device(words, Props.of("driver", "usb-tablet").set("id", "tablet").set("bus", "usb.0"));
    }
    if (graphics.keyboard()) {
      device(words, Props.of("driver", "usb-kbd").set("id", "keyboard").set("bus", "usb.0"));
    }
    return words;
  }

  /**
   * Where a screen is served. QEMU takes what stands before the first "=" for the name of an
   * option, unless the value's own name is written out (qemu_opts_parse with an implied name).
   */
  private static String listener(String path) {
    String implied = path.indexOf('=') < 0 ? "" : "vnc=";
    return implied + "unix:" + CommandLine.escape(path);
  }

  /** QEMU's name for a screen on a family of machines. */
  static String driver(VideoModel model, Board board) {
    return switch (model) {
      case STD -> "VGA";
      case VIRTIO -> board == Board.VIRT ? "virtio-gpu-pci" : "virtio-vga";
      case CIRRUS -> "cirrus-vga";
      case RAMFB -> "ramfb";
      case QXL -> "qxl-vga";
    };
  }

  /** QEMU's name for a card without VGA's registers, of which a machine has only one set. */
  static String otherDriver(VideoModel model) {
    return switch (model) {
      case STD -> "secondary-vga";
      case VIRTIO -> "virtio-gpu-pci";
      case QXL -> "qxl";
      case CIRRUS, RAMFB ->
          throw new IllegalArgumentException(model.wire() + " is for the first screen only");
    };
  }

  /** What QEMU's option {@code -action} says of the watchdog. */
  String watchdogAction() {
    Watchdog watchdog = spec.watchdog();
    if (watchdog == null) {
      return "";
    }
    // A QEMU that powers off by itself is gone, and nobody could tell why. Paused, it waits for a
    // daemon that ends it and tells.
    String word = watchdog.action() == WatchdogAction.POWEROFF ? "pause" : watchdog.action().wire();
    return ",watchdog=" + word;
  }

  /** All but the screen. */
  List<String> rest() {
    var words = new ArrayList<String>();
    switch (plan.board()) {
      case Q35, I440FX -> device(words, Props.of("driver", "pvpanic").set("id", "panic"));
      case VIRT ->
          device(
              words, Props.of("driver", "pvpanic-pci").set("id", "panic").setAll(topology.panic()));
      case MICROVM -> {}
    }
    if (hasAudio()) {
      // The driver "none" keeps the guest's sound away from the host's; VNC hears it all the same.
      words.addAll(List.of("-audiodev", "driver=none,id=sound"));
      device(
          words,
          Props.of("driver", audioDriver(spec.audio().model()))
              .set("id", "audio")
              .setAll(topology.audio()));
      device(
          words,
          Props.of("driver", "hda-duplex")
              .set("id", "codec")
              .set("bus", "audio.0")
              .set("audiodev", "sound"));
    }
    Watchdog watchdog = spec.watchdog();
    if (watchdog != null) {
      switch (watchdog.model()) {
        case I6300ESB ->
            device(
                words,
                Props.of("driver", "i6300esb").set("id", "watchdog").setAll(topology.watchdog()));
        // The chip set has it; this pulls the strap that keeps it from acting.
        case ITCO -> words.addAll(List.of("-global", "ICH9-LPC.noreboot=false"));
      }
    }
    return words;
  }

  private boolean hasAudio() {
    return spec.audio().model() != AudioModel.NONE;
  }

  static String audioDriver(AudioModel model) {
    return switch (model) {
      case NONE -> throw new IllegalArgumentException("no card has no driver");
      case INTEL_HDA -> "intel-hda";
      case ICH9 -> "ich9-intel-hda";
    };
  }

  /** The devices of a spec that this class makes, for a check that QEMU has them. */
  static List<String> wanted(VmSpec spec, Board board) {
    var wanted = new ArrayList<String>();
    if (spec.graphics().type() == GraphicsType.VNC) {
      wanted.add(driver(spec.graphics().model(), board));
      spec.graphics().others().forEach(other -> wanted.add(otherDriver(other)));
      if (spec.graphics().tablet() || spec.graphics().keyboard()) {
        wanted.add("qemu-xhci");
      }
      if (spec.graphics().tablet()) {
        wanted.add("usb-tablet");
      }
      if (spec.graphics().keyboard()) {
        wanted.add("usb-kbd");
      }
    }
    if (spec.audio().model() != AudioModel.NONE) {
      wanted.addAll(List.of(audioDriver(spec.audio().model()), "hda-duplex"));
    }
    if (spec.watchdog() != null && spec.watchdog().model() == WatchdogModel.I6300ESB) {
      wanted.add("i6300esb");
    }
    switch (board) {
      case Q35, I440FX -> wanted.add("pvpanic");
      case VIRT -> wanted.add("pvpanic-pci");
      case MICROVM -> {}
    }
    return wanted;
  }

  private static void device(List<String> words, Props device) {
    words.add("-device");
    words.add(device.json());
  }
}
