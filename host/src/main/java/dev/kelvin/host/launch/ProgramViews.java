package dev.kelvin.host.launch;

import dev.kelvin.host.cell.Confinement.Device;
import dev.kelvin.host.cell.Confinement.Program;
import dev.kelvin.host.cell.Confinement.ReadOnly;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.program.ProgramClosure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What is in the cell of any program. */
public final class ProgramViews {
  private static final List<String> DEVICES =
      List.of("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom");

  private ProgramViews() {}

  /** The program itself, its libraries, and the devices that are everybody's. */
  public static List<View> of(ProgramClosure closure) {
    var views = new ArrayList<View>();
    closure.directories().stream().map(ReadOnly::new).forEach(views::add);
    closure.programs().stream().map(Program::new).forEach(views::add);
    there(List.of("/etc/ld.so.cache")).map(ReadOnly::new).forEach(views::add);
    there(DEVICES).map(Device::new).forEach(views::add);
    return views;
  }

  /** Those that this host has. */
  public static Stream<Path> there(List<String> paths) {
    return paths.stream().map(Path::of).filter(Files::exists);
  }
}
