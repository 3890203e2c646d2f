package dev.kelvin.cli;

import dev.kelvin.cli.command.*;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Every command: its name, the group it is shown in, what it does. */
public final class Catalog {
  /** A command. */
  public record Entry(String group, String name, String summary) {
    Command create(Session session) {
      return Catalog.create(name, session);
    }

    /** How many words its name has. */
    int words() {
      return name.indexOf(' ') < 0 ? 1 : 2;
    }

    /** Whether it takes another program's command line, whose options are not its own. */
    boolean takesProgram() {
      return name.equals("exec") || name.equals("ssh");
    }
  }

  private static final String USE = "Use a VM";
  private static final String MANAGE = "Manage VMs";
  private static final String DEVICES = "Change the devices of a VM";
  private static final String DOCUMENTS = "Work with documents";
  private static final String IMAGES = "Manage images";
  private static final String VOLUMES = "Manage volumes";
  private static final String DAEMON = "The daemon, its host and its work";

  /** How wide the column of names is. */
  private static final int NAMES = 16;

  static final List<Entry> ENTRIES =
      List.of(
          new Entry(USE, "run", "Make a VM and boot it, and all that it needs before."),
          new Entry(USE, "ssh", "Log in to a VM."),
          new Entry(USE, "console", "Use the serial console of a VM."),
          new Entry(USE, "exec", "Run a program in a VM."),
          new Entry(USE, "cp", "Copy a file into a VM or out of it."),
          new Entry(USE, "screenshot", "Save what a VM has on its screen as a picture."),
          new Entry(USE, "keys", "Press keys in a VM."),
          new Entry(USE, "logs", "Show what a VM wrote to its serial port."),
          new Entry(MANAGE, "ls", "List VMs."),
          new Entry(MANAGE, "show", "Show all that matters about a VM."),
          new Entry(MANAGE, "create", "Make a VM and leave it off."),
          new Entry(MANAGE, "start", "Start VMs."),
          new Entry(MANAGE, "shutdown", "Ask guests to shut down, and wait until they are off."),
          new Entry(MANAGE, "stop", "Stop VMs at once, like pulling the plug."),
          new Entry(MANAGE, "reset", "Reset VMs, like pressing the reset button."),
          new Entry(MANAGE, "pause", "Stop the virtual CPUs of VMs."),
          new Entry(MANAGE, "resume", "Let the virtual CPUs of VMs go on."),
          new Entry(MANAGE, "rename", "Give a VM another name."),
          new Entry(MANAGE, "rm", "Delete VMs with their disks."),
          new Entry(MANAGE, "top", "Watch what VMs take of the host."),
          new Entry(DEVICES, "disk attach", "Add a disk to a VM, running or not."),
          new Entry(DEVICES, "disk detach", "Remove a disk from a VM; its volume stays."),
          new Entry(DEVICES, "nic attach", "Add a network card to a VM, running or not."),
          new Entry(DEVICES, "nic detach", "Remove a network card from a VM."),
          new Entry(DEVICES, "cd insert", "Put an image into a CD drive of a VM."),
          new Entry(DEVICES, "cd eject", "Take the image out of a CD drive of a VM."),
          new Entry(DOCUMENTS, "get", "Write VMs, images, volumes or tasks as documents."),
          new Entry(DOCUMENTS, "apply", "Make VMs be as documents say."),
          new Entry(DOCUMENTS, "diff", "Show what \"apply\" would change."),
          new Entry(DOCUMENTS, "edit", "Change the document of a VM in an editor."),
          new Entry(DOCUMENTS, "explain", "Tell what a field of a document is."),
          new Entry(IMAGES, "image build", "Build an image from a distribution's packages."),
          new Entry(IMAGES, "image pull", "Get an image that its distribution publishes."),
          new Entry(IMAGES, "image catalogue", "List the images that distributions publish."),
          new Entry(IMAGES, "image import", "Make an image of a file."),
          new Entry(IMAGES, "image ls", "List images."),
          new Entry(IMAGES, "image show", "Show all that matters about an image."),
          new Entry(IMAGES, "image rm", "Delete images."),
          new Entry(VOLUMES, "volume ls", "List volumes: what disks keep their data in."),
          new Entry(VOLUMES, "volume show", "Show all that matters about a volume."),
          new Entry(VOLUMES, "volume rm", "Delete volumes that no VM uses."),
          new Entry(DAEMON, "up", "Start the daemon."),
          new Entry(DAEMON, "down", "End the daemon; VMs go on."),
          new Entry(DAEMON, "info", "Show where the daemon is and how to reach it."),
          new Entry(DAEMON, "doctor", "Show what this host can do, with proof."),
          new Entry(DAEMON, "cpu models", "List the CPU models that guests can have."),
          new Entry(DAEMON, "cpu describe", "Describe this host's CPU, for another host."),
          new Entry(DAEMON, "cpu baseline", "Find the CPU that runs on several hosts."),
          new Entry(DAEMON, "events", "Follow what happens."),
          new Entry(DAEMON, "state backup", "Save all that Kelvin remembers to a file."),
          new Entry(DAEMON, "state restore", "Replace what Kelvin remembers by a backup."),
          new Entry(DAEMON, "state check", "Check all that Kelvin remembers."),
          new Entry(DAEMON, "state adopt", "Take guests over that the store does not know."),
          new Entry(DAEMON, "state end", "End guests that the store does not know."),
          new Entry(DAEMON, "task ls", "List tasks."),
          new Entry(DAEMON, "task show", "Show how far a task is."),
          new Entry(DAEMON, "task wait", "Wait until a task is done."),
          new Entry(DAEMON, "task cancel", "Cancel a task and undo what it did."),
          new Entry(DAEMON, "task abandon", "Give up a task that cannot go on."),
          new Entry(DAEMON, "completion", "Write what makes a shell complete commands and names."),
          new Entry(DAEMON, "version", "Show the versions of this program and of the daemon."));

