package dev.kelvin.image.seed;

import dev.kelvin.host.program.Commands;
import dev.kelvin.model.spec.CloudInit;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.WindowsSetup;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes the disks from which guests set themselves up: for cloud-init an ISO 9660 file system
 * labelled {@code cidata} with the files of its data source NoCloud, for Windows' installer one
 * with {@code autounattend.xml}.
 */
public final class SeedIso {
  private final IsoWriter writer;

  public SeedIso(Commands commands) {
    this.writer = new IsoWriter(commands);
  }

  /**
   * Writes the seed; one that is there already is replaced at once. It may have a password in it,
   * so that only its owner can read it.
   *
   * <p>Without a network configuration none is written: cloud-init then uses DHCP, which every
   * image understands, while few understand one for all cards.
   *
   * @param instanceId cloud-init does its work once for each
   * @param agent whether a guest without QEMU's guest agent installs it
   * @throws dev.kelvin.model.ProblemException capability-missing without genisoimage, host-failure
   */
  public void write(Path target, CloudInit config, String vmName, String instanceId, boolean agent)
      throws InterruptedException {
    writer.write(target, "cidata", CloudConfig.files(config, vmName, instanceId, agent));
  }

  /**
   * Writes the answers for Windows' installer, which looks for them on every CD.
   *
   * @param answers from {@link #answers}
   * @throws dev.kelvin.model.ProblemException capability-missing without genisoimage, host-failure
   */
  public void writeAnswers(Path target, String answers) throws InterruptedException {
    writer.write(target, "ANSWERS", Map.of("autounattend.xml", answers));
  }

  /** The text of {@code autounattend.xml} for a guest with this firmware. */
  public static String answers(WindowsSetup setup, FirmwareType firmware) {
    return WindowsAnswers.text(setup, firmware);
  }
}
