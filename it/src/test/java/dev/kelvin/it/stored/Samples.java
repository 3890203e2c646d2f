package dev.kelvin.it.stored;

import dev.kelvin.codec.Documents;
import dev.kelvin.image.catalogue.ImageCatalogue;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmChange;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.model.Image;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.state.engine.MemoryStore;
import dev.kelvin.state.store.Await;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.task.Step;
import dev.kelvin.state.task.StepContext;
import dev.kelvin.state.task.TaskEngine;
import dev.kelvin.state.task.TaskType;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/** Documents of every collection, with as many fields as they can have, stored by the real code. */
final class Samples {
  private static final String SPEC =
      """
      power: stopped
      accelerator: tcg
      machine: pc-q35-7.2
      cpu: {sockets: 1, cores: 2, threads: 1, model: max}
      memory: {size: 512MiB, hugePages: true}
      firmware: {type: uefi}
      boot: {kernel: /boot/vmlinuz, initrd: /boot/initrd, cmdline: quiet}
      disks: [{name: root, image: debian, size: 4GiB, bus: virtio-blk, cache: none, discard: unmap, serial: abc, readOnly: false}]
      cdroms: [{name: cd, image: iso, bus: sata}]
      nics: [{name: lan, mac: "52:54:00:00:00:01", model: virtio, bootIndex: 2, forwards: [{protocol: tcp, hostAddress: 127.0.0.1, hostPort: 2222, guestPort: 22}]}]
      rng: true
      guestAgent: true
      cloudInit: {hostname: web, user: admin, sshKeys: [ssh-ed25519 AAAA], password: x, packages: [nginx]}
      autostart: {enabled: true, order: 2, delaySeconds: 5}
      restart: {policy: on-failure, maxAttempts: 3}
      shutdownTimeoutSeconds: 60
      deletionProtection: true
      """;

  private Samples() {}

  /** All collections that the product stores. */
  static List<Collection.Form<?>> forms() {
    var forms = new java.util.ArrayList<Collection.Form<?>>(TaskEngine.forms());
    forms.add(VmRepository.vmForm());
    forms.add(VmRepository.changeForm());
    forms.add(VmRepository.statusForm());
    forms.add(VmRepository.runForm());
    forms.add(ImageCatalogue.form());
    return forms;
  }

  /** The stored bytes of one document of each collection, by prefix. */
  static Map<String, byte[]> stored() {
    var found = new TreeMap<String, byte[]>();
    try (Store store = new MemoryStore()) {
      new Collection<>(store, VmRepository.vmForm()).create("x", vm());
      new Collection<>(store, VmRepository.changeForm()).create("x", new VmChange(vm(), vm()));
      new Collection<>(store, VmRepository.statusForm()).create("x", status());
      new Collection<>(store, VmRepository.runForm()).create("x", run());
      new Collection<>(store, ImageCatalogue.form()).create("x", image());
      task(store);
      for (Collection.Form<?> form : forms()) {
        Entry entry = store.range(form.prefix(), null, 1).entries().getFirst();
        found.put(form.prefix(), entry.value());
      }
    }
    return found;
  }

  private static VmSpec spec() {
    return Documents.read(
        SPEC.getBytes(StandardCharsets.UTF_8), Documents.Syntax.YAML, VmSpec.class);
  }

  private static VmRecord vm() {
    return trusted(
        VmRecord.class,
        Map.of("metadata", metadata("web"), "spec", Documents.tree(spec()), "uid", 1879100000));
  }

  private static RunRecord run() {
    return trusted(
        RunRecord.class,
        Map.of(
            "process", "4711:99",
            "bootId", "0f0f0f0f",
            "accelerator", "tcg",
            "startedAt", "2026-01-02T03:04:05Z",
            "spec", Documents.tree(spec()),
            "forwards", List.of(forward())));
  }

  private static VmStatus status() {
    return trusted(
        VmStatus.class,
        Map.of(
            "phase",
            "stopped",
            "message",
            "it was stopped",
            "since",
            "2026-01-02T03:04:05Z",
            "pid",
            4711,
            "startedAt",
            "2026-01-02T03:04:05Z",
            "accelerator",
            "tcg",
            "restarts",
            2,
            "lastExit",
            Map.of("reason", "crash", "detail", "signal 9", "at", "2026-01-02T03:04:05Z"),
            "restartRequired",
            List.of("spec.cpu"),
            "forwards",
            List.of(forward())));
  }

  private static Image image() {
    return trusted(
        Image.class,
        Map.of(
            "kind",
            "Image",
            "metadata",
            metadata("debian"),
            "spec",
            Map.of(
                "origin",
                "build",
                "build",
                Map.of("distribution", "debian", "suite", "bookworm", "size", "3GiB"),
                "sourceFormat",
                "raw"),
            "status",
            Map.of(
                "phase",
                "ready",
                "digest",
                "ab".repeat(32),
                "format",
                "qcow2",
                "virtualSize",
                "3GiB",
                "fileSize",
                "400MiB",
                "readyAt",
                "2026-01-02T03:04:05Z")));
  }

  private static Map<String, ?> metadata(String name) {
    return Map.of(
        "name",
        name,
        "id",
        "id-1",
        "labels",
        Map.of("tier", "web"),
        "revision",
        7,
        "createdAt",
        "2026-01-02T03:04:05Z");
  }

  private static Map<String, ?> forward() {
    return Map.of(
        "nic", "lan",
        "protocol", "tcp",
        "hostAddress", "127.0.0.1",
        "hostPort", 2222,
        "guestPort", 22);
  }

  private static <T> T trusted(Class<T> type, Map<String, ?> fields) {
    return Documents.readTrusted(Documents.tree(fields), type);
  }

  /** What a step is told in these tests. */
  record Input(String word) {}

  /** A task that waits in its second step until it has been looked at. */
  private static void task(Store store) {
    var inside = new CountDownLatch(1);
    Step<Input> first = new OneStep("first", context -> context.remember("pid", "4711"));
    Step<Input> second =
        new OneStep(
            "second",
            _ -> {
              inside.countDown();
              new CountDownLatch(1).await();
            });
    var type = new TaskType<>("sample", Input.class, List.of(first, second), true);
    var engine = new TaskEngine(store, List.of(type), Clock.systemUTC());
    engine.submitExclusive("sample", new Input("hello"), "vm/web");
    Await.until("the task is in its second step", () -> inside.getCount() == 0);
    engine.close();
  }

  /** What a step does. */
  @FunctionalInterface
  private interface Work {
    void run(StepContext context) throws InterruptedException;
  }

  private record OneStep(String name, Work work) implements Step<Input> {
    @Override
    public void run(Input input, StepContext context) throws InterruptedException {
      work.run(context);
    }

    @Override
    public void undo(Input input, StepContext context) {
      // nothing to undo
    }
  }
}
