package dev.kelvin.server.local;

import dev.kelvin.host.Commands;
import dev.kelvin.host.Doctor;
import dev.kelvin.host.Packages;
import dev.kelvin.host.PlainLauncher;
import dev.kelvin.image.DebianBuilder;
import dev.kelvin.image.ImageStore;
import dev.kelvin.image.Importer;
import dev.kelvin.image.SeedIso;
import dev.kelvin.image.catalogue.ImageCatalogue;
import dev.kelvin.image.catalogue.ImageTasks;
import dev.kelvin.machine.Machines;
import dev.kelvin.machine.MachinesSetup;
import dev.kelvin.machine.VmDrafts;
import dev.kelvin.machine.VmRepository;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.ImagePhase;
import dev.kelvin.model.Layout;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.Problem;
import dev.kelvin.server.action.Actions;
import dev.kelvin.server.action.Authorizer;
import dev.kelvin.server.event.EventBus;
import dev.kelvin.state.SqliteStore;
import dev.kelvin.state.Store;
import dev.kelvin.state.TaskEngine;
import dev.kelvin.state.TaskType;
import dev.kelvin.storage.DirectoryDriver;
import dev.kelvin.storage.QemuImg;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Everything that works on this node, put together. */
public final class LocalNode implements AutoCloseable {
  private static final Logger LOG = System.getLogger(LocalNode.class.getName());

  private final Layout layout;
  private final Store store;
  private final Machines machines;
  private final TaskEngine tasks;
  private final Actions actions;
  private final Doctor doctor;

  private LocalNode(
      Layout layout,
      Store store,
      Machines machines,
      TaskEngine tasks,
      Actions actions,
      Doctor doctor) {
    this.layout = layout;
    this.store = store;
    this.machines = machines;
    this.tasks = tasks;
    this.actions = actions;
    this.doctor = doctor;
  }

  /**
   * What the node is told of the daemon around it.
   *
   * @param info what is known of the daemon, given the machines and the doctor
   * @param stop ends the daemon soon; told whether to shut the VMs down first
   */
  public record Surroundings(
      Layout layout,
      boolean root,
      Clock clock,
      Authorizer authorizer,
      InfoSource info,
      Consumer<Boolean> stop) {}

  /** Tells about the daemon. */
  @FunctionalInterface
  public interface InfoSource {
    NodeInfo info(Machines machines, Doctor doctor);
  }

  /**
   * Opens the store and takes over the VMs and tasks that are there.
   *
   * @throws dev.kelvin.model.ProblemException when the store cannot be opened
   */
  public static LocalNode open(Surroundings around) throws InterruptedException, IOException {
    Layout layout = around.layout();
    Store store = SqliteStore.open(layout.store());
    try {
      return assemble(around, layout, store);
    } catch (RuntimeException | InterruptedException e) {
      store.close();
      throw e;
    }
  }

  private static LocalNode assemble(Surroundings around, Layout layout, Store store)
      throws InterruptedException {
    var commands = new Commands();
    var doctor = new Doctor(layout, commands);
    var qemuImg = new QemuImg(commands);
    var events = new EventBus(around.clock());
    var repository = new VmRepository(store, around.root());
    var imageFiles = new ImageStore(layout.images());
    var users = new LateUsers();
    var catalogue = new ImageCatalogue(store, imageFiles, users, around.clock());
    var parts =
        new MachinesSetup(
                layout,
                repository,
                doctor::facts,
                new PlainLauncher(),
                new DirectoryDriver(layout.volumes(), qemuImg),
                new SeedIso(commands),
                catalogue::file,
                catalogue::unchanged,
                events::publish)
            .build();
    users.machines = parts.machines();
    var importer = new Importer(qemuImg);
    var types = new ArrayList<TaskType<?>>(parts.machines().taskTypes());
    types.addAll(
        new ImageTasks(catalogue, imageFiles, importer, new DebianBuilder(commands, qemuImg))
            .types());
    types.addAll(new NodeTasks(doctor, new Packages(commands)).types());
    var tasks = new TaskEngine(store, types, around.clock());
    var watches = new Watches(store, parts.machines(), catalogue);
    tasks.addListener(events::taskChanged);
    tasks.addListener(watches::taskChanged);
    var drafts = new VmDrafts(repository, doctor::facts, catalogue::find, around.clock());
    var desks =
        new LocalActions.Desks(
            new VmActions(parts.machines(), repository, drafts, tasks),
            new ImageActions(catalogue, imageFiles, importer, tasks, around.clock()),
            new GuestActions(parts.access()),
            new NodeActions(
                () -> around.info().info(parts.machines(), doctor),
                doctor,
                new Metrics(parts.measures()),
                events,
                tasks,
                around.stop()),
            new ConsoleDesk(parts.access(), around.clock()),
            watches);
    var actions =
        new LocalActions(
            around.authorizer(),
            store,
            parts.machines(),
            parts.access(),
            catalogue,
            tasks,
            desks);
    parts.machines().open();
    catalogue.clearOrphans();
    var live = new HashSet<String>();
    tasks.list().stream().filter(task -> !task.state().ended()).forEach(task -> live.add(task.id()));
    for (Image image : catalogue.list()) {
      if (image.status().phase() == ImagePhase.MAKING) {
        live.add(ImageActions.uploadName(image.metadata().id()));
      }
    }
    imageFiles.cleanWork(live);
    return new LocalNode(layout, store, parts.machines(), tasks, actions, doctor);
  }

  /** The image catalogue asks who uses an image, and is made before the VMs that do. */
  private static final class LateUsers implements Supplier<Map<String, List<String>>> {
    private volatile @org.jspecify.annotations.Nullable Machines machines;

    @Override
    public Map<String, List<String>> get() {
      Machines known = machines;
      return known == null ? Map.of() : known.imageUsers();
    }
  }

  /** Goes on with tasks, and starts the VMs that start with the host. */
  public void begin() throws InterruptedException, IOException {
    for (Problem problem : tasks.resume()) {
      LOG.log(Level.ERROR, problem.oneLine());
    }
    Path marker = layout.runtime().resolve("autostarted");
    String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id"));
    if (!Files.exists(marker) || !Files.readString(marker).equals(boot)) {
      Files.writeString(marker, boot);
      machines.autostart();
    }
  }

  /** Shuts all VMs down; those that start with the host do so again with the next daemon. */
  public void shutDownVms() throws InterruptedException, IOException {
    machines.shutDownAll();
    Files.deleteIfExists(layout.runtime().resolve("autostarted"));
  }

  public Actions actions() {
    return actions;
  }

  public Doctor doctor() {
    return doctor;
  }

  /** Lets go of everything. The VMs go on. */
  @Override
  public void close() {
    tasks.close();
    machines.close();
    store.close();
  }
}
