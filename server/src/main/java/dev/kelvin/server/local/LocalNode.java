package dev.kelvin.server.local;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.check.Doctor;
import dev.kelvin.host.file.HostPaths;
import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.launch.ProcessLauncher;
import dev.kelvin.host.net.HostShield;
import dev.kelvin.host.process.Orphans;
import dev.kelvin.host.process.UserIdClaims;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Packages;
import dev.kelvin.host.qemu.QemuChoice;
import dev.kelvin.image.ImageStore;
import dev.kelvin.image.build.DebianBuilder;
import dev.kelvin.image.bulk.Workers;
import dev.kelvin.image.catalogue.ImageCatalogue;
import dev.kelvin.image.catalogue.ImageTasks;
import dev.kelvin.image.format.Importer;
import dev.kelvin.image.pull.Published;
import dev.kelvin.image.pull.PullLimits;
import dev.kelvin.image.pull.Puller;
import dev.kelvin.image.seed.SeedIso;
import dev.kelvin.machine.DeviceCheck;
import dev.kelvin.machine.Machines;
import dev.kelvin.machine.MachinesSetup;
import dev.kelvin.machine.VmDrafts;
import dev.kelvin.machine.launch.Peers;
import dev.kelvin.machine.qemu.CpuProbe;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.store.VmUsers;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.ImagePhase;
import dev.kelvin.model.Layout;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.Problem;
import dev.kelvin.model.SteadyTime;
import dev.kelvin.model.Task;
import dev.kelvin.model.spec.DocumentLimits;
import dev.kelvin.qemu.cpu.CpuTables;
import dev.kelvin.server.action.Actions;
import dev.kelvin.server.action.Authorizer;
import dev.kelvin.server.event.EventBus;
import dev.kelvin.server.local.health.LastKnown;
import dev.kelvin.server.local.health.NodeHealth;
import dev.kelvin.server.local.health.ShortageWatch;
import dev.kelvin.server.local.node.CpuActions;
import dev.kelvin.server.local.node.KnownFacts;
import dev.kelvin.server.local.node.Metrics;
import dev.kelvin.server.local.node.NodeActions;
import dev.kelvin.server.local.node.NodeDoctor;
import dev.kelvin.server.local.node.NodeTasks;
import dev.kelvin.server.local.node.StateActions;
import dev.kelvin.server.local.resource.ConsoleDesk;
import dev.kelvin.server.local.resource.GuestActions;
import dev.kelvin.server.local.resource.ImageActions;
import dev.kelvin.server.local.resource.UnknownActions;
import dev.kelvin.server.local.resource.VmActions;
import dev.kelvin.server.local.resource.VolumeActions;
import dev.kelvin.server.local.watch.ObjectWatches;
import dev.kelvin.server.local.watch.TaskWatches;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.task.TaskEngine;
import dev.kelvin.state.task.TaskType;
import dev.kelvin.storage.DirectoryDriver;
import dev.kelvin.storage.QemuImg;
import dev.kelvin.storage.StorageDriver;
import dev.kelvin.storage.StoredVolume;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Everything that works on this node, put together. */
public final class LocalNode implements AutoCloseable {
  private static final Logger LOG = System.getLogger(LocalNode.class.getName());

  private final AutostartMark mark;
  private final Store store;
  private final Machines machines;
  private final TaskEngine tasks;
  private final Actions actions;
  private final HostShield shield;
  private final EventBus events;
  private final NodeHealth health;
  private final ShortageWatch shortage;
  private volatile boolean resumed;

  /** What tells of what happens. */
  private record News(EventBus events, ShortageWatch shortage) {}

  private LocalNode(
      AutostartMark mark,
      Store store,
      Machines machines,
      TaskEngine tasks,
      Actions actions,
      HostShield shield,
      NodeHealth health,
      News news) {
    this.mark = mark;
    this.store = store;
    this.machines = machines;
    this.tasks = tasks;
    this.actions = actions;
    this.shield = shield;
    this.events = news.events();
    this.health = health;
    this.shortage = news.shortage();
    this.shortage.start();
  }

