package dev.kelvin.api;

import static dev.kelvin.api.Exchange.delete;
import static dev.kelvin.api.Exchange.get;
import static dev.kelvin.api.Exchange.post;
import static dev.kelvin.api.Query.segment;

import dev.kelvin.api.http.EventStream;
import dev.kelvin.api.http.MessageSocket;
import dev.kelvin.api.http.Request;
import dev.kelvin.api.http.UnixTransport;
import dev.kelvin.codec.Answers;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.StateReport;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmIsolation;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The API in Java: one method for each of its operations. This class has what concerns the daemon,
 * VMs and tasks, and leads to those of other objects. Every method throws {@link ProblemException}
 * with the daemon's own problem when it refuses, and with one of code unavailable, timeout or
 * forbidden when it cannot be reached. Safe for use by several threads.
 */
public final class Client implements Closeable {
  private static final Duration LOOK = Duration.ofSeconds(10);
  private static final String VMS = "/v1/vms";
  private static final String TASKS = "/v1/tasks";

  /** The consoles of a VM. */
  public enum Console {
    SERIAL("serial"),
    VNC("vnc");

    private final String wire;

    Console(String wire) {
      this.wire = wire;
    }
  }

  /** Kinds of objects that can be watched. */
  public enum Kind {
    VMS(Client.VMS),
    IMAGES("/v1/images"),
    TASKS(Client.TASKS);

    private final String path;

    Kind(String path) {
      this.path = path;
    }
  }

  private final Exchange exchange;

  public Client(Endpoint endpoint) {
    this.exchange = new Exchange(endpoint);
  }

  /**
   * Gets ready, for a program that ends after one request, what its first request needs anyway: to
   * do it on another thread saves the time.
   *
   * @param type of what the answer will tell
   */
  public static void prepare(Class<?> type) {
    try {
      UnixTransport.prepare();
    } catch (IOException e) {
      // The request will fail of the same, and tell it better.
      return;
    }
    Answers.prepare(type);
  }

  public HostApi host() {
    return new HostApi(exchange);
  }

  public ImageApi images() {
    return new ImageApi(exchange);
  }

  public VolumeApi volumes() {
    return new VolumeApi(exchange);
  }

  /** The guest of a VM. */
  public GuestApi guest(String vm) {
    return new GuestApi(exchange, vm);
  }

  // The daemon.

  /**
   * Whether a daemon answers, if only with what is wrong with it. Other problems than that none is
   * there are thrown.
   */
  public boolean answers() {
    return exchange.answers(get("/healthz").quiet(LOOK));
  }

  /** What keeps a daemon that answers from doing its work; empty when all is well. */
  public Optional<Problem> complaint() {
    return exchange.complaint(get("/healthz").quiet(LOOK));
  }

  public NodeInfo info() {
    return exchange.read(get("/v1/info"), NodeInfo.class);
  }

  /** Measurements in Prometheus' text format. */
  public String metrics() {
    return new String(exchange.bytes(get("/metrics")), StandardCharsets.UTF_8);
  }

  public void stopDaemon(boolean stopVms) {
    exchange.done(post("/v1/shutdown", Map.of("stopVms", stopVms)).quiet(Exchange.SLOW));
  }

  /**
   * All that the store holds, as a file. Whoever reads it to its end or closes it ends the
   * exchange.
   */
  public InputStream backup() {
    return exchange.stream(get("/v1/state/backup").quiet(Exchange.SLOW));
  }

  public StateReport checkState() {
    return exchange.read(get("/v1/state/check").quiet(Exchange.SLOW), StateReport.class);
  }

  /**
   * Makes a VM of a guest that the store does not know.
   *
   * @param guest its name or id
   * @param newName null for its own
   */
  public Task adopt(String guest, @Nullable String newName) {
    Map<String, String> body = newName == null ? Map.of() : Map.of("name", newName);
    return exchange.task(post("/v1/unknown/" + segment(guest) + "/adopt", body));
  }

