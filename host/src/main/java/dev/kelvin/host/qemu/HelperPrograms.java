package dev.kelvin.host.qemu;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Commands.Result;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.program.Requirements;
import dev.kelvin.model.HostFacts.FileServer;
import dev.kelvin.model.HostFacts.FileServerKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Finds the programs that serve a VM beside its QEMU, by asking each what it is. */
public final class HelperPrograms {
  private static final System.Logger LOG = System.getLogger(HelperPrograms.class.getName());
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Where packages describe their vhost-user programs (QEMU's docs/interop/vhost-user.json). */
  private static final List<String> DESCRIPTORS =
      List.of("etc/qemu/vhost-user", "usr/share/qemu/vhost-user");

  private final Path root;
  private final Commands commands;

  /** Looks for descriptors below {@code root}. */
  public HelperPrograms(Path root, Commands commands) {
    this.root = root;
    this.commands = commands;
  }

  /** The TPM emulator, when it is there and says that it can be a TPM 2.0 of a VM. */
  public Optional<Path> swtpm() throws InterruptedException {
    Optional<Path> program = Programs.find(Requirements.SWTPM);
    if (program.isEmpty()) {
      return Optional.empty();
    }
    Result said = ask(program.get(), "socket", "--tpm2", "--print-capabilities");
    return said.ok() && said.stdout().contains("\"tpm-2.0\"") ? program : Optional.empty();
  }

  /** The server of shared directories; the newer kind where there are both. */
  public Optional<FileServer> virtiofsd() throws InterruptedException {
    Optional<FileServer> older = Optional.empty();
    for (String candidate : candidates()) {
      Optional<FileServer> found = fileServer(Path.of(candidate));
      if (found.filter(server -> server.kind() == FileServerKind.RUST).isPresent()) {
        return found;
      }
      older = older.or(() -> found);
    }
    return older;
  }

  private Set<String> candidates() {
    var all = new LinkedHashSet<String>();
    for (String directory : DESCRIPTORS) {
      try (Stream<Path> files = Files.list(root.resolve(directory))) {
        for (Path file : files.sorted().toList()) {
          described(file).ifPresent(all::add);
        }
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "No vhost-user descriptors in {0}", directory);
      }
    }
    all.addAll(Requirements.FILE_SERVERS);
    return all;
  }

  private static Optional<String> described(Path descriptor) {
    try {
      JsonNode text = JSON.readTree(Files.readAllBytes(descriptor));
      return text.path("type").asString("").equals("fs")
          ? Optional.of(text.path("binary").asString(""))
          : Optional.empty();
    } catch (IOException | JacksonException e) {
      LOG.log(System.Logger.Level.WARNING, "The descriptor {0} is unreadable: {1}", descriptor, e);
      return Optional.empty();
    }
  }

  private Optional<FileServer> fileServer(Path program) throws InterruptedException {
    if (!program.isAbsolute() || !Files.isExecutable(program)) {
      return Optional.empty();
    }
    Result help = ask(program, "--help");
    return help.ok() ? kind(program, help.stdout() + help.stderr()) : Optional.empty();
  }

  /** What a virtiofsd is, by its help. */
  static Optional<FileServer> kind(Path program, String help) {
    if (help.contains("--shared-dir")) {
      return Optional.of(
          new FileServer(program.toString(), FileServerKind.RUST, help.contains("--readonly")));
    }
    return help.contains("-o source=")
        ? Optional.of(new FileServer(program.toString(), FileServerKind.QEMU, false))
        : Optional.empty();
  }

  private Result ask(Path program, String... question) throws InterruptedException {
    var argv = Stream.concat(Stream.of(program.toString()), Stream.of(question)).toList();
    return commands.run(Command.of(argv).timeout(Duration.ofSeconds(10)));
  }
}
