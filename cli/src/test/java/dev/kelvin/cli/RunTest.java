package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus.Exit;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Firmware;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.Netboot;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.SpecRules;
import dev.kelvin.model.spec.Tpm;
import dev.kelvin.model.spec.TpmVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code kelvin run} and {@code kelvin create}, from nothing to a guest that is ready. */
@Timeout(60)
class RunTest extends OnFakeDaemon {
  private static final String KEY =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFZGHVnuNhWu4hPOE64GslA+afSjTdle1w9FWLpl7JqN ada@home";

  @BeforeEach
  void start() throws IOException {
    cli.file("home/.ssh/id_ed25519.pub", KEY + "\n");
    daemon.on("GET /v1/vms/debian-1", Reply.json(200, Things.vm("debian-1", Phase.RUNNING)));
    daemon.on(
        "GET /v1/vms/web1",
        Reply.problem(Problem.of(Code.NOT_FOUND, "There is no VM web1").on("vm/web1")));
    daemon.on(FlowTest.ALL_VMS, Reply.json(200, Things.page(Things.vm("debian-1", Phase.RUNNING))));
  }

  private void host(String... missing) {
    List<Map<String, String>> checks =
        missing.length == 0
            ? List.of()
            : List.of(
                Map.of(
                    "id",
                    "qemu",
                    "title",
                    "QEMU",
                    "state",
                    "required",
                    "proof",
                    "there is no qemu-system-x86_64"));
    daemon.doctor(checks, missing);
  }

  private Vm asked() {
    String body = daemon.bodies("POST /v1/vms").getLast();
    Vm vm = Documents.readTrusted(body.getBytes(StandardCharsets.UTF_8), Vm.class);
    assertThat(SpecRules.check(vm)).isEmpty();
    return vm;
  }

