package dev.kelvin.machine;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Each test has a VM that runs on a fake QEMU, taken over as after a restart of the daemon. */
public abstract class OnSupervisedVm {
  @TempDir private Path directory;
  private SupervisedVm vm;

  protected final SupervisedVm vm() {
    return vm;
  }

  @BeforeEach
  void takeOver() throws IOException, InterruptedException {
    vm = new SupervisedVm(directory);
  }

  @AfterEach
  void close() throws IOException {
    vm.close();
  }
}
