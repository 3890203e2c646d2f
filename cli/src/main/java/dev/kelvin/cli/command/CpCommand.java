package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower;
import dev.kelvin.cli.run.ImageFile.Counting;
import dev.kelvin.cli.text.Progress;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code kelvin cp}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "One of the two is in a VM, written as VM:/PATH; - is standard input or output. The guest agent does",
      "it, so it works without a network. It copies one file, without its mode and owner.",
      "",
      "Examples:",
      "  kelvin cp motd web1:/etc/motd",
      "  kelvin cp web1:/var/log/syslog ."
    })
public final class CpCommand extends Command {
  @Parameters(index = "0", paramLabel = "FROM", description = "A file here, or VM:/PATH.")
  String from = "";

  @Parameters(
      index = "1",
      paramLabel = "TO",
      description = "A file or directory here, or VM:/PATH.")
  String to = "";

  public CpCommand(Session session) {
    super(session);
  }

  /** A file in a guest. */
  private record GuestFile(String vm, String path) {
    String name() {
      return path.substring(path.lastIndexOf('/') + 1);
    }
  }

  @Override
  protected int run() throws IOException {
    Optional<GuestFile> source = inGuest(from);
    Optional<GuestFile> target = inGuest(to);
    if (source.isPresent() == target.isPresent()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "One of the two files must be in a VM, and one here")
          .because(from + " and " + to + " are both " + (source.isPresent() ? "in VMs" : "here"))
          .remedy("write the one in the VM as VM:/PATH, such as web1:/etc/motd")
          .asException();
    }
    if (source.isPresent()) {
      fetch(source.get());
    } else {
      send(target.orElseThrow());
    }
    return 0;
  }

  private static Optional<GuestFile> inGuest(String text) {
    int colon = text.indexOf(':');
    if (colon <= 0 || !Names.valid(text.substring(0, colon))) {
      return Optional.empty();
    }
    String path = text.substring(colon + 1);
    if (!path.startsWith("/")) {
      throw Problem.of(Code.INVALID_ARGUMENT, "\"" + path + "\" is not an absolute path")
          .because("in a guest there is no directory that it could begin at")
          .remedy("write it from / on")
          .asException();
    }
    return Optional.of(new GuestFile(text.substring(0, colon), path));
  }

  private void fetch(GuestFile source) throws IOException {
    try (Progress progress = TaskFollower.progress(session);
        InputStream content = session.client().guest(source.vm()).read(source.path());
        InputStream counted = new Counting(content, progress, 0)) {
      progress.step("Copy " + source.path());
      if (to.equals("-")) {
        counted.transferTo(session.out());
        session.out().flush();
        return;
      }
      Path wanted = session.file(to);
      Path target = Files.isDirectory(wanted) ? wanted.resolve(source.name()) : wanted;
      Path part = target.resolveSibling(target.getFileName() + ".part");
      try {
        LocalFiles.write(
            target,
            path -> {
              Files.copy(counted, part, StandardCopyOption.REPLACE_EXISTING);
              return Files.move(part, path, StandardCopyOption.REPLACE_EXISTING);
            });
      } finally {
        Files.deleteIfExists(part);
      }
      progress.done();
    }
  }

  private void send(GuestFile target) throws IOException {
    boolean standard = from.equals("-");
    Path source = session.file(from);
    String path =
        target.path().endsWith("/") ? target.path() + source.getFileName() : target.path();
    long size = standard ? -1 : LocalFiles.read(source, Files::size);
    try (Progress progress = TaskFollower.progress(session);
        InputStream content =
            standard ? session.in() : LocalFiles.read(source, Files::newInputStream);
        InputStream counted = new Counting(content, progress, Math.max(0, size))) {
      progress.step("Copy " + from);
      session.client().guest(target.vm()).write(path, counted, size);
      progress.done();
    }
  }
}
