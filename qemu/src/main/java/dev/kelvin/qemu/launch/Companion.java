package dev.kelvin.qemu.launch;

import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.HostFacts.FileServer;
import dev.kelvin.model.HostFacts.FileServerKind;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.Share;
import dev.kelvin.qemu.LaunchPlan;
import dev.kelvin.qemu.VmFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A process that serves a VM's QEMU over a socket: started before it, gone with it.
 *
 * @param kind what it serves
 * @param name for people and for its record, such as {@code tpm} or {@code share-work}
 * @param argv the program and its arguments
 * @param socket where QEMU reaches it; it is ready when that is there
 * @param output where it says what it has to say
 */
public record Companion(Kind kind, String name, List<String> argv, Path socket, Path output) {
  /** What it serves. */
  public enum Kind {
    /** Runs as the VM's own user. */
    TPM,
    /**
     * Serves {@link VmFiles#shared}, as root with some rights, since files belong to any user. Its
     * socket listens already when it begins, and is handed to it as {@link #LISTENING}.
     */
    FILE_SERVER,
    /** Of a daemon that is an ordinary user: serves the directory by its path. */
    USERS_FILE_SERVER
  }

  private static final List<String> PROGRAMS = List.of("swtpm", "virtiofsd");

  /** The descriptor by which a {@link Kind#FILE_SERVER} finds its socket. */
  public static final int LISTENING = 3;

  /** Of the capabilities that file servers keep: to make device nodes, and capable programs. */
  private static final String TAKEN_AWAY = "-mknod:-setfcap";

  public Companion {
    argv = List.copyOf(argv);
  }

  /** Those that a VM needs, in the order to start them. */
  public static List<Companion> of(LaunchPlan plan) {
    var all = new ArrayList<Companion>();
    HostFacts.Extras extras = plan.facts().extras();
    if (plan.spec().hasTpm()) {
      all.add(tpm(plan.files(), Objects.requireNonNull(extras.swtpm(), "a TPM needs swtpm")));
    }
    List<Share> shares = plan.spec().shares();
    for (int i = 0; i < shares.size(); i++) {
      FileServer server = Objects.requireNonNull(extras.virtiofsd(), "a share needs virtiofsd");
      all.add(share(plan, i, shares.get(i), server));
    }
    return List.copyOf(all);
  }

  /** See swtpm(8). It ends when QEMU closes the connection. */
  private static Companion tpm(VmFiles files, String program) {
    if ((files.tpm() + "" + files.tpmState()).indexOf(',') >= 0) {
      throw Problem.of(Code.INVALID_ARGUMENT, "A TPM cannot have its files at this path")
          .on(files.tpmState().toString())
          .at("spec.tpm")
          .because("swtpm takes a comma in a path for its end, and knows no other way to write it")
          .remedy("set KELVIN_HOME to a path without commas, or give the VM no TPM")
          .asException();
    }
    return new Companion(
        Kind.TPM,
        "tpm",
        List.of(
            program,
            "socket",
            "--tpm2",
            "--ctrl",
            "type=unixio,path=" + files.tpm() + ",mode=0600",
            "--tpmstate",
            "dir=" + files.tpmState() + ",mode=0600",
            "--terminate"),
        files.tpm(),
        files.tpmLog());
  }

  /**
   * A file server acts as each of the guest's users in turn, which takes some of root's rights. It
   * ends when QEMU closes the connection.
   */
  private static Companion share(LaunchPlan plan, int index, Share share, FileServer server) {
    boolean root = plan.facts().runAsRoot();
    Path socket = plan.files().share(index);
    // By this path, also when nothing else tells of it, it is found to be the VM's.
    String directory = root ? plan.files().shared(index).toString() : share.path();
    String from = root ? "--fd=" + LISTENING : "--socket-path=" + socket;
    String sandbox = root ? "chroot" : "namespace";
    var argv = new ArrayList<String>();
    argv.add(server.program());
    switch (server.kind()) {
      case QEMU ->
          argv.addAll(
              List.of(
                  "-f",
                  from,
                  "-o",
                  "source="
                      + escape(directory)
                      + ",cache="
                      + share.cache().wire()
                      + ",sandbox="
                      + sandbox
                      + ",xattr,no_posix_lock,no_flock,modcaps="
                      + TAKEN_AWAY));
      case RUST -> {
        String cache =
            switch (share.cache()) {
              case NONE -> "never";
              case AUTO -> "auto";
              case ALWAYS -> "always";
            };
        argv.addAll(
            List.of(
                from,
                "--shared-dir=" + directory,
                "--cache=" + cache,
                "--sandbox=" + sandbox,
                "--xattr",
                "--modcaps=" + TAKEN_AWAY));
        if (root) {
          argv.add("--rlimit-nofile=0"); // the launcher has given it what there is
        }
        if (share.readOnly() && server.readOnlyOption()) {
          argv.add("--readonly");
        }
      }
    }
    return new Companion(
        root ? Kind.FILE_SERVER : Kind.USERS_FILE_SERVER,
        "share-" + share.name(),
        argv,
        socket,
        plan.files().shareLog(index));
  }

  /** A value within {@code -o a=b,c=d}, which libfuse splits at commas. */
  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace(",", "\\,");
  }

  /** Whether a program of this path is one that companions are. */
  public static boolean isProgram(String path) {
    return PROGRAMS.stream().anyMatch(name -> path.equals(name) || path.endsWith("/" + name));
  }

  /**
   * What the C server of an earlier Kelvin left behind: it made its socket itself, and never
   * removed the file that it locked that by.
   */
  public static Path lockFile(Path socket) {
    String name = socket.toAbsolutePath().toString().replace('/', '.');
    return Path.of("/var/run/virtiofsd", name + ".pid");
  }

  static boolean needsRoot(FileServer server) {
    return server.kind() == FileServerKind.QEMU;
  }
}
