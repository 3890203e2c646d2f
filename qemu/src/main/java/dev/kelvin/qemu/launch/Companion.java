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
    /** Stays with the daemon's user, since files belong to any. */
    FILE_SERVER
  }

  private static final List<String> PROGRAMS = List.of("swtpm", "virtiofsd");

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
   * A file server acts as each of the guest's users in turn, which takes the daemon's rights where
   * it has any; it shuts itself into the directory. It ends when QEMU closes the connection.
   */
  private static Companion share(LaunchPlan plan, int index, Share share, FileServer server) {
    Path socket = plan.files().share(index);
    var argv = new ArrayList<String>();
    boolean readOnly = share.readOnly() && !server.readOnlyOption();
    if (plan.facts().runAsRoot() || readOnly) {
      argv.addAll(view(share.path(), readOnly));
    }
    argv.add(server.program());
    switch (server.kind()) {
      case QEMU ->
          argv.addAll(
              List.of(
                  "-f",
                  "--socket-path=" + socket,
                  "-o",
                  "source="
                      + escape(share.path())
                      + ",cache="
                      + share.cache().wire()
                      + ",sandbox=namespace,xattr,no_posix_lock,no_flock,modcaps="
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
                "--socket-path=" + socket,
                "--shared-dir=" + share.path(),
                "--cache=" + cache,
                "--sandbox=namespace",
                "--xattr",
                "--modcaps=" + TAKEN_AWAY));
        if (share.readOnly() && server.readOnlyOption()) {
          argv.add("--readonly");
        }
      }
    }
    return new Companion(
        Kind.FILE_SERVER, "share-" + share.name(), argv, socket, plan.files().shareLog(index));
  }

  /**
   * Runs what follows in a mount namespace of its own, in which the directory is a mount of its own
   * that gives no program another user's rights and opens no device (mount(8)): what a guest's root
   * writes there, others on the host may run. Read-only too where it shall be: the server of QEMU
   * 7.2 has no option for that. No path is part of the shell's text.
   */
  private static List<String> view(String path, boolean readOnly) {
    return List.of(
        "unshare",
        "--mount",
        "--propagation=slave",
        "sh",
        "-ec",
        "mount --bind -o nosuid,nodev" + (readOnly ? ",ro" : "") + " -- \"$0\" \"$0\"; exec \"$@\"",
        path);
  }

  /** A value within {@code -o a=b,c=d}, which libfuse splits at commas. */
  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace(",", "\\,");
  }

  /** Whether a program of this path is one that companions are. */
  public static boolean isProgram(String path) {
    return PROGRAMS.stream().anyMatch(name -> path.equals(name) || path.endsWith("/" + name));
  }

  /** What the C server leaves behind: it never removes the file that it locks its socket by. */
  public static Path lockFile(Path socket) {
    String name = socket.toAbsolutePath().toString().replace('/', '.');
    return Path.of("/var/run/virtiofsd", name + ".pid");
  }

  /** Whether it is of the kind that leaves {@link #lockFile}. */
  public boolean leavesLockFile() {
    return argv.contains("-f");
  }

  static boolean needsRoot(FileServer server) {
    return server.kind() == FileServerKind.QEMU;
  }
}