  private Catalog() {}

  private static Command create(String name, Session session) {
    return switch (name) {
      case "run" -> new RunCommand(session);
      case "ssh" -> new SshCommand(session);
      case "console" -> new ConsoleCommand(session);
      case "exec" -> new ExecCommand(session);
      case "cp" -> new CpCommand(session);
      case "screenshot" -> new ScreenshotCommand(session);
      case "keys" -> new KeysCommand(session);
      case "logs" -> new LogsCommand(session);
      case "ls" -> new LsCommand(session);
      case "show" -> new ShowCommand(session);
      case "create" -> new CreateCommand(session);
      case "start" -> new StartCommand(session);
      case "shutdown" -> new ShutdownCommand(session);
      case "stop" -> new StopCommand(session);
      case "reset" -> new ResetCommand(session);
      case "pause" -> new PauseCommand(session);
      case "resume" -> new ResumeCommand(session);
      case "rename" -> new RenameCommand(session);
      case "rm" -> new RmCommand(session);
      case "top" -> new TopCommand(session);
      case "disk attach" -> new DiskAttachCommand(session);
      case "disk detach" -> new DiskDetachCommand(session);
      case "nic attach" -> new NicAttachCommand(session);
      case "nic detach" -> new NicDetachCommand(session);
      case "cd insert" -> new CdInsertCommand(session);
      case "cd eject" -> new CdEjectCommand(session);
      case "get" -> new GetCommand(session);
      case "apply" -> new ApplyCommand(session);
      case "diff" -> new DiffCommand(session);
      case "edit" -> new EditCommand(session);
      case "image build" -> new ImageBuildCommand(session);
      case "image pull" -> new ImagePullCommand(session);
      case "image catalogue" -> new ImageCatalogueCommand(session);
      case "image import" -> new ImageImportCommand(session);
      case "image ls" -> new ImageLsCommand(session);
      case "image show" -> new ImageShowCommand(session);
      case "image rm" -> new ImageRmCommand(session);
      case "volume ls" -> new VolumeLsCommand(session);
      case "volume show" -> new VolumeShowCommand(session);
      case "volume rm" -> new VolumeRmCommand(session);
      default -> createForDaemon(name, session);
    };
  }

