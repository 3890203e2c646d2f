package dev.kelvin.machine;

import dev.kelvin.codec.Documents;
import dev.kelvin.codec.SeedDocuments;
import dev.kelvin.machine.launch.home.KernelFile;
import dev.kelvin.machine.launch.share.SharePaths;
import dev.kelvin.machine.qemu.VmLauncher;
import dev.kelvin.machine.store.RecentMacs;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.store.VolumeClaims;
import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.ImagePhase;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Problem.Violation;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.Volume;
import dev.kelvin.model.spec.Accelerator;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.CloudInit;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.DocumentLimits;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.SpecRules;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.model.spec.WindowsSetup;
import dev.kelvin.qemu.cpu.CpuCheck;
import dev.kelvin.qemu.cpu.CpuTables;
import dev.kelvin.qemu.launch.HostChoices;
import dev.kelvin.qemu.launch.Pinning;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Makes of what a user writes a VM that can be stored: checked, complete and pinned to this host.
 */
public final class VmDrafts {
  private final VmRepository repository;
  private final Volumes volumes;
  private final Supplier<HostFacts> facts;
  private final CpuTables cpus;
  private final Function<String, Optional<Image>> images;
  private final SharePaths paths;
  private final SecureRandom random = new SecureRandom();
  private final RecentMacs given = new RecentMacs();
  private final Clock clock;
  private final DocumentLimits limits;

  public VmDrafts(
      VmRepository repository,
      MachinesSetup.Parts parts,
      Supplier<HostFacts> facts,
      CpuTables cpus,
      Function<String, Optional<Image>> images,
      Clock clock,
      DocumentLimits limits) {
    this.limits = limits;
    this.paths = parts.paths();
    this.repository = repository;
    this.volumes = parts.volumes();
    this.facts = facts;
    this.cpus = cpus;
    this.images = images;
    this.clock = clock;
  }

  /**
   * A new VM from a user's document.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument, already-exists, conflict, not-found
   *     (an image or a volume), capability-missing, forbidden (a path of the host)
   */
  public VmRecord forCreation(Vm draft) {
    checkDocument(draft, null);
    KernelFile.checkEarly(draft.spec(), paths.allowed());
    List<Disk> disks = sized(draft.spec().disks(), List.of());
    HostFacts host = facts.get().of(draft.spec().architecture());
    VmSpec spec = pin(HostChoices.choose(draft.spec().withDisks(disks), host), null);
    var metadata =
        new Metadata(
            draft.metadata().name(),
            Names.newId(random),
            draft.metadata().labels(),
            0,
            clock.instant());
    var record = new VmRecord(metadata, spec, -1);
    repository.explainConflict(record);
    return record;
  }

