package dev.kelvin.api;

import static dev.kelvin.api.Exchange.get;
import static dev.kelvin.api.Exchange.post;
import static dev.kelvin.api.Query.segment;

import dev.kelvin.api.http.EventStream;
import dev.kelvin.api.http.MessageSocket;
import dev.kelvin.api.http.Request;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.GuestInfo;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.PublishedImage;
import dev.kelvin.model.StateReport;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.Volume;
import dev.kelvin.model.cpu.CpuBaseline;
import dev.kelvin.model.cpu.CpuModels;
import dev.kelvin.model.cpu.HostCpu;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The API in Java: one method for each of its operations. Every method throws {@link
 * ProblemException} with the daemon's own problem when it refuses, and with one of code
 * unavailable, timeout or forbidden when it cannot be reached. Safe for use by several threads.
 */
public final class Client implements Closeable {
  private static final Duration LOOK = Duration.ofSeconds(10);
  private static final Duration SLOW = Duration.ofMinutes(10);
  private static final String OCTETS = "application/octet-stream";

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
    VMS("/v1/vms"),
    IMAGES("/v1/images"),
    TASKS("/v1/tasks");

    private final String path;

    Kind(String path) {
      this.path = path;
    }
  }

  private final Exchange exchange;

  public Client(Endpoint endpoint) {
    this.exchange = new Exchange(endpoint);
  }

  // The daemon and its host.

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
    exchange.done(post("/v1/shutdown", Map.of("stopVms", stopVms)).quiet(SLOW));
  }

  /**
   * All that the store holds, as a file. Whoever reads it to its end or closes it ends the
   * exchange.
   */
  public InputStream backup() {
    return exchange.stream(get("/v1/state/backup").quiet(SLOW));
  }

  public StateReport checkState() {
    return exchange.read(get("/v1/state/check").quiet(SLOW), StateReport.class);
  }

  public DoctorReport doctor() {
    return exchange.read(get("/v1/doctor").quiet(SLOW), DoctorReport.class);
  }

  /** The CPU models that guests can have; null for the usual architecture and accelerator. */
  public CpuModels cpuModels(@Nullable String architecture, @Nullable String accelerator) {
    return exchange.read(
        get("/v1/cpu/models" + guests(architecture, accelerator)).quiet(SLOW), CpuModels.class);
  }

  /** The CPU that the host can give, to carry to another one. */
  public HostCpu hostCpu(@Nullable String architecture, @Nullable String accelerator) {
    return exchange.read(
        get("/v1/cpu" + guests(architecture, accelerator)).quiet(SLOW), HostCpu.class);
  }

  private static String guests(@Nullable String architecture, @Nullable String accelerator) {
    var query = new StringJoiner("&", "?", "").setEmptyValue("");
    if (architecture != null) {
      query.add("architecture=" + URLEncoder.encode(architecture, StandardCharsets.UTF_8));
    }
    if (accelerator != null) {
      query.add("accelerator=" + URLEncoder.encode(accelerator, StandardCharsets.UTF_8));
    }
    return query.toString();
  }

  /** The largest CPU that runs on each of these hosts. */
  public CpuBaseline cpuBaseline(List<HostCpu> hosts) {
    return exchange.read(
        post("/v1/cpu/baseline", Map.of("hosts", hosts)).quiet(SLOW), CpuBaseline.class);
  }

  public Task examineHost() {
    return task(post("/v1/doctor"));
  }

  public Task installPackages(List<String> packages) {
    return task(post("/v1/packages", Map.of("packages", packages)));
  }

  // VMs.

  public Page<Vm> vms(ListQuery query) {
    return exchange.page(get("/v1/vms" + query.encoded()), Vm.class);
  }

  /** All of them, page after page. */
  public List<Vm> allVms(ListQuery query) {
    return all(query, this::vms);
  }

  public Vm vm(String name) {
    return exchange.read(get(vmPath(name)), Vm.class);
  }

  public Task createVm(VmDocument vm) {
    return task(post("/v1/vms").body(vm.body()));
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
    return task(put(vmPath(name), vm, revision));
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
    return task(delete(vmPath(name) + query));
  }

  public Task startVm(String name) {
    return task(post(vmPath(name) + "/start"));
  }

  public Task stopVm(String name) {
    return task(post(vmPath(name) + "/stop"));
  }

  public Task resetVm(String name) {
    return task(post(vmPath(name) + "/reset"));
  }

  public Task pauseVm(String name) {
    return task(post(vmPath(name) + "/pause"));
  }

  public Task resumeVm(String name) {
    return task(post(vmPath(name) + "/resume"));
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
    return task(post(vmPath(name) + "/shutdown", wish));
  }

  public Task renameVm(String name, String newName) {
    return task(post(vmPath(name) + "/rename", Map.of("name", newName)));
  }

  // Devices.

  public Task attachDisk(String vm, Disk disk) {
    return task(post(vmPath(vm) + "/disks", disk));
  }

  public Task detachDisk(String vm, String disk) {
    return task(delete(vmPath(vm) + "/disks/" + segment(disk)));
  }

  public Task attachNic(String vm, Nic nic) {
    return task(post(vmPath(vm) + "/nics", nic));
  }

  public Task detachNic(String vm, String nic) {
    return task(delete(vmPath(vm) + "/nics/" + segment(nic)));
  }

  /** Puts an image into a CD drive, or with null takes it out. */
  public Task setMedia(String vm, String cdrom, @Nullable String image) {
    Request.Body body = image == null ? nothingInserted() : Exchange.json(Map.of("image", image));
    return task(Request.of("PUT", vmPath(vm) + "/cdroms/" + segment(cdrom)).body(body));
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
    return exchange.bytes(get(vmPath(vm) + "/log" + new Query().with("tail", tail)));
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

  // Guests.

  public GuestInfo guest(String vm) {
    return exchange.read(get(vmPath(vm) + "/guest"), GuestInfo.class);
  }

  public ExecResult exec(String vm, ExecRequest program) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("command", program.command());
    body.put("environment", program.environment());
    body.put("input", program.input());
    body.put("timeoutSeconds", program.timeout().toSeconds());
    Duration quiet = program.timeout().plus(Request.USUAL);
    return exchange.read(post(vmPath(vm) + "/guest/exec", body).quiet(quiet), ExecResult.class);
  }

  /** Whoever reads it to its end or closes it ends the exchange. */
  public InputStream readFile(String vm, String path) {
    return exchange.stream(get(filePath(vm, path)).quiet(SLOW));
  }

  /**
   * Writes a file of the guest.
   *
   * @param length in bytes; -1 when it is not known
   */
  public void writeFile(String vm, String path, InputStream content, long length) {
    exchange.done(
        Request.of("PUT", filePath(vm, path))
            .body(new Request.Body(OCTETS, content, length))
            .quiet(SLOW));
  }

  private static String filePath(String vm, String path) {
    return vmPath(vm) + "/guest/files" + new Query().with("path", path);
  }

  // Images.

  public Page<Image> images(ListQuery query) {
    return exchange.page(get("/v1/images" + query.encoded()), Image.class);
  }

  public List<Image> allImages(ListQuery query) {
    return all(query, this::images);
  }

  public Image image(String name) {
    return exchange.read(get("/v1/images/" + segment(name)), Image.class);
  }

  public Task buildImage(String name, BuildRecipe recipe, Map<String, String> labels) {
    return task(post("/v1/images", Map.of("name", name, "build", recipe, "labels", labels)));
  }

  /** The images that publishers offer. */
  public List<PublishedImage> catalogue() {
    return exchange.page(get("/v1/catalogue"), PublishedImage.class).items();
  }

  public Task pullImage(PullRequest request) {
    return task(post("/v1/images", request));
  }

  /**
   * Sends a file to make an image of.
   *
   * @param length in bytes; -1 when it is not known
   */
  public Task importImage(
      String name, Format format, Map<String, String> labels, InputStream content, long length) {
    var query = new Query().with("format", format.wire());
    labels.forEach((key, value) -> query.with("label", key + "=" + value));
    return task(
        post("/v1/images/" + segment(name) + "/import" + query)
            .body(new Request.Body(OCTETS, content, length))
            .quiet(SLOW));
  }

  public Task deleteImage(String name) {
    return task(delete("/v1/images/" + segment(name)));
  }

  // Volumes.

  public Page<Volume> volumes(ListQuery query) {
    return exchange.page(get("/v1/volumes" + query.encoded()), Volume.class);
  }

  public List<Volume> allVolumes(ListQuery query) {
    return all(query, this::volumes);
  }

  public Volume volume(String id) {
    return exchange.read(get("/v1/volumes/" + segment(id)), Volume.class);
  }

  public Task deleteVolume(String id) {
    return task(delete("/v1/volumes/" + segment(id)));
  }

  // Tasks, changes and events.

  public Page<Task> tasks(ListQuery query) {
    return exchange.page(get("/v1/tasks" + query.encoded()), Task.class);
  }

  public List<Task> allTasks(ListQuery query) {
    return all(query, this::tasks);
  }

  public Task task(String id) {
    return exchange.read(get("/v1/tasks/" + segment(id)), Task.class);
  }

  public Task cancelTask(String id) {
    return task(post("/v1/tasks/" + segment(id) + "/cancel"));
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

  private Task task(Request request) {
    return exchange.read(request, Task.class);
  }

  private static Request delete(String target) {
    return Request.of("DELETE", target);
  }

  private static String vmPath(String name) {
    return "/v1/vms/" + segment(name);
  }

  private static <T> List<T> all(ListQuery query, Function<ListQuery, Page<T>> reader) {
    var all = new ArrayList<T>();
    ListQuery at = query;
    while (true) {
      Page<T> page = reader.apply(at);
      all.addAll(page.items());
      String next = page.next();
      if (next == null) {
        return all;
      }
      at = at.after(next);
    }
  }

  @Override
  public void close() throws IOException {
    exchange.close();
  }
}