  private static Command createForDaemon(String name, Session session) {
    return switch (name) {
      case "up" -> new UpCommand(session);
      case "down" -> new DownCommand(session);
      case "info" -> new InfoCommand(session);
      case "doctor" -> new DoctorCommand(session);
      case "cpu models" -> new CpuModelsCommand(session);
      case "cpu describe" -> new CpuDescribeCommand(session);
      case "cpu baseline" -> new CpuBaselineCommand(session);
      case "events" -> new EventsCommand(session);
      case "state backup" -> new StateBackupCommand(session);
      case "state restore" -> new StateRestoreCommand(session);
      case "state check" -> new StateCheckCommand(session);
      case "state adopt" -> new StateAdoptCommand(session);
      case "state end" -> new StateEndCommand(session);
      case "task ls" -> new TaskLsCommand(session);
      case "task show" -> new TaskShowCommand(session);
      case "task wait" -> new TaskWaitCommand(session);
      case "task cancel" -> new TaskCancelCommand(session);
      case "task abandon" -> new TaskAbandonCommand(session);
      case "explain" -> new ExplainCommand(session);
      case "completion" -> new CompletionCommand(session);
      case "version" -> new VersionCommand(session);
      default -> throw new IllegalArgumentException("no command " + name);
    };
  }

  /** The command that these words begin with. */
  static Optional<Entry> find(List<String> words) {
    String first = words.getFirst();
    String two = words.size() > 1 ? first + " " + words.get(1) : first;
    return ENTRIES.stream()
        .filter(entry -> entry.name().equals(first) || entry.name().equals(two))
        .findFirst();
  }

  static boolean isGroup(String word) {
    return ENTRIES.stream().anyMatch(entry -> entry.name().startsWith(word + " "));
  }

  /** The names of all commands, and of what they have before them in common. */
  static List<String> names() {
    var names = new ArrayList<String>();
    for (Entry entry : ENTRIES) {
      names.add(entry.name());
      if (entry.words() == 2) {
        names.add(entry.name().substring(0, entry.name().indexOf(' ')));
      }
    }
    return names.stream().distinct().toList();
  }

  /** What there is, for somebody who asks for help. */
  static String overview() {
    var text =
        new StringBuilder(
            """
            Kelvin runs virtual machines on this host.

              kelvin run debian            make a Debian VM and boot it
              kelvin COMMAND --help        what a command does, with examples

            """);
    String group = "";
    for (Entry entry : ENTRIES) {
      if (!entry.group().equals(group)) {
        text.append(group.isEmpty() ? "" : "\n").append(entry.group()).append(":\n");
        group = entry.group();
      }
      line(text, entry);
    }
    text.append(
        """

        KELVIN_HOME chooses the daemon that has its files in that directory; KELVIN_URL, KELVIN_TOKEN and
        KELVIN_FINGERPRINT one that is reached over TLS. Exit codes are listed in docs/cli.md.
        """);
    return text.toString();
  }

  /** The commands that begin with a word. */
  static String overview(String first) {
    var text = new StringBuilder("usage: kelvin " + first + " COMMAND\n\n");
    ENTRIES.stream()
        .filter(entry -> entry.name().startsWith(first + " "))
        .forEach(e -> line(text, e));
    return text.toString();
  }

  private static void line(StringBuilder text, Entry entry) {
    text.append("  ").append(entry.name());
    text.append(" ".repeat(Math.max(1, NAMES - entry.name().length())));
    text.append(entry.summary()).append('\n');
  }
}
