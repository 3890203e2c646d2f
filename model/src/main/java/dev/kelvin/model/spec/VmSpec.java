package dev.kelvin.model.spec;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a user wants of a VM. Every field has a default; a spec that was read has all of them.
 *
 * @param power whether it shall run
 * @param accelerator what executes it
 * @param architecture of the guest's CPU; another than the host's is emulated in software
 * @param os what will run in it, which chooses what is left out of the other fields
 * @param machine {@code q35}, {@code i440fx}, {@code microvm}, {@code virt}, or a versioned type of
 *     QEMU such as {@code pc-q35-7.2}. Creation turns the short form into the versioned one, so
 *     that an upgrade of QEMU never changes the guest's hardware
 * @param watchdog null for none
 * @param rng whether it has a virtio random number generator
 * @param guestAgent whether it has the channel of QEMU's guest agent
 * @param shutdownTimeoutSeconds how long a guest may take to shut down before it is stopped
 * @param deletionProtection whether deleting is refused
 * @param tpm its trusted platform module; null for none
 * @param shares directories of the host that the guest mounts
 * @param windowsSetup answers for Windows' installer; null for no CD with them
 */
// A null that a constructor is given asks it for the default; NullAway has no word for that.
@SuppressWarnings("NullAway")
public record VmSpec(
    Power power,
    Accelerator accelerator,
    Architecture architecture,
    GuestOs os,
    String machine,
    Cpu cpu,
    Memory memory,
    Firmware firmware,
    Boot boot,
    List<Disk> disks,
    List<Cdrom> cdroms,
    List<Nic> nics,
    Graphics graphics,
    Serial serial,
    Audio audio,
    @Nullable Watchdog watchdog,
    Smbios smbios,
    Clock clock,
    Boolean rng,
    Boolean guestAgent,
    @Nullable CloudInit cloudInit,
    Autostart autostart,
    Restart restart,
    Integer shutdownTimeoutSeconds,
    Boolean deletionProtection,
    @Nullable Tpm tpm,
    List<Share> shares,
    @Nullable WindowsSetup windowsSetup) {

  public VmSpec {
    power = power == null ? Power.RUNNING : power;
    accelerator = accelerator == null ? Accelerator.AUTO : accelerator;
    architecture = architecture == null ? Architecture.X86_64 : architecture;
    os = os == null ? GuestOs.LINUX : os;
    machine = machine == null ? Presets.machine(os, architecture) : machine;
    var presets = new Presets(os, architecture, machine);
    cpu = (cpu == null ? Cpu.of(1) : cpu).withDefaultHyperv(presets.hyperv());
    memory = memory == null ? new Memory(null, null) : memory;
    boot = boot == null ? Boot.none() : boot;
    firmware =
        (firmware == null ? Firmware.open() : firmware)
            .withDefaultType(presets.firmware(boot.kernel() != null));
    if (!presets.secureBoot(firmware.type(), boot.kernel() != null)) {
      firmware = firmware.withDefaultSecureBoot(false);
    }
    disks = presets.disks(disks);
    cdroms = presets.cdroms(cdroms);
    nics = presets.nics(nics);
    graphics = presets.graphics(graphics);
    serial = serial == null ? new Serial(null, null) : serial;
    audio = audio == null ? new Audio(null) : audio;
    smbios = smbios == null ? Smbios.none() : smbios;
    clock = presets.clock(clock);
    rng = rng == null ? (Boolean) presets.helpers() : rng;
    guestAgent = guestAgent == null ? (Boolean) presets.helpers() : guestAgent;
    autostart = autostart == null ? new Autostart(null, null, null) : autostart;
    restart = restart == null ? new Restart(null, null) : restart;
    shutdownTimeoutSeconds = shutdownTimeoutSeconds == null ? 90 : shutdownTimeoutSeconds;
    deletionProtection = deletionProtection == null ? Boolean.FALSE : deletionProtection;
    shares = shares == null ? List.of() : List.copyOf(shares);
  }

  public static VmSpec defaults() {
    return new Builder().build();
  }

  public Builder toBuilder() {
    return new Builder(this);
  }

  public VmSpec withPower(Power newPower) {
    return toBuilder().power(newPower).build();
  }

  public VmSpec withMachine(String newMachine) {
    return toBuilder().machine(newMachine).build();
  }

  public VmSpec withDisks(List<Disk> newDisks) {
    return toBuilder().disks(newDisks).build();
  }

  public VmSpec withCdroms(List<Cdrom> newCdroms) {
    return toBuilder().cdroms(newCdroms).build();
  }

  public VmSpec withNics(List<Nic> newNics) {
    return toBuilder().nics(newNics).build();
  }

  /** The same without what is only ever written: what users and programs are shown. */
  public VmSpec withoutSecrets() {
    boolean windows = windowsSetup != null && windowsSetup.administratorPassword() != null;
    boolean cloud = cloudInit != null && cloudInit.password() != null;
    if (!windows && !cloud) {
      return this;
    }
    return toBuilder()
        .windowsSetup(windowsSetup == null ? null : windowsSetup.withAdministratorPassword(null))
        .cloudInit(cloudInit == null ? null : cloudInit.withPassword(null))
        .build();
  }

  /** Whether its guest may reach what listens on the host itself. */
  public boolean reachesHost() {
    return nics.stream().anyMatch(Nic::hostAccess);
  }

  /** Whether the guest has a TPM. */
  public boolean hasTpm() {
    return tpm != null && tpm.version() != TpmVersion.NONE;
  }

  /** Whether the guest's system wants Secure Boot, where the host has it. */
  public boolean leavesSecureBootOpen() {
    return firmware.secureBoot() == null;
  }

  /** Whether the guest's system wants a TPM, where the host has one, and nothing is said of it. */
  public boolean leavesTpmOpen() {
    return tpm == null && new Presets(os, architecture, machine).tpm(firmware.type());
  }

  /** The family of its machine type; empty for one that Kelvin does not know. */
  public Optional<Board> board() {
    return Board.of(machine);
  }

  /** Whether the machine is of a family. */
  public boolean isOn(Board family) {
    return board().filter(family::equals).isPresent();
  }

  /** Collects the fields of a spec; what is left out gets its default. */
  public static final class Builder {
    private @Nullable Power power;
    private @Nullable Accelerator accelerator;
    private @Nullable Architecture architecture;
    private @Nullable GuestOs os;
    private @Nullable String machine;
    private @Nullable Cpu cpu;
    private @Nullable Memory memory;
    private @Nullable Firmware firmware;
    private @Nullable Boot boot;
    private @Nullable List<Disk> disks;
    private @Nullable List<Cdrom> cdroms;
    private @Nullable List<Nic> nics;
    private @Nullable Graphics graphics;
    private @Nullable Serial serial;
    private @Nullable Audio audio;
    private @Nullable Watchdog watchdog;
    private @Nullable Smbios smbios;
    private @Nullable Clock clock;
    private @Nullable Boolean rng;
    private @Nullable Boolean guestAgent;
    private @Nullable CloudInit cloudInit;
    private @Nullable Autostart autostart;
    private @Nullable Restart restart;
    private @Nullable Integer shutdownTimeoutSeconds;
    private @Nullable Boolean deletionProtection;
    private @Nullable Tpm tpm;
    private @Nullable List<Share> shares;
    private @Nullable WindowsSetup windowsSetup;

    public Builder() {}

    private Builder(VmSpec spec) {
      power = spec.power();
      accelerator = spec.accelerator();
      architecture = spec.architecture();
      os = spec.os();
      machine = spec.machine();
      cpu = spec.cpu();
      memory = spec.memory();
      firmware = spec.firmware();
      boot = spec.boot();
      disks = spec.disks();
      cdroms = spec.cdroms();
      nics = spec.nics();
      graphics = spec.graphics();
      serial = spec.serial();
      audio = spec.audio();
      watchdog = spec.watchdog();
      smbios = spec.smbios();
      clock = spec.clock();
      rng = spec.rng();
      guestAgent = spec.guestAgent();
      cloudInit = spec.cloudInit();
      autostart = spec.autostart();
      restart = spec.restart();
      shutdownTimeoutSeconds = spec.shutdownTimeoutSeconds();
      deletionProtection = spec.deletionProtection();
      tpm = spec.tpm();
      shares = spec.shares();
      windowsSetup = spec.windowsSetup();
    }

    public Builder power(Power value) {
      power = value;
      return this;
    }

    public Builder accelerator(Accelerator value) {
      accelerator = value;
      return this;
    }

    public Builder architecture(Architecture value) {
      architecture = value;
      return this;
    }

    public Builder os(GuestOs value) {
      os = value;
      return this;
    }

    public Builder machine(String value) {
      machine = value;
      return this;
    }

    public Builder cpu(Cpu value) {
      cpu = value;
      return this;
    }

    public Builder memory(Memory value) {
      memory = value;
      return this;
    }

    public Builder firmware(Firmware value) {
      firmware = value;
      return this;
    }

    public Builder boot(Boot value) {
      boot = value;
      return this;
    }

    public Builder disks(List<Disk> value) {
      disks = value;
      return this;
    }

    public Builder cdroms(List<Cdrom> value) {
      cdroms = value;
      return this;
    }

    public Builder nics(List<Nic> value) {
      nics = value;
      return this;
    }

    public Builder graphics(Graphics value) {
      graphics = value;
      return this;
    }

    public Builder serial(Serial value) {
      serial = value;
      return this;
    }

    public Builder audio(Audio value) {
      audio = value;
      return this;
    }

    public Builder watchdog(@Nullable Watchdog value) {
      watchdog = value;
      return this;
    }

    public Builder smbios(Smbios value) {
      smbios = value;
      return this;
    }

    public Builder clock(Clock value) {
      clock = value;
      return this;
    }

    public Builder rng(Boolean value) {
      rng = value;
      return this;
    }

    public Builder guestAgent(Boolean value) {
      guestAgent = value;
      return this;
    }

    public Builder cloudInit(@Nullable CloudInit value) {
      cloudInit = value;
      return this;
    }

    public Builder autostart(Autostart value) {
      autostart = value;
      return this;
    }

    public Builder restart(Restart value) {
      restart = value;
      return this;
    }

    public Builder shutdownTimeoutSeconds(Integer value) {
      shutdownTimeoutSeconds = value;
      return this;
    }

    public Builder deletionProtection(Boolean value) {
      deletionProtection = value;
      return this;
    }

    public Builder tpm(@Nullable Tpm value) {
      tpm = value;
      return this;
    }

    public Builder shares(List<Share> value) {
      shares = value;
      return this;
    }

    public Builder windowsSetup(@Nullable WindowsSetup value) {
      windowsSetup = value;
      return this;
    }

    public VmSpec build() {
      return new VmSpec(
          power,
          accelerator,
          architecture,
          os,
          machine,
          cpu,
          memory,
          firmware,
          boot,
          disks,
          cdroms,
          nics,
          graphics,
          serial,
          audio,
          watchdog,
          smbios,
          clock,
          rng,
          guestAgent,
          cloudInit,
          autostart,
          restart,
          shutdownTimeoutSeconds,
          deletionProtection,
          tpm,
          shares,
          windowsSetup);
    }
  }
}