  @Test
  void makesAllThatIsMissingAndWaitsForTheGuest() throws IOException {
    host("qemu-system-x86", "mmdebstrap");
    daemon.task("POST /v1/packages", "p1", "host.install-packages", "node/h");
    daemon.noImage("debian");
    daemon.noImage("debian-12");
    daemon.noImage("debian-12");
    daemon.on("GET /v1/images/debian-12", Reply.json(200, Things.image("debian-12")));
    daemon.on("GET /v1/catalogue", Reply.json(200, Things.page(Things.published("debian", "12"))));
    daemon.on(
        "POST /v1/images",
        Reply.problem(
            Problem.of(Code.UNAVAILABLE, "The publisher's sums cannot be had")
                .because("the name of the host is not known")
                .remedy("check the network")));
    daemon.task("POST /v1/images", "i1", "image.build", "image/debian-12");
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/debian-2");
    String get = "GET /v1/vms/debian-2";
    daemon.on(get, Reply.json(200, Things.vm("debian-2", Phase.STARTING)));
    daemon.on(get, Reply.json(200, Things.vm("debian-2", Phase.RUNNING)));
    daemon.on(get, Reply.json(200, Things.talking("debian-2", null)));
    daemon.on(get, Reply.json(200, Things.talking("debian-2", "running")));
    daemon.on(get, Reply.json(200, Things.talking("debian-2", "done")));

    Result result = cli.typed("y\n").run("run", "debian");

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err())
        .contains("qemu-system-x86 mmdebstrap", "there is no qemu-system-x86_64", "[y/N]")
        .contains("Installed: qemu-system-x86 mmdebstrap", "no image of debian:12 yet")
        .contains(
            "It cannot be pulled (the name of the host is not known); debian-12 is built from"
                + " packages instead");
    assertThat(result.out())
        .startsWith("debian-2 is ready: Debian GNU/Linux 12 (bookworm).\n")
        .contains("kelvin ssh debian-2", "kelvin console debian-2", "kelvin exec debian-2")
        .contains("127.0.0.1:40022/tcp", "kelvin rm --force debian-2");
    assertThat(daemon.bodies("POST /v1/packages"))
        .containsExactly("{\"packages\":[\"qemu-system-x86\",\"mmdebstrap\"]}");
    assertThat(daemon.bodies("POST /v1/images").getFirst())
        .contains("\"from\":\"debian:12\"", "\"reachSeconds\":5");
    assertThat(daemon.bodies("POST /v1/images").getLast())
        .contains("\"name\":\"debian-12\"", "\"suite\":\"bookworm\"");
    Vm vm = asked();
    assertThat(vm.metadata().name()).isEqualTo("debian-2");
    assertThat(vm.spec().cpu().count()).isEqualTo(2);
    assertThat(vm.spec().memory().size()).hasToString("1GiB");
    Disk root = vm.spec().disks().getFirst();
    assertThat(root.image()).isEqualTo("debian-12");
    assertThat(root.size()).hasToString("10GiB");
    assertThat(vm.spec().nics().getFirst().forwards().getFirst().guestPort()).isEqualTo(22);
    assertThat(vm.spec().nics().getFirst().forwards().getFirst().hostPort()).isZero();
    var cloudInit = java.util.Objects.requireNonNull(vm.spec().cloudInit());
    assertThat(cloudInit.sshKeys()).contains(KEY);
  }

  @Test
  void asksNobodyWhereNobodyIs() throws IOException {
    host("qemu-system-x86");
    Result result = cli.piped("").run("run", "debian");
    assertThat(result.code()).isEqualTo(8);
    assertThat(result.err()).contains("add --yes");
    assertThat(cli.typed("n\n").run("run", "debian").code()).isEqualTo(11);
    assertThat(daemon.lines()).allMatch(line -> line.equals("GET /v1/doctor"));
    daemon.task("POST /v1/packages", "p1", "host.install-packages", "node/h");
    daemon.on("GET /v1/images/debian", Reply.json(200, Things.image("debian")));
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/debian-2");
    Result agreed = cli.piped("").run("run", "debian", "--yes", "--no-wait");
    assertThat(agreed.code()).isZero();
    assertThat(agreed.out()).isEqualTo("debian-2\n");
  }

  @Test
  void everyOptionHasItsEffect() throws IOException {
    host();
    daemon.on("GET /v1/images/debian", Reply.json(200, Things.image("debian")));
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
    cli.file(
        "other.pub",
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBH6U6qiX4l3MU9HCueqgAuTa3UkO+6rKgv382wSi8cv2ycC8HkLAKEbXU23lYn5msgMT9mkOH5jBRQs5UDAO9pU= other\n");
    Result result =
        cli.run(
            "run",
            "debian",
            "--name",
            "web1",
            "--memory",
            "2G",
            "--cpus",
            "4",
            "--disk",
            "20GiB",
            "--uefi",
            "--user",
            "eve",
            "--ssh-key",
            "other.pub",
            "--forward",
            "8080:80",
            "--forward",
            "2222:22",
            "-l",
            "team=blue",
            "--accelerator",
            "tcg",
            "--machine",
            "i440fx",
            "--no-wait");
    assertThat(result.code()).as(result.err()).isZero();
    Vm vm = asked();
    assertThat(vm.metadata().name()).isEqualTo("web1");
    assertThat(vm.metadata().labels()).isEqualTo(Map.of("team", "blue"));
    assertThat(vm.spec().power()).isEqualTo(Power.RUNNING);
    assertThat(vm.spec().memory().size()).hasToString("2GiB");
    assertThat(vm.spec().cpu().count()).isEqualTo(4);
    assertThat(vm.spec().firmware().type()).isEqualTo(FirmwareType.UEFI);
    assertThat(vm.spec().machine()).isEqualTo("i440fx");
    assertThat(vm.spec().accelerator().wire()).isEqualTo("tcg");
    assertThat(vm.spec().nics().getFirst().forwards())
        .extracting(one -> one.hostPort() + ":" + one.guestPort())
        .containsExactly("8080:80", "2222:22");
    var cloudInit = java.util.Objects.requireNonNull(vm.spec().cloudInit());
    assertThat(cloudInit.user()).isEqualTo("eve");
    assertThat(cloudInit.sshKeys())
        .contains(
            KEY,
            "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBH6U6qiX4l3MU9HCueqgAuTa3UkO+6rKgv382wSi8cv2ycC8HkLAKEbXU23lYn5msgMT9mkOH5jBRQs5UDAO9pU= other");
  }

  @Test
  void secureBootTpmAndSharesAreAskedFor() throws IOException {
    host();
    daemon.on("GET /v1/images/debian", Reply.json(200, Things.image("debian")));
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
    Result result =
        cli.run(
            "run",
            "debian",
            "--name",
            "web1",
            "--secure-boot",
            "--tpm",
            "--share",
            "work",
            "--share",
            "/srv/a:b:films:ro",
            "--no-wait");
    assertThat(result.code()).as(result.err()).isZero();
    var spec = asked().spec();
    assertThat(spec.firmware()).isEqualTo(Firmware.secure());
    assertThat(spec.tpm()).isEqualTo(new Tpm(TpmVersion.V2_0));
    assertThat(spec.shares())
        .extracting(one -> one.path() + " " + one.guestTag() + " " + one.readOnly())
        .containsExactly(directory.resolve("work") + " work false", "/srv/a:b films true");
    Result bad = cli.run("run", "debian", "--share", "/");
    assertThat(bad.code()).isNotZero();
    assertThat(bad.err()).contains("cannot be the tag");
  }

  @Test
  void windowsGoesWithoutWhatIsRefused() throws IOException {
    host();
    daemon.on("GET /v1/images/win", Reply.json(200, Things.image("win")));
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
    String[] usual = {"run", "--image", "win", "--os", "windows", "--name", "web1", "--no-wait"};
    assertThat(cli.run(usual).code()).isZero();
    assertThat(asked().spec().leavesSecureBootOpen()).isTrue();
    assertThat(asked().spec().leavesTpmOpen()).isTrue();
    var refused = new ArrayList<>(List.of(usual));
    refused.addAll(List.of("--no-secure-boot", "--no-tpm"));
    assertThat(cli.run(refused.toArray(String[]::new)).code()).isZero();
    assertThat(asked().spec().firmware().secureBoot()).isFalse();
    assertThat(asked().spec().firmware().type()).isEqualTo(FirmwareType.UEFI);
    assertThat(asked().spec().leavesTpmOpen()).isFalse();
    assertThat(asked().spec().hasTpm()).isFalse();
  }

  @Test
  void bootsAKernelAndWaitsJustUntilItRuns() throws IOException {
    host();
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/vm-1");
    daemon.on("GET /v1/vms/vm-1", Reply.json(200, Things.vm("vm-1", Phase.RUNNING)));
    Result result =
        cli.run("run", "--kernel", "vmlinuz", "--initrd", "/i.img", "--machine", "microvm");
    assertThat(result.code()).as(result.err()).isZero();
    Vm vm = asked();
    assertThat(vm.spec().boot().kernel()).isEqualTo(directory.resolve("vmlinuz").toString());
    assertThat(vm.spec().boot().initrd()).isEqualTo("/i.img");
    assertThat(vm.spec().boot().cmdline()).isEqualTo("console=ttyS0");
    assertThat(vm.spec().disks()).isEmpty();
    assertThat(vm.spec().cloudInit()).isNull();
  }

  @Test
  void theSystemAndTheArchitectureChooseTheDevices() throws IOException {
    host();
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/vm-1");
    daemon.on("GET /v1/vms/vm-1", Reply.json(200, Things.vm("vm-1", Phase.RUNNING)));
    Result result =
        cli.run(
            ("run --kernel /k --disk 1GiB --arch aarch64 --os freebsd --video ramfb --uefi"
                    + " --watchdog poweroff")
                .split(" "));
    assertThat(result.code()).as(result.err()).isZero();
    var spec = asked().spec();
    assertThat(spec.architecture().wire()).isEqualTo("aarch64");
    assertThat(spec.os().wire()).isEqualTo("freebsd");
    assertThat(spec.machine()).isEqualTo("virt");
    assertThat(spec.boot().cmdline()).isEqualTo("console=ttyAMA0");
    assertThat(spec.graphics().model().wire()).isEqualTo("ramfb");
    assertThat(java.util.Objects.requireNonNull(spec.watchdog()).action().wire())
        .isEqualTo("poweroff");
    assertThat(cli.run("run", "--kernel", "/k", "--os", "windos").err()).contains("windows");
    assertThat(cli.run("run", "-f", "x.yaml", "--boot-menu", "3").err()).contains("exclude");
  }

  @Test
  void importsAFileOnceUnderANameOfItsContent() throws IOException {
    host();
    Path file = cli.file("My Server.qcow2", "content");
    String name = "my-server-ed7002b4";
    daemon.on(
        "GET /v1/images/" + name,
        Reply.problem(Problem.of(Code.NOT_FOUND, "no").on("image/" + name)));
    daemon.on("GET /v1/images/" + name, Reply.json(200, Things.imported(name)));
    String upload = "POST /v1/images/" + name + "/import?format=qcow2";
    daemon.task(upload, "i1", "image.import", "image/" + name);
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/" + name + "-1");
    daemon.on("GET /v1/vms/" + name + "-1", Reply.json(200, Things.vm(name + "-1", Phase.RUNNING)));
    assertThat(cli.run("run", "--image", file.toString()).code()).isZero();
    assertThat(cli.run("run", "--image", file.toString()).code()).isZero();
    assertThat(daemon.bodies(upload)).containsExactly("content");
    assertThat(asked().spec().disks().getFirst().size()).hasToString("10GiB");
    cli.file("server.img", "content");
    assertThat(cli.run("run", "--image", "./server.img").err())
        .contains("--format raw if", "qcow2");
    assertThat(cli.run("run", "--image", "./absent.raw").err()).contains("there is no such file");
  }

  @Test
  void putsACdIntoADriveBesideAnEmptyDisk() throws IOException {
    host();
    daemon.on("GET /v1/images/netinst", Reply.json(200, Things.imported("netinst")));
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
    assertThat(cli.run("run", "--iso", "netinst", "--name", "web1", "--no-wait").code()).isZero();
    Vm vm = asked();
    assertThat(vm.spec().cdroms().getFirst().image()).isEqualTo("netinst");
    assertThat(vm.spec().disks().getFirst().image()).isNull();
    assertThat(vm.spec().disks().getFirst().size()).hasToString("10GiB");
    Integer disk = vm.spec().disks().getFirst().bootIndex();
    assertThat(vm.spec().cdroms().getFirst().bootIndex()).isGreaterThan(disk);
  }

  @Test
  void bootsFromTheNetworkWhatAUrlOrAFileNames() throws IOException {
    host();
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
    String url = "http://10.0.2.2:8000/boot.ipxe";
    assertThat(cli.run("run", "--netboot", url, "--name", "web1", "--no-wait").code()).isZero();
    Vm vm = asked();
    assertThat(vm.spec().nics().getFirst().netboot()).isEqualTo(new Netboot(url, null));
    assertThat(vm.spec().nics().getFirst().bootIndex())
        .isGreaterThan(Objects.requireNonNull(vm.spec().disks().getFirst().bootIndex()));
    var absent = cli.run("run", "--netboot", "absent/pxelinux.0", "--name", "web1", "--no-wait");
    assertThat(absent.code()).isNotZero();
    assertThat(absent.err()).contains("There is no file", "absent/pxelinux.0");
  }

  @Test
  void takesADocumentInsteadOfOptions() throws IOException {
    host();
    cli.file("web1.yaml", "metadata: {name: web1}\nspec: {power: stopped, memory: {size: 3GiB}}\n");
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
    daemon.on("GET /v1/vms/other", Reply.json(200, Things.vm("other", Phase.RUNNING)));
    assertThat(cli.run("run", "-f", "web1.yaml", "--name", "other").code()).isZero();
    assertThat(asked().metadata().name()).isEqualTo("other");
    assertThat(asked().spec().power()).isEqualTo(Power.RUNNING);
    assertThat(asked().spec().memory().size()).hasToString("3GiB");
    assertThat(cli.run("run", "-f", "web1.yaml", "--memory", "1G").code()).isEqualTo(2);
    assertThat(cli.run("create", "-f", "web1.yaml").out()).contains("kelvin start web1");
    assertThat(asked().spec().power()).isEqualTo(Power.STOPPED);
  }

  @Test
  void refusesWhatCannotBeMeantBeforeDoingAnything() throws IOException {
    assertThat(cli.run("run").err()).contains("What the VM boots is missing");
    assertThat(cli.run("run", "debian", "--image", "x").code()).isEqualTo(2);
    assertThat(cli.run("run", "debian", "--initrd", "x").code()).isEqualTo(2);
    assertThat(cli.run("run", "debian", "--cpus", "0").code()).isEqualTo(2);
    assertThat(cli.run("run", "debian", "--cpus", "many").code()).isEqualTo(2);
    assertThat(cli.run("run", "debian", "--timeout", "soon").code()).isEqualTo(2);
    assertThat(daemon.lines()).isEmpty();
    host();
    assertThat(cli.run("run", "debian", "--name", "UPPER").code()).isEqualTo(2);
    assertThat(cli.run("run", "debian", "--name", "debian-1").code()).isEqualTo(5);
    assertThat(cli.run("run", "debian", "--memory", "lots").code()).isEqualTo(2);
    assertThat(cli.run("run", "debian", "--forward", "http").code()).isEqualTo(2);
    assertThat(cli.run("run", "debian", "--ssh-key", "absent").code()).isEqualTo(2);
    assertThat(daemon.lines()).noneMatch(line -> line.startsWith("POST"));
    daemon.noImage("debain");
    daemon.on("GET /v1/catalogue", Reply.json(200, Things.page(Things.published("debian", "12"))));
    daemon.on("GET /v1/images?limit=500", Reply.json(200, Things.page(Things.image("debian-12"))));
    Result typo = cli.run("run", "debain");
    assertThat(typo.code()).isEqualTo(4);
    assertThat(typo.err()).contains("did you mean debian?");
  }

  private Result runDebian(Vm seen) throws IOException {
    host();
    daemon.on("GET /v1/images/debian", Reply.json(200, Things.image("debian")));
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
    daemon.on("GET /v1/vms/web1", Reply.json(200, seen));
    return cli.run("run", "debian", "--name", "web1", "--timeout", "1s");
  }

  @Test
  void waitsForTheAgentThatAPulledImageGets() throws IOException {
    host();
    daemon.on("GET /v1/images/debian", Reply.json(200, Things.pulled("debian")));
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.vm("web1", Phase.RUNNING)));
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.talking("web1", "done")));
    Result result = cli.run("run", "debian", "--name", "web1");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).startsWith("web1 is ready: Debian");
  }

  @Test
  void cloudInitIsTakenFromADocument() throws IOException {
    Path document = cli.file("own.yaml", "#cloud-config\npackages: [nginx]\n");
    host();
    daemon.on("GET /v1/images/debian", Reply.json(200, Things.image("debian")));
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.talking("web1", "done")));
    cli.run("run", "debian", "--name", "web1", "--user-data", document.toString());
    var cloudInit = java.util.Objects.requireNonNull(asked().spec().cloudInit());
    assertThat(cloudInit.userData()).isEqualTo("#cloud-config\npackages: [nginx]\n");
    assertThat(cloudInit.sshKeys()).isEmpty();
    Result both = cli.run("run", "debian", "--user-data", document.toString(), "--user", "eva");
    assertThat(both.code()).isEqualTo(2);
    assertThat(both.err()).contains("--user-data and --user exclude each other");
    Result absent = cli.run("run", "debian", "--user-data", "absent.yaml");
    assertThat(absent.code()).isEqualTo(2);
    assertThat(absent.err()).contains("absent.yaml", "no such file or directory");
  }

  @Test
  void saysWhatItSawLastWhenItTakesTooLong() throws IOException {
    Result result = runDebian(Things.talking("web1", "running"));
    assertThat(result.code()).isEqualTo(7);
    assertThat(result.err())
        .contains("The guest is not ready after 1s (vm/web1)")
        .contains("why: last seen: the guest agent answers, cloud-init is running")
        .contains("kelvin logs web1");
  }

  @Test
  void saysWhenCloudInitFails() throws IOException {
    Result result = runDebian(Things.talking("web1", "error"));
    assertThat(result.code()).isEqualTo(9);
    assertThat(result.err()).contains("cloud-init status --long");
  }

  @Test
  void saysWhenTheVmEnds() throws IOException {
    Vm vm = Things.vm("web1", Phase.STOPPED);
    var exit = new Exit(ExitReason.START_FAILED, "no such device", Instant.EPOCH);
    Result result = runDebian(vm.withStatus(vm.status().withoutProcess(exit)));
    assertThat(result.code()).isEqualTo(10);
    assertThat(result.err()).contains("why: start-failed: no such device", "kelvin logs web1");
  }
}
