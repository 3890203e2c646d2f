package dev.kelvin.host.program;

import java.util.List;

/** A daemon with a worker that says its pid and has no end. */
final class WorkAndHang {
  private WorkAndHang() {}

  public static void main(String[] arguments) throws InterruptedException {
    var worker = List.of("sh", "-c", "trap '' TERM HUP; echo $$ >&2; while :; do sleep 1; done");
    new WorkerProcess(WorkerProcess.Limits.usual())
        .run(
            new WorkerProcess.Job(
                "worker", worker, null, null, new dev.kelvin.model.ByteSize(0), false),
            System.out::println,
            () -> {});
  }
}
