package dev.kelvin.host;

import dev.kelvin.model.HostFacts.UefiFirmware;
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
 * Finds the UEFI firmware for guests without Secure Boot by the descriptors that distributions
 * install with it (QEMU's docs/interop/firmware.json), else by the places where it usually is.
 */
final class FirmwareFinder {
  private static final System.Logger LOG = System.getLogger(FirmwareFinder.class.getName());
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** From the least to the most important: a file hides one of the same name before it. */
  private static final List<String> DESCRIPTORS =
      List.of("usr/share/qemu/firmware", "usr/local/share/qemu/firmware", "etc/qemu/firmware");

  /** Code and variables where there are no descriptors. */
  private static final List<List<String>> USUAL =
      List.of(
          List.of("usr/share/OVMF/OVMF_CODE_4M.fd", "usr/share/OVMF/OVMF_VARS_4M.fd"),
          List.of("usr/share/edk2/x64/OVMF_CODE.4m.fd", "usr/share/edk2/x64/OVMF_VARS.4m.fd"),
          List.of("usr/share/edk2/ovmf/OVMF_CODE.fd", "usr/share/edk2/ovmf/OVMF_VARS.fd"),
          List.of("usr/share/qemu/ovmf-x86_64-code.bin", "usr/share/qemu/ovmf-x86_64-vars.bin"),
          List.of("usr/share/OVMF/OVMF_CODE.fd", "usr/share/OVMF/OVMF_VARS.fd"));

  /** What a guest would have to be started with in another way. */
  private static final List<String> UNWANTED =
      List.of("requires-smm", "secure-boot", "enrolled-keys", "amd-sev-snp", "intel-tdx");

  private final Path root;

  /** Looks at the files below {@code root}. */
  FirmwareFinder(Path root) {
    this.root = root;
  }

  /** The firmware for q35 machines of x86_64; empty when none is installed. */
  Optional<UefiFirmware> find() {
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
        .map(this::described)
        .flatMap(Optional::stream)
        .findFirst()
        .or(this::usual);
  }

  private Optional<UefiFirmware> described(Path descriptor) {
    try {
      byte[] text = Files.readAllBytes(descriptor);
      // An empty file hides a descriptor of the same name.
      return text.length == 0 ? Optional.empty() : fits(JSON.readTree(text));
    } catch (IOException | JacksonException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "The firmware descriptor {0} is unreadable: {1}",
          descriptor,
          e);
      return Optional.empty();
    }
  }

  private Optional<UefiFirmware> fits(JsonNode descriptor) {
    JsonNode mapping = descriptor.path("mapping");
    JsonNode code = mapping.path("executable");
    JsonNode variables = mapping.path("nvram-template");
    boolean fits =
        has(descriptor.path("interface-types"), "uefi")
            && UNWANTED.stream().noneMatch(f -> has(descriptor.path("features"), f))
            && mapping.path("device").asString("").equals("flash")
            && mapping.path("mode").asString("split").equals("split")
            && code.path("format").asString("raw").equals("raw")
            && variables.path("format").asString("raw").equals("raw")
            && StreamSupport.stream(descriptor.path("targets").spliterator(), false)
                .anyMatch(FirmwareFinder::isQ35);
    return fits
        ? files(code.path("filename").asString(""), variables.path("filename").asString(""))
        : Optional.empty();
  }

  private static boolean isQ35(JsonNode target) {
    return target.path("architecture").asString("").equals("x86_64")
        && StreamSupport.stream(target.path("machines").spliterator(), false)
            .anyMatch(machine -> machine.asString("").startsWith("pc-q35"));
  }

  private static boolean has(JsonNode array, String word) {
    return StreamSupport.stream(array.spliterator(), false)
        .anyMatch(element -> element.asString("").equals(word));
  }

  private Optional<UefiFirmware> usual() {
    return USUAL.stream()
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
