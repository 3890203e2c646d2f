package dev.kelvin.host.launch;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.process.ProcessId;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A daemon that launches one process, says which, and then waits to be killed. */
final class LaunchAndHang {
  private LaunchAndHang() {}

  public static void main(String[] arguments) throws InterruptedException {
    Path directory = Path.of(arguments[0]);
    ProcessId process =
        new PlainLauncher(CellSupport::ofHost)
            .launch(
                new Launch(
                    "vm/test",
                    List.of(
                        "sh",
                        "-c",
                        "while [ ! -e go ]; do sleep 0.02; done; echo up; exec sleep 60"),
                    directory,
                    directory.resolve("output"),
                    Confinement.none()));
    System.out.println(process.encode());
    new CountDownLatch(1).await();
  }
}
