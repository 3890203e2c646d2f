package dev.kelvin.host.launch;

import dev.kelvin.host.program.Confiner;
import dev.kelvin.host.program.SetprivConfiner;
import dev.kelvin.host.program.WorkerProcess;
import dev.kelvin.model.ByteSize;
import java.util.List;

/** A daemon with a worker that says when it is there and has no end. */
final class WorkAndHang {
  private WorkAndHang() {}

  /**
   * Runs it.
   *
   * @param arguments {@code cell}, or anything else for the confiner without cells; then the
   *     worker's program with its arguments
   */
  public static void main(String[] arguments) throws InterruptedException {
    Confiner confiner = arguments[0].equals("cell") ? CellConfiner.ofHost() : new SetprivConfiner();
    var worker = List.of(arguments).subList(1, arguments.length);
    new WorkerProcess(confiner, WorkerProcess.Limits.usual())
        .run(
            new WorkerProcess.Job(
                "worker",
                worker,
                new WorkerProcess.OfFiles(null, null),
                new ByteSize(0),
                false,
                List.of(),
                false),
            System.out::println,
            () -> {});
  }
}
