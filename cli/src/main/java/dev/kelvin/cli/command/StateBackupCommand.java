package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code kelvin state backup}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "The file holds the documents of VMs, images and tasks at one moment; not the disks, which are files",
      "below the state directory. It may hold secrets and is readable by you alone. The daemon goes on",
      "meanwhile.",
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

  @Override
  protected int run() throws IOException {
    if (file.equals("-")) {
      try (InputStream in = session.client().backup()) {
        in.transferTo(session.out());
      }
      session.out().flush();
      return 0;
    }
    Path target = session.file(file);
    Path unfinished = target.resolveSibling(target.getFileName() + ".unfinished");
    try (InputStream in = session.client().backup()) {
      long size = LocalFiles.write(target, path -> save(in, unfinished, path));
      session.out().println(target + ": " + size + " bytes");
      return 0;
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  /** A file of that name is a whole backup, or the one that was there before. */
  private static long save(InputStream in, Path unfinished, Path target) throws IOException {
    Files.deleteIfExists(unfinished);
    Files.createFile(
        unfinished,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    long size;
    try (var out = Files.newOutputStream(unfinished)) {
      size = in.transferTo(out);
    }
    Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
    return size;
  }
}
