package dev.kelvin.cli.run;

import dev.kelvin.cli.Session;
import dev.kelvin.model.Code;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The keys with which the user logs in to guests: those of the user, and a pair of Kelvin's own
 * that {@code kelvin ssh} uses. The host keys of each guest are in a file of its own, because names
 * and ports are used again.
 */
public final class SshKeys {
  private final Session session;
  private final Path directory;

  public SshKeys(Session session) {
    this.session = session;
    this.directory = session.layout().config().resolve("ssh");
  }

  /** Kelvin's own private key, whether it is there or not. */
  public Path privateKey() {
    return directory.resolve("id_ed25519");
  }

  /** The file of the host keys of a VM. */
  public Path knownHosts(String vmId) {
    return directory.resolve("known_hosts").resolve(vmId);
  }

  /** Makes what {@link #knownHosts} names writable. */
  public Path prepareKnownHosts(String vmId) {
    Path file = knownHosts(vmId);
    try {
      OwnerOnly.makeDirectory(directory);
      OwnerOnly.makeDirectory(directory.resolve("known_hosts"));
    } catch (IOException e) {
      throw new UncheckedIOException("making " + directory, e);
    }
    return file;
  }

  /** Forgets the host keys of a VM that is deleted. */
  public void forgetHost(String vmId) {
    if (vmId.isEmpty()) {
      return;
    }
    try {
      Files.deleteIfExists(knownHosts(vmId));
    } catch (IOException e) {
      session.err().println("Note: " + knownHosts(vmId) + " is left over: " + e.getMessage());
    }
  }

  /** The public keys that shall be let in. Makes Kelvin's own pair when there is none. */
  public List<String> publicKeys() {
    var keys = new ArrayList<String>();
    own().ifPresent(keys::add);
    Path users =
        Path.of(session.variable("HOME").isEmpty() ? "/" : session.variable("HOME"), ".ssh");
    try (Stream<Path> files = Files.isDirectory(users) ? Files.list(users) : Stream.empty()) {
      for (Path file : files.filter(f -> f.toString().endsWith(".pub")).sorted().toList()) {
        read(file).filter(key -> !keys.contains(key)).ifPresent(keys::add);
      }
    } catch (IOException e) {
      session.err().println("Note: the keys in " + users + " are not used: " + e.getMessage());
    }
    return keys;
  }

  private Optional<String> own() {
    Path key = privateKey();
    Path publicKey = key.resolveSibling("id_ed25519.pub");
    try {
      if (!Files.exists(key)) {
        OwnerOnly.makeDirectory(directory);
        make(key);
      }
    } catch (IOException e) {
      session.err().println("Note: no key is made for \"kelvin ssh\": " + e.getMessage());
      return Optional.empty();
    }
    return read(publicKey);
  }

  private static void make(Path key) throws IOException {
    Process process =
        new ProcessBuilder(
                "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "kelvin", "-f", key.toString())
            .redirectErrorStream(true)
            .start();
    try (var out = process.inputReader()) {
      String said = out.readAllAsString();
      if (process.waitFor() != 0) {
        throw new IOException("ssh-keygen says: " + said.strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The key in a file of one; nothing when it has something else. */
  private static Optional<String> read(Path file) {
    try {
      String text = Files.readString(file).strip();
      boolean key = text.startsWith("ssh-") || text.startsWith("ecdsa-") || text.startsWith("sk-");
      return key && text.lines().count() == 1 ? Optional.of(text) : Optional.empty();
    } catch (IOException unreadable) {
      return Optional.empty();
    }
  }

  /**
   * The key in a file that the user named.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument when there is none in it
   */
  public static String fromFile(Path file) {
    return read(file)
        .orElseThrow(() ->
            Problem.of(Code.INVALID_ARGUMENT, "The file has no public key")
                .on(file.toString())
                .at("--ssh-key")
                .because(
                    Files.exists(file)
                        ? "it is not one line of OpenSSH's kind"
                        : "there is no such file")
                .remedy("name a file such as ~/.ssh/id_ed25519.pub")
                .asException());
  }
}