  /**
   * What the node is told of the daemon around it.
   *
   * @param mirrors of distributions, by their names
   * @param qemus which run VMs
   * @param limits of users' documents
   * @param hostPaths that these may name
   * @param info what is known of the daemon, given the machines and the facts that are known
   * @param warnings what is wrong with how the API is served
   * @param stop ends the daemon soon; told whether to shut the VMs down first
   */
  public record Surroundings(
      Layout layout,
      boolean root,
      Clock clock,
      Map<String, String> mirrors,
      QemuChoice qemus,
      DocumentLimits limits,
      HostPaths hostPaths,
      Authorizer authorizer,
      InfoSource info,
      Supplier<List<Problem>> warnings,
      Consumer<Boolean> stop) {}

  /** Tells about the daemon. */
  @FunctionalInterface
  public interface InfoSource {
    NodeInfo info(
        Machines machines,
        @Nullable HostFacts facts,
        List<String> damaged,
        Optional<Problem> shortage);
  }

  /**
   * Takes over the VMs and tasks that are in a store.
   *
   * @param store is closed with the node, or when it cannot be opened
   */
  public static LocalNode open(Store store, Surroundings around)
      throws InterruptedException, IOException {
    try {
      return assemble(around, around.layout(), store);
    } catch (RuntimeException | InterruptedException e) {
      store.close();
      throw e;
    }
  }

  private static LocalNode assemble(Surroundings around, Layout layout, Store store)
      throws InterruptedException, IOException {
    Orphans.end();
    var tools = Tools.of(layout, around.qemus());
    var events = new EventBus(around.clock());
    var repository = new VmRepository(store, users(around.root(), layout));
    var users = new LateUsers();
    var storage = new DirectoryDriver(layout.volumes(), tools.images().blobs(), tools.qemuImg());
    var catalogue =
        new ImageCatalogue(
            store, tools.images(), users, file -> volumesOn(storage, file), around.clock());
    HostShield shield = raisedShield(around.root(), tools.commands());
    var parts = parts(around, repository, tools, storage, catalogue, events, shield);
    Machines machines = parts.machines();
    users.know(machines);
    var importer = new Importer(tools.qemuImg());
    var tasks = new TaskEngine(store, types(machines, catalogue, tools, importer), around.clock());
    var watches = new ObjectWatches(store, machines, repository, catalogue);
    var revisions = new LastKnown<>(store::revision);
    var shortage = new ShortageWatch(store::shortage, events::publish);
    var taskWatches = new TaskWatches(revisions::get);
    tasks.addListener(news -> events.taskChanged(news.task()));
    tasks.addListener(taskWatches);
    var drafts = drafts(around, repository, parts, tools, catalogue);
    var handlers =
        new LocalActions.Handlers(
            new VmActions(machines, repository, drafts, tasks),
            new VolumeActions(parts.volumes(), tasks),
            images(around, catalogue, tools, importer, tasks),
            new GuestActions(parts.guests()),
            node(around, parts, tools, catalogue, shortage, events, tasks),
            new CpuActions(tools.facts(), tools.cpus()),
            new ConsoleDesk(parts.access(), SteadyTime::now),
            new StateActions(
                store,
                tools.images(),
                layout.volumes(),
                tasks,
                new DeviceCheck(machines),
                around.clock()),
            new UnknownActions(machines, repository, tasks),
            watches,
            taskWatches);
    var actions =
        new LocalActions(
            around.authorizer(), revisions, machines, parts.access(), catalogue, tasks, handlers);
    tools.facts().findMeanwhile();
    takeOver(machines, catalogue, tools.images(), tasks);
    return new LocalNode(
        AutostartMark.of(layout.runtime()),
        store,
        machines,
        tasks,
        actions,
        shield,
        new NodeHealth(layout, store, () -> pulse(tasks, events)),
        new News(events, shortage));
  }

