package dev.kelvin.host.qemu;

import dev.kelvin.model.HostFacts.UefiFirmware;
import dev.kelvin.model.spec.Architecture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds UEFI firmware by the descriptors that distributions install with it (QEMU's
 * docs/interop/firmware.json), else by the places where it usually is.
 */
public final class FirmwareFinder {
  private static final System.Logger LOG = System.getLogger(FirmwareFinder.class.getName());
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** From the least to the most important: a file hides one of the same name before it. */
  private static final List<String> DESCRIPTORS =
      List.of("usr/share/qemu/firmware", "usr/local/share/qemu/firmware", "etc/qemu/firmware");

  /** What a firmware is wanted for. */
  public enum Kind {
    /** No Secure Boot. */
    PLAIN,
    /** Secure Boot, without keys yet. */
    SECURE,
    /** Secure Boot with Microsoft's keys. */
    ENROLLED;

    List<String> wanted() {
      return switch (this) {
        case PLAIN -> List.of();
        case SECURE -> List.of("secure-boot", "requires-smm");
        case ENROLLED -> List.of("secure-boot", "requires-smm", "enrolled-keys");
      };
    }

    List<String> unwanted() {
      return switch (this) {
        case PLAIN -> List.of("requires-smm", "secure-boot", "enrolled-keys");
        case SECURE -> List.of("enrolled-keys");
        case ENROLLED -> List.of();
      };
    }

    /** Code and variables where there are no descriptors. */
    List<List<String>> usual() {
      return switch (this) {
        case PLAIN -> PLAIN_PLACES;
        case SECURE -> SECURE_PLACES;
        case ENROLLED -> ENROLLED_PLACES;
      };
    }
  }

  /** Code and variables of aarch64 where there are no descriptors. */
  private static final List<List<String>> USUAL_AARCH64 =
      List.of(
          List.of("usr/share/AAVMF/AAVMF_CODE.fd", "usr/share/AAVMF/AAVMF_VARS.fd"),
          List.of(
              "usr/share/edk2/aarch64/QEMU_EFI-pflash.raw",
              "usr/share/edk2/aarch64/vars-template-pflash.raw"),
          List.of("usr/share/qemu/aavmf-aarch64-code.bin", "usr/share/qemu/aavmf-aarch64-vars.bin"),
          List.of("usr/share/edk2/aarch64/QEMU_CODE.fd", "usr/share/edk2/aarch64/QEMU_VARS.fd"));

  private static final List<List<String>> PLAIN_PLACES =
      List.of(
          List.of("usr/share/OVMF/OVMF_CODE_4M.fd", "usr/share/OVMF/OVMF_VARS_4M.fd"),
          List.of("usr/share/edk2/x64/OVMF_CODE.4m.fd", "usr/share/edk2/x64/OVMF_VARS.4m.fd"),
          List.of("usr/share/edk2/ovmf/OVMF_CODE.fd", "usr/share/edk2/ovmf/OVMF_VARS.fd"),
          List.of("usr/share/qemu/ovmf-x86_64-code.bin", "usr/share/qemu/ovmf-x86_64-vars.bin"),
          List.of("usr/share/OVMF/OVMF_CODE.fd", "usr/share/OVMF/OVMF_VARS.fd"));

