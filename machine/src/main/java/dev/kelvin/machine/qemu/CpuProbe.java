package dev.kelvin.machine.qemu;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Commands.Result;
import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.cpu.CpuModels;
import dev.kelvin.model.cpu.HostCpu;
import dev.kelvin.qemu.cpu.CpuAnswers;
import dev.kelvin.qemu.cpu.CpuAnswers.Definition;
import dev.kelvin.qemu.cpu.CpuAnswers.Question;
import dev.kelvin.qemu.cpu.CpuTables;
import dev.kelvin.qemu.launch.CommandLine;
import dev.kelvin.qmp.Cost;
import dev.kelvin.qmp.QmpClient;
import dev.kelvin.qmp.QmpException;
import dev.kelvin.qmp.QmpListener;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.databind.JsonNode;

/**
 * Asks QEMU itself which CPUs it can give, by starting one without a machine: tenths of a second.
 * What it said is kept for as long as it is the same program.
 */
public final class CpuProbe implements CpuTables {
  private static final Logger LOG = System.getLogger(CpuProbe.class.getName());
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Commands commands;
  private final Path scratch;
  private final AtomicLong runs = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Key, CpuModels> known = new HashMap<>();

  /** Asks with what it writes in the directory {@code scratch}. */
  public CpuProbe(Commands commands, Path scratch) {
    this.commands = commands;
    this.scratch = scratch;
  }

  private record Key(String binary, long modified, String architecture, String accelerator) {}

  @Override
  public CpuModels of(HostFacts facts, String architecture, String accelerator) {
    try {
      lock.lockInterruptibly();
      try {
        var key = new Key(facts.qemuBinary(), modified(facts), architecture, accelerator);
        CpuModels kept = known.get(key);
        if (kept != null) {
          return kept;
        }
        CpuModels fresh = ask(facts, architecture, accelerator);
        // An earlier program's answers are of no use any more.
        known
            .keySet()
            .removeIf(old -> old.binary().equals(key.binary()) && old.modified() != key.modified());
        known.put(key, fresh);
        return fresh;
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Problem.of(Code.CANCELLED, "Asking QEMU for its CPU models was interrupted")
          .because("whoever asked gave up, or the daemon ends")
          .remedy("ask again: kelvin cpu models")
          .asException(e);
    }
  }

  private CpuModels ask(HostFacts facts, String architecture, String accelerator)
      throws InterruptedException {
    boolean x86 = !architecture.equals("aarch64");
    boolean kvm = accelerator.equals("kvm");
    Heard heard = ask(facts, accelerator, kvm ? "host" : "max", x86);
    Heard tcg = kvm ? ask(facts, "tcg", "max", x86) : heard;
    var about =
        new HostCpu(
            HostCpu.KIND,
            architecture,
            accelerator,
            facts.qemuVersion(),
            null,
            null,
            null,
            List.of(),
            List.of());
    return CpuAnswers.models(
        heard.definitions(),
        heard.answers(),
        CpuAnswers.vendors(tcg.answers()),
        about,
        kvm ? "host" : "max");
  }

  private record Heard(List<Definition> definitions, Map<String, JsonNode> answers) {}

  /** Starts a QEMU, asks it, and ends it. */
  private Heard ask(HostFacts facts, String accelerator, String whole, boolean x86)
      throws InterruptedException {
    Path socket = scratch.resolve("cpus-" + runs.incrementAndGet() + ".sock");
    var ended = new CompletableFuture<Result>();
    Thread qemu =
        Thread.ofVirtual().name("cpus").start(() -> run(facts, accelerator, socket, ended));
    try {
      try (var client = connect(socket, ended, facts)) {
        List<Definition> definitions =
            CpuAnswers.definitions(client.execute("query-cpu-definitions", Cost.NORMAL));
        var answers = new HashMap<String, JsonNode>();
        for (Question question : CpuAnswers.questions(definitions, whole, x86)) {
          try {
            answers.put(
                question.id(),
                client.execute("query-cpu-model-expansion", question.arguments(), Cost.NORMAL));
          } catch (QmpException.CommandFailed e) {
            LOG.log(Level.DEBUG, "QEMU does not spell {0} out: {1}", question.id(), e.getMessage());
          }
        }
        return new Heard(definitions, answers);
      }
    } catch (QmpException e) {
      throw mute(facts, String.valueOf(e.getMessage()));
    } finally {
      qemu.interrupt();
      qemu.join();
    }
  }

  private void run(
      HostFacts facts, String accelerator, Path socket, CompletableFuture<Result> ended) {
    try {
      Files.createDirectories(scratch);
      ended.complete(
          commands.run(
              Command.of(
                      facts.qemuBinary(),
                      "-no-user-config",
                      "-nodefaults",
                      "-display",
                      "none",
                      "-machine",
                      "none",
                      "-accel",
                      accelerator,
                      "-qmp",
                      "unix:" + CommandLine.escape(socket.toString()) + ",server=on,wait=off")
                  .environment(facts.files().environment())
                  .timeout(LIMIT)));
    } catch (IOException | RuntimeException e) {
      ended.completeExceptionally(e);
    } catch (InterruptedException e) {
      // All is said, and QEMU has been ended.
      ended.completeExceptionally(e);
    } finally {
      delete(socket);
    }
  }

  private static void delete(Path socket) {
    try {
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      LOG.log(Level.WARNING, socket + " cannot be removed", e);
    }
  }

  /** Connects as soon as QEMU listens. */
  private static QmpClient connect(Path socket, CompletableFuture<Result> ended, HostFacts facts)
      throws InterruptedException, QmpException {
    while (true) {
      boolean over = ended.isDone();
      if (Files.exists(socket)) {
        try {
          return QmpClient.connect(socket, LIMIT, QmpListener.none());
        } catch (QmpException.Disconnected e) {
          // Bound and not yet listening, unless it has ended.
          LOG.log(Level.TRACE, "QEMU does not listen yet", e);
        }
      }
      if (over) {
        throw mute(facts, ending(ended));
      }
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while QEMU started");
      }
    }
  }

  private static String ending(CompletableFuture<Result> ended) throws InterruptedException {
    try {
      Result result = ended.get();
      return "it ended with " + result.exitCode() + ": " + result.lastError();
    } catch (ExecutionException e) {
      return e.getCause() instanceof ProblemException known
          ? known.problem().oneLine()
          : String.valueOf(e.getCause());
    }
  }

  private static RuntimeException mute(HostFacts facts, String cause) {
    return Problem.of(Code.HOST_FAILURE, "QEMU does not tell its CPU models")
        .on(facts.qemuBinary())
        .because(cause)
        .remedy("install the distribution's own QEMU again, or let the model be auto")
        .asException();
  }

  private static long modified(HostFacts facts) {
    try {
      return Files.getLastModifiedTime(Path.of(facts.qemuBinary())).toMillis();
    } catch (IOException e) {
      throw Problem.of(Code.CAPABILITY_MISSING, "QEMU is not there any more")
          .on(facts.qemuBinary())
          .because(e.toString())
          .remedy("install it again")
          .asException(e);
    }
  }
}
