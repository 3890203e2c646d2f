package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower;
import dev.kelvin.cli.file.LocalFiles;
import dev.kelvin.cli.file.NewFile;
import dev.kelvin.cli.run.ImageFile.Counting;
import dev.kelvin.cli.text.Progress;
import dev.kelvin.cli.tree.PackedTree;
import dev.kelvin.cli.tree.UnpackedTree;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin cp}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "One of the two is in a VM, written as VM:/PATH; - is standard input or output. The guest agent does",
      "it, so it works without a network. A file stays as it was until the new one is whole, also on Ctrl-C,",
      "and keeps its mode and owner. A new file in a guest belongs to root and has the mode of the source",
      "without write permission for others (0644 for standard input). For that the guest needs coreutils or",
      "busybox, for -r tar too, and room for the archive; in Windows a file is written in its place, without",
      "-r. With -r a directory that is there gets the copy in it. Devices and pipes are left out, and on the",
      "way out of a guest links that lead out of what is copied: notes on standard error say which.",
      "",
      "Examples:",
      "  kelvin cp motd web1:/etc/motd",
      "  kelvin cp web1:/var/log/syslog .",
      "  kelvin cp -r site web1:/var/www/"
    })
public final class CpCommand extends Command {
  /** Of what comes from standard input, which has none. */
  private static final int USUAL_MODE = 0644;

  @Parameters(index = "0", paramLabel = "FROM", description = "A file here, or VM:/PATH.")
  String from = "";

  @Parameters(
      index = "1",
      paramLabel = "TO",
      description = "A file or directory here, or VM:/PATH.")
  String to = "";

  @Option(
      names = {"-r", "--recursive"},
      description = "Copy a directory with all that is in it.")
  boolean recursive;

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
    if (recursive && (from.equals("-") || to.equals("-"))) {
      throw Problem.of(Code.INVALID_ARGUMENT, "--recursive copies from and to directories")
          .because("- is standard input or output")
          .remedy("name a directory, or leave --recursive out")
          .asException();
    }
    if (source.isPresent()) {
      if (recursive) {
        fetchTree(source.get());
      } else {
        fetch(source.get());
      }
    } else if (recursive && Files.isDirectory(session.file(from))) {
      sendTree(target.orElseThrow());
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
        InputStream content = coming(session.client().guest(source.vm()).read(source.path()));
        InputStream counted = new Counting(content, progress, 0)) {
      progress.step("Copy " + source.path());
      if (to.equals("-")) {
        session.send(counted);
        return;
      }
      Path wanted = session.file(to);
      Path target = Files.isDirectory(wanted) ? wanted.resolve(source.name()) : wanted;
      try (var file = new NewFile()) {
        LocalFiles.write(
            target,
            path -> {
              file.write(path, counted);
              return path;
            });
      }
      progress.done();
    }
  }

  /** What comes from a guest; that it breaks off is no fault of the file here. */
  private static InputStream coming(InputStream content) {
    return new FilterInputStream(content) {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] target, int offset, int length) {
        try {
          return super.read(target, offset, length);
        } catch (IOException e) {
          throw Problem.of(Code.UNAVAILABLE, "The copy broke off before its end")
              .because(String.valueOf(e.getMessage()))
              .remedy("give the command again; \"kelvin show\" tells how the VM is")
              .asException(e);
        }
      }
    };
  }

  private void fetchTree(GuestFile source) throws IOException {
    var notes = new LeftOut(session);
    try (Progress progress = TaskFollower.progress(session)) {
      progress.step("Copy " + source.path());
      try (InputStream content =
              coming(session.client().guest(source.vm()).readTree(source.path()));
          InputStream counted = new Counting(content, progress, 0)) {
        LocalFiles.write(
            session.file(to),
            path -> {
              new UnpackedTree(notes::add).unpack(counted, Path.of(source.path()), path);
              return path;
            });
      }
      progress.done();
    }
    notes.print();
  }

  private void sendTree(GuestFile target) throws IOException {
    var notes = new LeftOut(session);
    Path source = session.file(from).toRealPath();
    Path name = source.getFileName();
    try (Progress progress = TaskFollower.progress(session);
        InputStream content = new PackedTree(source, notes::add);
        InputStream counted = new Counting(content, progress, 0)) {
      progress.step("Copy " + from);
      session
          .client()
          .guest(target.vm())
          .writeTree(
              target.path(),
              name == null ? "root" : name.toString(),
              PackedTree.mode(source),
              counted);
      progress.done();
    }
    notes.print();
  }

  private void send(GuestFile target) throws IOException {
    boolean standard = from.equals("-");
    Path source = session.file(from);
    String path =
        target.path().endsWith("/") ? target.path() + source.getFileName() : target.path();
    long size = standard ? -1 : size(source);
    int mode = standard ? USUAL_MODE : LocalFiles.read(source, PackedTree::mode);
    try (Progress progress = TaskFollower.progress(session);
        InputStream content =
            standard ? session.in() : LocalFiles.read(source, Files::newInputStream);
        InputStream counted = new Counting(content, progress, Math.max(0, size))) {
      progress.step("Copy " + from);
      session.client().guest(target.vm()).write(path, mode, counted, size);
      progress.done();
    }
  }

  /** The size of a file; -1 for a pipe, and for what may be one of the kernel's (proc(5)). */
  private static long size(Path source) {
    if (Files.isDirectory(source)) {
      throw LocalFiles.wrong(
          source, "A directory is copied with --recursive", "it is a directory", "add -r");
    }
    return LocalFiles.read(
        source,
        path -> {
          long size = Files.exists(path) && !Files.isRegularFile(path) ? 0 : Files.size(path);
          return size == 0 ? -1 : size;
        });
  }

  /** What is not copied, of which the first are named. */
  private static final class LeftOut {
    private static final int NAMED = 20;
    private final Session session;
    private final List<String> first = new ArrayList<>();
    private long all;

    LeftOut(Session session) {
      this.session = session;
    }

    void add(String what) {
      all++;
      if (first.size() < NAMED) {
        first.add(what);
      }
    }

    void print() {
      for (String what : first) {
        session.err().println("Note: left out: " + what);
      }
      if (all > first.size()) {
        session.err().println("Note: left out: " + (all - first.size()) + " more");
      }
    }
  }
}