  /** Ends a guest that the store does not know. */
  public Task endUnknown(String guest) {
    return exchange.task(Exchange.delete("/v1/unknown/" + segment(guest)));
  }

  // VMs.

  public Page<Vm> vms(ListQuery query) {
    return exchange.page(VMS, query, Vm.class);
  }

  /** All of them, page after page. */
  public List<Vm> allVms(ListQuery query) {
    return exchange.all(VMS, query, Vm.class);
  }

  public Vm vm(String name) {
    return exchange.read(get(vmPath(name)), Vm.class);
  }

  /** What confines the processes of a VM that runs, as the kernel shows it now. */
  public VmIsolation isolation(String vm) {
    return exchange.read(get(vmPath(vm) + "/isolation"), VmIsolation.class);
  }

  public Task createVm(VmDocument vm) {
    return exchange.task(post(VMS).body(vm.body()));
  }

  /**
   * Creates a VM under the first free name that is that of the document and a number, such as web-1
   * for web; the task's object tells it.
   */
  public Task createNumberedVm(VmDocument vm) {
    return exchange.task(post("/v1/vms?generateName=true").body(vm.body()));
  }

  /** What {@link #createVm} would create. */
  public Vm tryCreateVm(VmDocument vm) {
    return exchange.read(post("/v1/vms?dryRun=true").body(vm.body()), Vm.class);
  }

  /**
   * Replaces spec and labels.
   *
   * @param revision that the change is based on; null to overwrite whatever is there
   */
  public Task updateVm(String name, VmDocument vm, @Nullable Long revision) {
    return exchange.task(put(vmPath(name), vm, revision));
  }

  /** What {@link #updateVm} would lead to. */
  public Vm tryUpdateVm(String name, VmDocument vm, @Nullable Long revision) {
    return exchange.read(put(vmPath(name) + "?dryRun=true", vm, revision), Vm.class);
  }

  private static Request put(String target, VmDocument vm, @Nullable Long revision) {
    Request request = Request.of("PUT", target).body(vm.body());
    return revision == null ? request : request.header("If-Match", "\"" + revision + "\"");
  }

  public Task deleteVm(String name, boolean force) {
    return deleteVm(name, force, false);
  }

  /**
   * Deletes a VM.
   *
   * @param force whether it is stopped first
   * @param keepDisks whether its volumes stay
   */
  public Task deleteVm(String name, boolean force, boolean keepDisks) {
    var query = new Query().flag("force", force).flag("keepDisks", keepDisks);
    return exchange.task(delete(vmPath(name) + query));
  }

  public Task startVm(String name) {
    return exchange.task(post(vmPath(name) + "/start"));
  }

  public Task stopVm(String name) {
    return exchange.task(post(vmPath(name) + "/stop"));
  }

  public Task resetVm(String name) {
    return exchange.task(post(vmPath(name) + "/reset"));
  }

  public Task pauseVm(String name) {
    return exchange.task(post(vmPath(name) + "/pause"));
  }

  public Task resumeVm(String name) {
    return exchange.task(post(vmPath(name) + "/resume"));
  }

  /**
   * Asks the guest to shut down.
   *
   * @param timeout null for what its spec says
   * @param force whether it is stopped when that time is over
   */
  public Task shutdownVm(String name, @Nullable Duration timeout, boolean force) {
    Map<String, Object> wish = new LinkedHashMap<>();
    if (timeout != null) {
      wish.put("timeoutSeconds", timeout.toSeconds());
    }
    wish.put("force", force);
    return exchange.task(post(vmPath(name) + "/shutdown", wish));
  }

  public Task renameVm(String name, String newName) {
    return exchange.task(post(vmPath(name) + "/rename", Map.of("name", newName)));
  }

  // Devices.

  public Task attachDisk(String vm, Disk disk) {
    return exchange.task(post(vmPath(vm) + "/disks", disk));
  }

  public Task detachDisk(String vm, String disk) {
    return exchange.task(delete(vmPath(vm) + "/disks/" + segment(disk)));
  }

