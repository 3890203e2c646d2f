package dev.kelvin.bench.session;

import dev.kelvin.bench.report.Bar;
import dev.kelvin.bench.report.Machine;
import dev.kelvin.bench.report.Series;
import dev.kelvin.host.program.Commands;
import dev.kelvin.model.NodeInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the parts of a run share: where they work, what they were asked for, what they found. */
public final class BenchSession {
  private final Options options;
  private final Path root;
  private final Path place;
  private final Commands commands = new Commands();
  private final List<Series> series = new ArrayList<>();
  private final List<Bar> bars = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private int nodes;
  private Map<String, String> machine = Map.of();

  /**
   * @param root of the source tree
   * @param place a directory that only this run has, for all that it makes
   */
  public BenchSession(Options options, Path root, Path place) {
    this.options = options;
    this.root = root;
    this.place = place;
  }

  public Options options() {
    return options;
  }

  public Path root() {
    return root;
  }

  public Path place() {
    return place;
  }

  public Commands commands() {
    return commands;
  }

  /** A node of its own, not started yet. */
  public Node node() throws IOException {
    // Short, as the paths of sockets are.
    Path home = Files.createDirectory(place.resolve("n" + nodes++));
    // The users of VMs must be able to pass through.
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx--x--x"));
    return new Node(root.resolve("dist/target/kelvin"), home);
  }

  public void add(Series... measured) {
    series.addAll(List.of(measured));
  }

  public void add(Bar bar) {
    bars.add(bar);
    System.out.printf(
        "  %s: %.2f %s (at most %.2f)%n", bar.name(), bar.value(), bar.unit(), bar.limit());
  }

  public void note(String note) {
    notes.add(note);
  }

  /** Notes what the figures are taken on; the last part that tells wins, as they are all equal. */
  public void describe(NodeInfo node) throws IOException, InterruptedException {
    boolean libvirt = options.libvirt() && options.parts().contains(Part.START);
    machine = Machine.describe(root, node, commands, libvirt);
  }

  public Map<String, String> machine() {
    return machine;
  }

  public List<Series> series() {
    return List.copyOf(series);
  }

  public List<Bar> bars() {
    return List.copyOf(bars);
  }

  public List<String> notes() {
    return List.copyOf(notes);
  }

  public static void say(String text) {
    System.out.println("bench: " + text);
  }
}