  /** By virtual threads through the engine of tasks to the events, and back. */
  private static boolean pulse(TaskEngine tasks, EventBus events)
      throws InterruptedException, ExecutionException {
    boolean told = tasks.pulse().get();
    events.subscribe(null, null).close();
    return told;
  }

  private static NodeActions node(
      Surroundings around,
      MachinesSetup.Parts parts,
      Tools tools,
      ImageCatalogue catalogue,
      ShortageWatch shortage,
      EventBus events,
      TaskEngine tasks) {
    Machines machines = parts.machines();
    var damagedImages = new LastKnown<>(catalogue::damaged);
    Supplier<List<Problem>> damaged =
        () -> Stream.concat(machines.damaged().stream(), damagedImages.get().stream()).toList();
    Supplier<List<Problem>> unknown = () -> unknown(machines, catalogue);
    return new NodeActions(
        () ->
            around
                .info()
                .info(machines, tools.facts().last(), names(damaged.get()), shortage.now()),
        new NodeDoctor(
            tools.doctor(),
            damaged,
            parts.volumes()::damaged,
            unknown,
            shortage::now,
            around.warnings()),
        new Metrics(parts.measures(), () -> damaged.get().size(), damagedImages::age),
        events,
        tasks,
        around.stop());
  }

  private static VmDrafts drafts(
      Surroundings around,
      VmRepository repository,
      MachinesSetup.Parts parts,
      Tools tools,
      ImageCatalogue catalogue) {
    return new VmDrafts(
        repository,
        parts,
        tools.facts(),
        tools.cpus(),
        catalogue::find,
        around.clock(),
        around.limits());
  }

  private static ImageActions images(
      Surroundings around,
      ImageCatalogue catalogue,
      Tools tools,
      Importer importer,
      TaskEngine tasks) {
    Path own = around.layout().config().resolve("catalogue.yaml");
    var published = new Published(own, around.mirrors());
    return new ImageActions(
        catalogue, tools.images(), importer, published, tools.puller(), tasks, around.clock());
  }

  /** What is on the host that the store does not know, and what to do about it. */
  private static List<Problem> unknown(Machines machines, ImageCatalogue catalogue) {
    return Stream.concat(machines.unknownProblems().stream(), catalogue.unknown().stream())
        .toList();
  }

  private static List<String> names(List<Problem> damaged) {
    return damaged.stream().map(Problem::object).filter(Objects::nonNull).toList();
  }

  private static List<String> volumesOn(StorageDriver storage, Path image) {
    return storage.list().stream()
        .filter(volume -> image.equals(volume.backing()))
        .map(StoredVolume::id)
        .toList();
  }

  private static MachinesSetup.Parts parts(
      Surroundings around,
      VmRepository repository,
      Tools tools,
      StorageDriver storage,
      ImageCatalogue catalogue,
      EventBus events,
      HostShield shield)
      throws InterruptedException {
    return new MachinesSetup(
            around.layout(),
            repository,
            tools.facts(),
            tools.cpus(),
            ProcessLauncher.ofHost(around.root(), tools.commands(), tools.cells()),
            storage,
            new SeedIso(tools.commands()),
            catalogue::file,
            catalogue::list,
            catalogue::unchanged,
            events::publish,
            shield,
            Peers.checked(),
            around.hostPaths())
        .build();
  }

  private static HostShield raisedShield(boolean root, Commands commands) {
    HostShield shield =
        root ? HostShield.of(commands, VmUsers.FIRST, VmUsers.LAST) : HostShield.none();
    shield.raise();
    return shield;
  }

  private static VmUsers users(boolean root, Layout layout) {
    return root
        ? VmUsers.of(new UserIdClaims(UserIdClaims.HOST, layout.state()), layout)
        : VmUsers.none();
  }