  public Task attachNic(String vm, Nic nic) {
    return exchange.task(post(vmPath(vm) + "/nics", nic));
  }

  public Task detachNic(String vm, String nic) {
    return exchange.task(delete(vmPath(vm) + "/nics/" + segment(nic)));
  }

  /** Puts an image into a CD drive, or with null takes it out. */
  public Task setMedia(String vm, String cdrom, @Nullable String image) {
    Request.Body body = image == null ? nothingInserted() : Exchange.json(Map.of("image", image));
    return exchange.task(Request.of("PUT", vmPath(vm) + "/cdroms/" + segment(cdrom)).body(body));
  }

  private static Request.Body nothingInserted() {
    // The codec leaves out fields without a value, and this one must be there.
    byte[] text = "{\"image\":null}".getBytes(StandardCharsets.UTF_8);
    return new Request.Body("application/json", new ByteArrayInputStream(text), text.length);
  }

  // Consoles.

  /** The first screen as a PNG. */
  public byte[] screenshot(String vm) {
    return screenshot(vm, 1);
  }

  /** A screen, counted from 1, as a PNG. */
  public byte[] screenshot(String vm, int screen) {
    return exchange.bytes(get(vmPath(vm) + "/screenshot?screen=" + screen));
  }

  /** The last bytes that the VM wrote to its serial port, at most {@code tail}. */
  public byte[] serialLog(String vm, long tail) {
    return exchange.bytes(get(logPath(vm, tail)));
  }

  /**
   * As {@link #serialLog(String, long)}, for more than should be held in memory. Whoever reads it
   * to its end or closes it ends the exchange.
   */
  public InputStream serialText(String vm, long tail) {
    return exchange.stream(get(logPath(vm, tail)));
  }

  private static String logPath(String vm, long tail) {
    return vmPath(vm) + "/log" + new Query().with("tail", tail);
  }

  /** Presses keys by QEMU's names, one after another; those joined by {@code -} together. */
  public void sendKeys(String vm, List<String> keys) {
    exchange.done(post(vmPath(vm) + "/keys", Map.of("keys", keys)));
  }

  public MessageSocket console(String vm, Console kind) {
    var ticket =
        exchange.read(post(vmPath(vm) + "/consoles", Map.of("kind", kind.wire)), Ticket.class);
    return exchange.upgrade(ticket.path());
  }

  private record Ticket(String path) {}

  // Tasks, changes and events.

  public Page<Task> tasks(ListQuery query) {
    return exchange.page(TASKS, query, Task.class);
  }

  public List<Task> allTasks(ListQuery query) {
    return exchange.all(TASKS, query, Task.class);
  }

  public Task task(String id) {
    return exchange.read(get(TASKS + "/" + segment(id)), Task.class);
  }

  public Task cancelTask(String id) {
    return exchange.task(post(TASKS + "/" + segment(id) + "/cancel"));
  }

  public Task abandonTask(String id) {
    return exchange.task(post(TASKS + "/" + segment(id) + "/abandon"));
  }

  /** Changes after a revision; 0 begins with all objects there are. */
  public EventStream watch(Kind kind, ListQuery query, long revision) {
    String target = kind.path + query.encoded() + "&watch=true&revision=" + revision;
    return events(target);
  }

  /**
   * What happens.
   *
   * @param after begin after this sequence; null for from now on
   * @param object only what happens to this one; null for everything
   */
  public EventStream events(@Nullable Long after, @Nullable String object) {
    var query = new Query();
    if (after != null) {
      query.with("after", after);
    }
    if (object != null) {
      query.with("object", object);
    }
    return events("/v1/events" + query);
  }

  private EventStream events(String target) {
    return new EventStream(
        exchange.stream(get(target).header("Accept", "text/event-stream").quiet(Duration.ZERO)));
  }

  static String vmPath(String name) {
    return VMS + "/" + segment(name);
  }

  @Override
  public void close() throws IOException {
    exchange.close();
  }
}