  /** A VM as it becomes with a user's document. */
  public VmRecord forUpdate(VmRecord current, Vm draft) {
    if (!draft.metadata().name().equals(current.metadata().name())) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The document names another VM")
          .at("metadata.name")
          .because("it says " + draft.metadata().name() + " for " + current.metadata().name())
          .remedy(
              "to rename it: kelvin rename %s %s"
                  .formatted(current.metadata().name(), draft.metadata().name()))
          .asException();
    }
    if (draft.spec().architecture() != current.spec().architecture()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "A VM cannot change its architecture")
          .on(current.ref())
          .at("spec.architecture")
          .because(
              "it was made for "
                  + current.spec().architecture().wire()
                  + ", and so is what is on its disks")
          .remedy("make a new VM of the other architecture")
          .asException();
    }
    // A VM of a Kelvin with fewer rules can be changed without mending what it has always had.
    checkDocument(draft, new Vm(current.metadata(), current.spec(), VmStatus.initial()));
    if (!draft.spec().boot().equals(current.spec().boot())) {
      KernelFile.checkEarly(draft.spec(), paths.allowed());
    }
    List<Disk> disks = sized(keepSizes(current.spec(), draft.spec()), current.spec().disks());
    checkDisks(current.spec(), disks);
    checkEarlier(current, disks);
    VmSpec wanted =
        HostChoices.keep(current.spec(), draft.spec()).toBuilder()
            .machine(keepMachine(current.spec().machine(), draft.spec().machine()))
            .nics(keepMacs(current.spec(), draft.spec().nics()))
            .disks(disks)
            .windowsSetup(keepPassword(current.spec(), draft.spec().windowsSetup()))
            .cloudInit(keepPassword(current.spec(), draft.spec().cloudInit()))
            .build();
    var changed =
        current
            .withSpec(pin(wanted, current.spec().machine()))
            .withMetadata(current.metadata().withLabels(draft.metadata().labels()));
    repository.explainConflict(changed);
    return changed;
  }

  private List<Violation> faults(Vm vm) {
    var faults = new ArrayList<>(SpecRules.check(vm, limits));
    faults.addAll(SeedDocuments.check(vm.spec().cloudInit()));
    return faults;
  }

  /**
   * Refuses a document with faults.
   *
   * @param before the VM as it is: a fault of a value that stays as it is is passed over; null for
   *     a new one
   */
  private void checkDocument(Vm draft, @Nullable Vm before) {
    if (!draft.kind().equals(Vm.KIND)) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The document is of kind " + draft.kind())
          .at("kind")
          .because("a VM's document is wanted here")
          .remedy("write kind: " + Vm.KIND)
          .asException();
    }
    List<Violation> faults = faults(draft);
    if (before != null && !faults.isEmpty()) {
      List<Violation> known = faults(before);
      JsonNode was = Documents.tree(before);
      JsonNode is = Documents.tree(draft);
      faults.removeIf(
          fault -> known.contains(fault) && at(was, fault.field()).equals(at(is, fault.field())));
    }
    if (!faults.isEmpty()) {
      Violation first = faults.getFirst();
      String detail =
          faults.size() == 1
              ? "The VM's document has a fault"
              : "The VM's document has " + faults.size() + " faults";
      throw Problem.of(Code.INVALID_ARGUMENT, detail)
          .on(draft.ref())
          .at(first.field())
          .because(first.cause())
          .remedy(first.remedy())
          .violations(faults)
          .asException();
    }
  }

  /** The value of a field, such as {@code spec.nics[0].mac}. */
  private static JsonNode at(JsonNode document, String field) {
    JsonNode node = document;
    for (String part : field.replace("[", ".").replace("]", "").split("\\.", -1)) {
      boolean index = !part.isEmpty() && part.chars().allMatch(Character::isDigit);
      node = index ? node.path(Integer.parseInt(part)) : node.path(part);
    }
    return node;
  }

  private VmSpec pin(VmSpec spec, @Nullable String machine) {
    HostFacts host = facts.get();
    if (spec.accelerator() == Accelerator.KVM
        && !host.of(spec.architecture()).accelerators().contains("kvm")) {
      throw VmLauncher.kvmMissing(null, spec.architecture());
    }
    for (int i = 0; i < spec.cdroms().size(); i++) {
      Cdrom drive = spec.cdroms().get(i);
      if (drive.image() != null) {
        image(drive.image(), "spec.cdroms[" + i + "].image", true);
      }
    }
    WindowsSetup windows = spec.windowsSetup();
    if (windows != null && windows.drivers() != null) {
      image(windows.drivers(), "spec.windowsSetup.drivers", true);
    }
    paths.check(spec);
    VmSpec pinned = Pinning.pin(spec, host, machine, this::newMac);
    HostFacts own = host.of(pinned.architecture());
    CpuCheck.check(pinned, own, VmLauncher.accelerator(pinned, own, null), cpus);
    return pinned;
  }

  /**
   * An address with the prefix that QEMU's own addresses have, and 24 random bits: among some
   * thousand VMs it is likely that two would be the same, so it is one that nobody has.
   */
  private String newMac() {
    byte[] tail = new byte[3];
    while (true) {
      random.nextBytes(tail);
      String mac = String.format(Locale.ROOT, "52:54:00:%02x:%02x:%02x", tail[0], tail[1], tail[2]);
      if (given.add(mac) && !repository.hasMac(mac)) {
        return mac;
      }
    }
  }

  /**
   * The disks with the size that each has in the end.
   *
   * @param before those that the VM has already
   */
  private List<Disk> sized(List<Disk> disks, List<Disk> before) {
    var sized = new ArrayList<Disk>();
    for (int i = 0; i < disks.size(); i++) {
      Disk disk = disks.get(i);
      String field = "spec.disks[" + i + "]";
      if (disk.volume() != null) {
        sized.add(has(before, disk) ? disk : existing(disk, disk.volume(), field));
        continue;
      }
      if (disk.image() == null) {
        if (disk.size() == null) {
          throw Problem.of(Code.INVALID_ARGUMENT, "Disk " + disk.name() + " has no size")
              .at(field + ".size")
              .because("a disk without an image needs one")
              .remedy("give it a size such as 10GiB, or an image")
              .asException();
        }
        sized.add(disk);
        continue;
      }
      ByteSize least = image(disk.image(), field + ".image", false).status().virtualSize();
      ByteSize size = Objects.requireNonNullElse(disk.size(), least);
      if (size.compareTo(least) < 0) {
        throw Problem.of(
                Code.INVALID_ARGUMENT, "Disk " + disk.name() + " is smaller than its image")
            .at(field + ".size")
            .because("image " + disk.image() + " has " + least + ", the disk " + size)
            .remedy("give it at least " + least + ", or leave the size out")
            .asException();
      }
      sized.add(disk.withSize(size));
    }
    return sized;
  }

  private static boolean has(List<Disk> disks, Disk wanted) {
    return disks.stream()
        .anyMatch(disk ->
            disk.name().equals(wanted.name()) && Objects.equals(disk.volume(), wanted.volume()));
  }

  /** A disk that is an existing volume, at least as large as that. */
  private Disk existing(Disk disk, String volume, String field) {
    ByteSize least = volumes.get(volume, field + ".volume").size();
    ByteSize size = Objects.requireNonNullElse(disk.size(), least);
    if (size.compareTo(least) < 0) {
      throw Problem.of(Code.INVALID_ARGUMENT, "Disk " + disk.name() + " is smaller than its volume")
          .at(field + ".size")
          .because("volume " + volume + " has " + least + ", the disk " + size)
          .remedy("give it at least " + least + ", or leave the size out")
          .asException();
    }
    return disk.withSize(size);
  }

  private Image image(String name, String field, boolean iso) {
    Image image =
        images
            .apply(name)
            .orElseThrow(() ->
                Problem.of(Code.NOT_FOUND, "There is no image named " + name)
                    .on(Image.ref(name))
                    .at(field)
                    .remedy(
                        "see \"kelvin image ls\"; make one with \"kelvin image build\" or"
                            + " \"kelvin image import\"")
                    .asException());
    if (image.status().phase() != ImagePhase.READY) {
      throw Problem.of(Code.WRONG_STATE, "Image " + name + " is not ready")
          .on(image.ref())
          .at(field)
          .because("it is " + image.status().phase().wire())
          .remedy("wait for the task that works on it; \"kelvin task ls\" shows it")
          .asException();
    }
    if (iso != (image.status().format() == Format.ISO)) {
      throw Problem.of(Code.INVALID_ARGUMENT, "Image " + name + " is of the wrong kind")
          .on(image.ref())
          .at(field)
          .because(
              iso ? "a CD drive takes ISO images only" : "a disk cannot be made from an ISO image")
          .remedy(iso ? "put it on a disk" : "put it into a CD drive")
          .asException();
    }
    return image;
  }

  /** A short machine type means the one that the VM has already, if it is of that kind. */
  private static String keepMachine(String current, String wanted) {
    boolean sameKind =
        switch (wanted) {
          case "q35" -> current.startsWith("pc-q35-");
          case "virt" -> current.startsWith("virt-");
          case "i440fx", "pc" -> current.startsWith("pc-i440fx-");
          default -> current.equals(wanted);
        };
    return sameKind ? current : wanted;
  }

  private static List<Nic> keepMacs(VmSpec current, List<Nic> wanted) {
    return wanted.stream()
        .map(nic ->
            nic.mac() != null
                ? nic
                : current.nics().stream()
                    .filter(old -> old.name().equals(nic.name()) && old.mac() != null)
                    .findFirst()
                    .map(old -> nic.withMac(Objects.requireNonNull(old.mac())))
                    .orElse(nic))
        .toList();
  }

  /** A disk that comes back has its earlier volume, which cannot become smaller. */
  private void checkEarlier(VmRecord current, List<Disk> wanted) {
    for (int i = 0; i < wanted.size(); i++) {
      Disk disk = wanted.get(i);
      if (disk.volume() != null || disk(current.spec(), disk.name()).isPresent()) {
        continue;
      }
      String earlier = VolumeClaims.volumeId(current.metadata().id(), disk);
      ByteSize least = volumes.find(earlier).map(Volume::size).orElse(new ByteSize(0));
      if (Objects.requireNonNull(disk.size()).compareTo(least) < 0) {
        throw Problem.of(
                Code.INVALID_ARGUMENT, "Disk " + disk.name() + " is smaller than its volume")
            .at("spec.disks[" + i + "].size")
            .because("an earlier disk of this name left volume " + earlier + " of " + least)
            .remedy("give it at least " + least + ", or delete that volume first")
            .asException();
      }
    }
  }

  /** A password is never shown, so a document that was read and is written back has none. */
  private static @Nullable WindowsSetup keepPassword(
      VmSpec current, @Nullable WindowsSetup wanted) {
    WindowsSetup before = current.windowsSetup();
    return wanted == null || before == null || wanted.administratorPassword() != null
        ? wanted
        : wanted.withAdministratorPassword(before.administratorPassword());
  }

  /** The same for cloud-init's; a whole user-data document has its own. */
  private static @Nullable CloudInit keepPassword(VmSpec current, @Nullable CloudInit wanted) {
    CloudInit before = current.cloudInit();
    return wanted == null
            || before == null
            || wanted.password() != null
            || wanted.userData() != null
        ? wanted
        : wanted.withPassword(before.password());
  }

  private static List<Disk> keepSizes(VmSpec current, VmSpec wanted) {
    return wanted.disks().stream()
        .map(disk ->
            disk.size() != null
                ? disk
                : disk(current, disk.name())
                    .map(old -> disk.withSize(Objects.requireNonNull(old.size())))
                    .orElse(disk))
        .toList();
  }

  private static Optional<Disk> disk(VmSpec spec, String name) {
    return spec.disks().stream().filter(disk -> disk.name().equals(name)).findFirst();
  }

  /** Refuses what would lose data: a disk that becomes smaller or comes from another image. */
  private static void checkDisks(VmSpec current, List<Disk> wanted) {
    for (int i = 0; i < wanted.size(); i++) {
      Disk disk = wanted.get(i);
      Optional<Disk> before = disk(current, disk.name());
      if (before.isEmpty()) {
        continue;
      }
      ByteSize was = Objects.requireNonNull(before.get().size());
      if (Objects.requireNonNull(disk.size()).compareTo(was) < 0) {
        throw Problem.of(Code.INVALID_ARGUMENT, "Disk " + disk.name() + " cannot become smaller")
            .at("spec.disks[" + i + "].size")
            .because("it has " + was + "; what lies beyond the new end would be lost")
            .remedy("leave the size, or make a new, smaller disk and copy in the guest")
            .asException();
      }
      if (!Objects.equals(disk.volume(), before.get().volume())) {
        throw Problem.of(Code.INVALID_ARGUMENT, "Disk " + disk.name() + " cannot change its volume")
            .at("spec.disks[" + i + "].volume")
            .because(
                before.get().volume() == null
                    ? "it has a volume of its own"
                    : "it is volume " + before.get().volume())
            .remedy("add a disk of another name with that volume, or detach this one first")
            .asException();
      }
      if (!Objects.equals(disk.image(), before.get().image())) {
        throw Problem.of(Code.INVALID_ARGUMENT, "Disk " + disk.name() + " cannot change its image")
            .at("spec.disks[" + i + "].image")
            .because("it was made from " + before.get().image() + " and holds the guest's data")
            .remedy("add a disk of another name from that image")
            .asException();
      }
    }
  }
}
