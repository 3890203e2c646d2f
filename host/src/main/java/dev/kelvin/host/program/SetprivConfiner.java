package dev.kelvin.host.program;

import dev.kelvin.host.process.Orphans;
import dev.kelvin.host.process.Users;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Confines programs by others that every Linux has: a user, no rights, and limits. They see the
 * host's files, as far as their user does, its processes and its network.
 */
public final class SetprivConfiner implements Confiner {
  private static final System.Logger LOG = System.getLogger(SetprivConfiner.class.getName());
  private static final String NOTHING = "/dev/null";
  private static final String OUT_OF_MEMORY = "500";

  @Override
  public Process start(Distrusted program) throws IOException {
    Path input = program.files().input();
    Path output = program.files().output();
    String told = program.files().told();
    var builder = new ProcessBuilder(command(program));
    if (told == null) {
      builder.redirectInput(new File(input == null ? NOTHING : input.toString()));
    }
    if (output != null) {
      builder.redirectOutput(Redirect.to(output.toFile()));
    }
    builder.environment().clear();
    builder.environment().putAll(environment(program));
    Process process = begun(program.name(), builder);
    goesFirst(process.pid());
    if (told != null) {
      tell(process, told);
    }
    return process;
  }

  /** The pipe holds all of it, so this waits for nobody. */
  private static void tell(Process process, String told) {
    try (var input = process.outputWriter(StandardCharsets.UTF_8)) {
      input.write(told);
    } catch (IOException e) {
      // How it has ended says more than that it does not listen.
      LOG.log(Level.DEBUG, "process " + process.pid() + " has not read what it was told", e);
    }
  }

  /**
   * The kernel takes the end of the thread that starts a process for that of the process's parent:
   * so it has to last as long, which a thread that carries virtual ones need not.
   */
  private static Process begun(String name, ProcessBuilder builder) throws IOException {
    var begun = new CompletableFuture<Process>();
    Thread.ofPlatform()
        .daemon()
        .name(name + "-parent")
        .start(() -> {
          try {
            Process process = builder.start();
            begun.complete(process);
            process.waitFor();
          } catch (IOException | InterruptedException | RuntimeException | Error e) {
            // Nobody interrupts it; of all else whoever waits is told.
            begun.completeExceptionally(e);
          }
        });
    try {
      return begun.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof IOException known ? known : new IOException(e.getCause());
    }
  }

  /**
   * Has a process go before guests and the daemon when memory runs out (proc_pid_oom_adj(5)). One
   * for which that cannot be arranged works all the same.
   */
  public static void goesFirst(long pid) {
    try {
      Files.writeString(Path.of("/proc", Long.toString(pid), "oom_score_adj"), OUT_OF_MEMORY);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "process " + pid + " is worth as much as others are", e);
    }
  }

  /** What a program has in its environment; with whose it is. */
  public static Map<String, String> environment(Distrusted program) {
    var environment = new HashMap<>(program.environment());
    environment.put("PATH", Programs.path());
    environment.put("LC_ALL", "C.UTF-8");
    environment.putAll(Orphans.mark());
    return environment;
  }

  /**
   * The words that go before a program's own: it takes rights from itself, and asks for its end
   * with that of the thread that starts it.
   *
   * @param user that it becomes, for which the daemon must be root; null for the daemon's
   * @param capabilities whether it gives up the daemon's, and those that it could gain
   */
  public static List<String> setpriv(@Nullable Integer user, boolean capabilities) {
    var argv = new ArrayList<String>();
    argv.add(Programs.require("setpriv").toString());
    argv.addAll(List.of("--no-new-privs", "--pdeathsig", "KILL"));
    if (capabilities) {
      argv.addAll(List.of("--inh-caps=-all", "--bounding-set=-all"));
    }
    if (user != null) {
      argv.addAll(List.of("--reuid=" + user, "--regid=" + user, "--clear-groups"));
    }
    argv.add("--");
    return argv;
  }

  private static List<String> command(Distrusted program) {
    var argv = new ArrayList<String>();
    argv.add(Programs.require("setsid").toString());
    Path target = program.files().target();
    if (target != null) {
      String shell = "exec " + Distrusted.TARGET + "<>\"$0\"; exec \"$@\"";
      argv.addAll(List.of("sh", "-c", shell, target.toString()));
    }
    if (program.background()) {
      // The lowest of those that still get something (ioprio_set(2)).
      Programs.find("ionice")
          .ifPresent(ionice -> argv.addAll(List.of(ionice.toString(), "-c", "2", "-n", "7")));
    }
    argv.addAll(
        List.of(
            Programs.require("prlimit").toString(),
            "--as=" + program.limits().memory().bytes(),
            "--fsize=" + program.limits().largestFile().bytes(),
            "--nofile=" + program.limits().descriptors(),
            "--core=0"));
    boolean root = Users.isRoot();
    argv.addAll(setpriv(root ? program.user() : null, root));
    argv.addAll(program.argv());
    return argv;
  }
}
