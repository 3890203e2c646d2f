package dev.kelvin.it.fault;

import dev.kelvin.model.Layout;
import dev.kelvin.server.Daemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The daemon with a {@link KillSwitch} in its store. */
public final class FaultyMain {
  private FaultyMain() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    int uid = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    Layout layout = Layout.resolve(System.getenv(), uid == 0);
    Daemon daemon = Daemon.start(layout, uid, store -> new KillSwitch(store, layout.home()));
    Files.write(taskTypesFile(layout.home()), daemon.taskTypes());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(daemon)));
    daemon.awaitEnd();
    System.exit(0);
  }

  private static Path taskTypesFile(Path home) {
    return home.resolve("task-types");
  }

  /** The kinds of tasks that the daemon of {@code home} carries out. */
  static List<String> taskTypes(Path home) throws IOException {
    return Files.readAllLines(taskTypesFile(home));
  }

  private static void close(Daemon daemon) {
    try {
      daemon.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