  /** What is shared by those who use programs of the host. */
  private record Tools(
      Commands commands,
      Supplier<CellSupport> cells,
      Doctor doctor,
      KnownFacts facts,
      CpuTables cpus,
      QemuImg qemuImg,
      ImageStore images,
      Puller puller) {
    static Tools of(Layout layout, QemuChoice qemus) throws IOException {
      var commands = new Commands();
      Supplier<CellSupport> cells = CellSupport.inBackground();
      var doctor = new Doctor(layout, commands, qemus, cells);
      var confiner = new CellConfiner(cells);
      var bulk = Workers.ofProcess(confiner);
      return new Tools(
          commands,
          cells,
          doctor,
          new KnownFacts(doctor),
          new CpuProbe(commands, layout.runtime()),
          new QemuImg(commands, confiner),
          new ImageStore(layout.images(), bulk),
          new Puller(PullLimits.usual(), layout.config().resolve("keys"), bulk));
    }
  }

  private static List<TaskType<?>> types(
      Machines machines, ImageCatalogue catalogue, Tools tools, Importer importer) {
    var types = new ArrayList<TaskType<?>>(machines.taskTypes());
    var debian = new DebianBuilder(tools.commands(), tools.qemuImg());
    types.addAll(
        new ImageTasks(catalogue, tools.images(), importer, debian, tools.puller()).types());
    types.addAll(new NodeTasks(tools.doctor(), new Packages(tools.commands())).types());
    return types;
  }

  private static void takeOver(
      Machines machines, ImageCatalogue catalogue, ImageStore files, TaskEngine tasks)
      throws InterruptedException {
    machines.open();
    clearImages(catalogue, files, tasks);
  }

  /** Removes files of images that a daemon which died has left, unless a task goes on with them. */
  private static void clearImages(ImageCatalogue catalogue, ImageStore files, TaskEngine tasks) {
    catalogue.clearUnfinished();
    catalogue.unknown().forEach(file -> LOG.log(Level.WARNING, file.oneLine()));
    List<Problem> damaged = catalogue.damaged();
    if (!damaged.isEmpty()) {
      damaged.forEach(image -> LOG.log(Level.ERROR, "it is left alone: " + image.oneLine()));
      return;
    }
    var live = new HashSet<String>();
    for (Task task : tasks.list()) {
      if (!task.state().ended()) {
        live.add(task.id());
      }
    }
    for (Image image : catalogue.list()) {
      if (image.status().phase() == ImagePhase.MAKING) {
        live.add(ImageActions.uploadName(image.metadata().id()));
      }
    }
    files.cleanWork(live);
  }

  /** Goes on with tasks, and starts the VMs that start with the host. */
  public void begin() throws InterruptedException, IOException {
    for (Problem problem : tasks.resume()) {
      LOG.log(Level.ERROR, problem.oneLine());
    }
    resumed = true;
    // A daemon that ends meanwhile leaves the rest to the next one.
    if (machines.autostart(vm -> mark.lacks(vm.metadata().id()), mark::add)) {
      mark.complete();
    }
  }

  /**
   * Shuts all VMs down; those that start with the host do so again with the next daemon.
   *
   * @return of those that could not be stopped, why
   */
  public List<Problem> shutDownVms() throws InterruptedException, IOException {
    List<Problem> left = machines.shutDownAll();
    mark.clear();
    return left;
  }

  /** The names of the kinds of tasks that are carried out here. */
  public List<String> taskTypes() {
    return tasks.types();
  }

  /**
   * Tells of something that concerns the node as a whole.
   *
   * @param type such as {@code node.port-taken}
   */
  public void publish(String type, String message) {
    events.publish(type, "node", message, Map.of());
  }

  /** Whether what it stands on holds. */
  public NodeHealth health() {
    return health;
  }

  /** Whether it has gone on with the tasks that it found. */
  public boolean hasResumed() {
    return resumed;
  }

  public Actions actions() {
    return actions;
  }

  /** Lets go of everything. The VMs go on. */
  @Override
  public void close() {
    try (store;
        shield;
        machines;
        shortage) {
      tasks.close();
    }
  }
}
