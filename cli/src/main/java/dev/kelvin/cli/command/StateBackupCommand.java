package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.file.LocalFiles;
import dev.kelvin.cli.run.DaemonControl;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code kelvin state backup}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "The file holds the documents of VMs, images and tasks at one moment; not the disks, which are files",
      "below the state directory. It may hold secrets and is readable by you alone. The daemon goes on",
      "meanwhile; when none runs, the store is read without one.",
      "",
      "Example:",
      "  kelvin state backup kelvin.backup"
    })
public final class StateBackupCommand extends Command {
  @Parameters(paramLabel = "FILE", description = "Where it goes; - for standard output.")
  String file = "";

  public StateBackupCommand(Session session) {
    super(session);
  }

  /** Waits for the end of what writes the backup; its exit code. */
  @FunctionalInterface
  private interface End {
    int code() throws InterruptedException;
  }

  @Override
  protected int run() throws IOException, InterruptedException {
    var control = new DaemonControl(session);
    if (control.answers()) {
      try (InputStream in = session.client().backup()) {
        return save(in, () -> 0);
      }
    }
    Process program = control.offline(Redirect.PIPE, List.of("backup"));
    try (InputStream in = program.getInputStream()) {
      return save(in, program::waitFor);
    }
  }

  /** A file of that name is a whole backup, or the one that was there before. */
  private int save(InputStream in, End end) throws IOException, InterruptedException {
    if (file.equals("-")) {
      session.send(in);
      return session.unwritten().isEmpty() ? end.code() : 0;
    }
    Path target = session.file(file);
    try {
      long size = LocalFiles.replace(target, true, out -> copy(in, out, end));
      if (size > 0) { // else it went to a device or a pipe, which may be standard output itself
        session.out().println(target + ": " + size + " bytes");
      }
      return 0;
    } catch (Failed e) {
      // The program has told why.
      return e.code;
    }
  }

  private static void copy(InputStream in, OutputStream out, End end) throws IOException {
    in.transferTo(out);
    try {
      int code = end.code();
      if (code != 0) {
        throw new Failed(code);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** What writes the backup has ended with an exit code of an error. */
  private static final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int code;

    Failed(int code) {
      super("exit code " + code);
      this.code = code;
    }
  }
}
