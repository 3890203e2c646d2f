package dev.kelvin.machine.launch.port;

import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.PortForward;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The host ports that Kelvin chose for a VM's forwards, noted where only Kelvin writes: whoever
 * reaches a guest by such a port finds it there again after a stop and a start, as long as nobody
 * else has taken the port meanwhile.
 */
public final class KeptPorts {
  private static final Logger LOG = System.getLogger(KeptPorts.class.getName());

  /** More than the forwards that a document may have would take. */
  private static final long LARGEST = 1 << 20;

  /** A forward whose host port was left to Kelvin, and the port. */
  private record Chosen(String nic, PortForward wanted, int hostPort) {}

  private record Note(List<Chosen> ports) {
    Note {
      ports = ports == null ? List.of() : List.copyOf(ports);
    }
  }

  private final Path file;
  private final List<Chosen> before;

  private KeptPorts(Path file, List<Chosen> before) {
    this.file = file;
    this.before = before;
  }

  /**
   * Those of a VM.
   *
   * @param kept the directory for what is kept of it
   */
  public static KeptPorts of(Path kept) {
    Path file = kept.resolve("ports.json");
    try {
      return Files.size(file) > LARGEST
          ? new KeptPorts(file, List.of())
          : new KeptPorts(
              file, Documents.read(Files.readAllBytes(file), Syntax.JSON, Note.class).ports());
    } catch (NoSuchFileException e) {
      return new KeptPorts(file, List.of());
    } catch (IOException | ProblemException e) {
      LOG.log(Level.WARNING, "other ports are chosen, as those of before cannot be read", e);
      return new KeptPorts(file, List.of());
    }
  }

  /**
   * The forwards of a VM's cards with all host ports known.
   *
   * @throws dev.kelvin.model.ProblemException conflict when a wanted port is taken
   */
  public List<List<Forward>> resolve(List<Nic> nics) {
    var all = new ArrayList<List<Forward>>();
    var left = new ArrayList<>(before);
    var chosen = new ArrayList<Chosen>();
    for (Nic nic : nics) {
      List<Forward> forwards = PortPool.resolve(withPorts(nic, left));
      for (int i = 0; i < forwards.size(); i++) {
        PortForward wanted = nic.forwards().get(i);
        if (wanted.hostPort() == 0) {
          chosen.add(new Chosen(nic.name(), wanted, forwards.get(i).hostPort()));
        }
      }
      all.add(forwards);
    }
    // What belongs to cards that are not asked about now stays.
    left.removeIf(one -> nics.stream().anyMatch(nic -> nic.name().equals(one.nic())));
    chosen.addAll(left);
    write(chosen);
    return List.copyOf(all);
  }

  /** A card that asks for the ports of before where they are free; each is taken out of those. */
  private static Nic withPorts(Nic nic, List<Chosen> left) {
    var forwards = new ArrayList<PortForward>();
    for (PortForward wanted : nic.forwards()) {
      PortForward found = wanted;
      for (Chosen one : left) {
        if (wanted.hostPort() == 0 && one.nic().equals(nic.name()) && one.wanted().equals(wanted)) {
          PortForward again = wanted.withHostPort(one.hostPort());
          found = isFree(nic, again) ? again : wanted;
          left.remove(one);
          break;
        }
      }
      forwards.add(found);
    }
    return nic.withForwards(forwards);
  }

  private static boolean isFree(Nic nic, PortForward wanted) {
    Optional<Problem> taken = PortPool.taken(nic, wanted);
    taken.ifPresent(why -> LOG.log(Level.INFO, "another port is chosen: {0}", why.oneLine()));
    return taken.isEmpty();
  }

  /** A start does not fail for a note that only the next one would read. */
  private void write(List<Chosen> chosen) {
    if (chosen.equals(before)) {
      return;
    }
    try {
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      Files.write(fresh, Documents.json(new Note(chosen)));
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "the next start may choose other ports", e);
    }
  }
}