  private static final List<List<String>> SECURE_PLACES =
      List.of(
          List.of("usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "usr/share/OVMF/OVMF_VARS_4M.fd"),
          List.of(
              "usr/share/edk2/x64/OVMF_CODE.secboot.4m.fd", "usr/share/edk2/x64/OVMF_VARS.4m.fd"),
          List.of("usr/share/edk2/ovmf/OVMF_CODE.secboot.fd", "usr/share/edk2/ovmf/OVMF_VARS.fd"),
          List.of(
              "usr/share/qemu/ovmf-x86_64-smm-code.bin", "usr/share/qemu/ovmf-x86_64-smm-vars.bin"),
          List.of("usr/share/OVMF/OVMF_CODE.secboot.fd", "usr/share/OVMF/OVMF_VARS.fd"));

  private static final List<List<String>> ENROLLED_PLACES =
      List.of(
          List.of("usr/share/OVMF/OVMF_CODE_4M.ms.fd", "usr/share/OVMF/OVMF_VARS_4M.ms.fd"),
          List.of(
              "usr/share/edk2/ovmf/OVMF_CODE.secboot.fd",
              "usr/share/edk2/ovmf/OVMF_VARS.secboot.fd"),
          List.of(
              "usr/share/qemu/ovmf-x86_64-smm-ms-code.bin",
              "usr/share/qemu/ovmf-x86_64-smm-ms-vars.bin"),
          List.of("usr/share/OVMF/OVMF_CODE.ms.fd", "usr/share/OVMF/OVMF_VARS.ms.fd"));

  /** What a guest would have to be started with in another way, or on another CPU. */
  private static final List<String> ALWAYS_UNWANTED = List.of("amd-sev-snp", "intel-tdx");

  private final Path root;

  /** Looks at the files below {@code root}. */
  public FirmwareFinder(Path root) {
    this.root = root;
  }

  /** The firmware for q35 machines of x86_64; empty when none of this kind is installed. */
  public Optional<UefiFirmware> find(Kind kind) {
    return find(kind, Architecture.X86_64);
  }

  /**
   * The firmware without Secure Boot for an architecture's usual machines; empty when none is
   * installed.
   */
  public Optional<UefiFirmware> find(Architecture architecture) {
    return find(Kind.PLAIN, architecture);
  }

  private Optional<UefiFirmware> find(Kind kind, Architecture architecture) {
    var byName = new TreeMap<String, Path>();
    for (String directory : DESCRIPTORS) {
      try (Stream<Path> files = Files.list(root.resolve(directory))) {
        files
            .filter(file -> file.toString().endsWith(".json"))
            .forEach(file -> byName.put(file.getFileName().toString(), file));
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "No firmware descriptors in {0}", directory);
      }
    }
    return byName.values().stream()
        .map(descriptor -> described(descriptor, kind, architecture))
        .flatMap(Optional::stream)
        .findFirst()
        .or(() -> usual(kind, architecture));
  }

  private Optional<UefiFirmware> described(Path descriptor, Kind kind, Architecture architecture) {
    try {
      byte[] text = Files.readAllBytes(descriptor);
      // An empty file hides a descriptor of the same name.
      return text.length == 0 ? Optional.empty() : fits(JSON.readTree(text), kind, architecture);
    } catch (IOException | JacksonException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "The firmware descriptor {0} is unreadable: {1}",
          descriptor,
          e);
      return Optional.empty();
    }
  }

  private Optional<UefiFirmware> fits(JsonNode descriptor, Kind kind, Architecture architecture) {
    JsonNode mapping = descriptor.path("mapping");
    JsonNode features = descriptor.path("features");
    JsonNode code = mapping.path("executable");
    JsonNode variables = mapping.path("nvram-template");
    boolean fits =
        has(descriptor.path("interface-types"), "uefi")
            && kind.wanted().stream().allMatch(f -> has(features, f))
            && kind.unwanted().stream().noneMatch(f -> has(features, f))
            && ALWAYS_UNWANTED.stream().noneMatch(f -> has(features, f))
            && mapping.path("device").asString("").equals("flash")
            && mapping.path("mode").asString("split").equals("split")
            && code.path("format").asString("raw").equals("raw")
            && variables.path("format").asString("raw").equals("raw")
            && StreamSupport.stream(descriptor.path("targets").spliterator(), false)
                .anyMatch(target -> isFor(target, architecture));
    return fits
        ? files(code.path("filename").asString(""), variables.path("filename").asString(""))
        : Optional.empty();
  }

  private static boolean isFor(JsonNode target, Architecture architecture) {
    String family = architecture.isX86() ? "pc-q35" : "virt";
    return target.path("architecture").asString("").equals(architecture.wire())
        && StreamSupport.stream(target.path("machines").spliterator(), false)
            .anyMatch(machine -> machine.asString("").startsWith(family));
  }

  private static boolean has(JsonNode array, String word) {
    return StreamSupport.stream(array.spliterator(), false)
        .anyMatch(element -> element.asString("").equals(word));
  }

  private Optional<UefiFirmware> usual(Kind kind, Architecture architecture) {
    List<List<String>> places =
        switch (architecture) {
          case X86_64 -> kind.usual();
          case AARCH64 -> kind == Kind.PLAIN ? USUAL_AARCH64 : List.of();
          // Distributions ship no 32-bit OVMF that boots what 32-bit systems ship.
          case I386 -> List.of();
        };
    return places.stream()
        .map(pair -> files("/" + pair.getFirst(), "/" + pair.getLast()))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private Optional<UefiFirmware> files(String code, String variables) {
    boolean there =
        code.startsWith("/")
            && variables.startsWith("/")
            && Files.isReadable(root.resolve(code.substring(1)))
            && Files.isReadable(root.resolve(variables.substring(1)));
    return there ? Optional.of(new UefiFirmware(code, variables)) : Optional.empty();
  }
}
