package dev.kelvin.cli.run;

import dev.kelvin.cli.Session;
import dev.kelvin.model.Code;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.SshKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The keys with which the user logs in to guests: those of the user, and a pair of Kelvin's own
 * that {@code kelvin ssh} uses. The host keys of each guest are in a file of its own, because names
 * and ports are used again.
 */
public final class SshKeys {
  private static final long MOST_BYTES = 1 << 20;

  /** What ssh itself looks for in the user's directory (ssh_config(5), IdentityFile). */
  private static final List<String> USUAL =
      List.of("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk");

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

  /** The private keys to log in with that there are: Kelvin's own first, then the user's. */
  List<Path> identities() {
    var found = new ArrayList<Path>();
    if (Files.exists(privateKey())) {
      found.add(privateKey());
    }
    for (String name : USUAL) {
      Path key = users().resolve(name);
      if (Files.exists(key)) {
        found.add(key);
      }
    }
    return found;
  }

  /** The directory of the user's own keys. */
  private Path users() {
    return Path.of(session.variable("HOME").isEmpty() ? "/" : session.variable("HOME"), ".ssh");
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
    keys.addAll(own());
    Path users = users();
    try (Stream<Path> files = Files.isDirectory(users) ? Files.list(users) : Stream.empty()) {
      for (Path file : files.filter(f -> f.toString().endsWith(".pub")).sorted().toList()) {
        read(file).stream().filter(key -> !keys.contains(key)).forEach(keys::add);
      }
    } catch (IOException e) {
      session.err().println("Note: the keys in " + users + " are not used: " + e.getMessage());
    }
    return keys;
  }

  private List<String> own() {
    Path key = privateKey();
    Path publicKey = key.resolveSibling("id_ed25519.pub");
    try {
      if (!Files.exists(key)) {
        OwnerOnly.makeDirectory(directory);
        make(key);
      }
    } catch (IOException e) {
      session.err().println("Note: no key is made for \"kelvin ssh\": " + e.getMessage());
      return List.of();
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

  /** The keys in a file that nobody named: what is none there is passed over, and told. */
  private List<String> read(Path file) {
    var keys = new ArrayList<String>();
    try {
      for (String line : lines(file).values()) {
        String fault = SshKey.fault(line);
        if (fault == null) {
          keys.add(line);
        } else {
          session.err().println("Note: a key in " + file + " is not used: " + fault);
        }
      }
    } catch (IOException unreadable) {
      session
          .err()
          .println("Note: the keys in " + file + " are not used: " + unreadable.getMessage());
    }
    return keys;
  }

  /** The lines that say something, by their numbers. */
  private static SortedMap<Integer, String> lines(Path file) throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      throw new IOException("it has more than " + MOST_BYTES + " bytes");
    }
    List<String> all =
        new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
            .replace("\uFEFF", "")
            .lines()
            .map(String::strip)
            .toList();
    var lines = new TreeMap<Integer, String>();
    for (int i = 0; i < all.size(); i++) {
      if (!all.get(i).isEmpty() && !all.get(i).startsWith("#")) {
        lines.put(i + 1, all.get(i));
      }
    }
    return lines;
  }

  /**
   * The keys in a file that the user named: one, as in a .pub file, or several, as in an
   * authorized_keys.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument when there is none in it, or one
   *     that is none
   */
  public static List<String> fromFile(Path file) {
    SortedMap<Integer, String> lines;
    try {
      lines = lines(file);
    } catch (IOException e) {
      throw refused(
              file,
              Files.exists(file) ? "it cannot be read: " + e.getMessage() : "there is no such file")
          .asException(e);
    }
    if (lines.isEmpty()) {
      throw refused(file, "it is empty").asException();
    }
    lines.forEach((number, line) -> {
      String fault = SshKey.fault(line);
      if (fault != null) {
        throw refused(file, "line " + number + ": " + fault).asException();
      }
    });
    return List.copyOf(lines.values());
  }

  private static Problem refused(Path file, String cause) {
    return Problem.of(Code.INVALID_ARGUMENT, "The file has no public key that can be used")
        .on(file.toString())
        .at("--ssh-key")
        .because(cause)
        .remedy("name a file such as ~/.ssh/id_ed25519.pub, or an authorized_keys");
  }
}
