package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.CloudInit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Keys and user data of a new VM, in files as people have them. */
@Timeout(60)
class UserSetupTest extends OnFakeDaemon {
  private static final String A =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFZGHVnuNhWu4hPOE64GslA+afSjTdle1w9FWLpl7JqN";

  @BeforeEach
  void start() throws IOException {
    daemon.on(
        "GET /v1/vms/web1",
        Reply.problem(Problem.of(Code.NOT_FOUND, "There is no VM web1").on("vm/web1")));
    daemon.on("GET /v1/images/debian", Reply.json(200, Things.image("debian")));
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
  }

  private Result create(String... options) throws IOException {
    var words =
        new java.util.ArrayList<>(List.of("create", "debian", "--name", "web1", "--no-wait"));
    words.addAll(List.of(options));
    return cli.run(words.toArray(String[]::new));
  }

  private CloudInit asked() {
    byte[] body = daemon.bodies("POST /v1/vms").getLast().getBytes(StandardCharsets.UTF_8);
    return Objects.requireNonNull(Documents.readTrusted(body, Vm.class).spec().cloudInit());
  }

  @Test
  void everyKeyOfAFileIsTaken() throws IOException {
    Path keys =
        cli.file(
            "keys",
            "\uFEFF# mine\r\n" + A + " a\r\n\r\nfrom=\"10.0.0.0/8\",no-pty " + A + " b\r\n");
    assertThat(create("--ssh-key", keys.toString()).code()).isZero();
    assertThat(asked().sshKeys()).contains(A + " a", "from=\"10.0.0.0/8\",no-pty " + A + " b");
  }

  @Test
  void aKeyThatIsNoneIsRefusedWithItsLine() throws IOException {
    Path cut = cli.file("cut.pub", "\n" + A + " a\n" + A.substring(0, 60));
    Result result = create("--ssh-key", cut.toString());
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("cut.pub", "line 3: it is cut");
    Path own = cli.file("id", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n");
    assertThat(create("--ssh-key", own.toString()).err()).contains("it is a private key");
    assertThat(create("--ssh-key", cli.file("none", "\n").toString()).err()).contains("empty");
    assertThat(create("--ssh-key", "absent").err()).contains("there is no such file");
    assertThat(daemon.bodies("POST /v1/vms")).isEmpty();
  }

  @Test
  void aCutKeyInTheUsersDirectoryIsToldAndNotUsed() throws IOException {
    cli.file("home/.ssh/id_rsa.pub", A.substring(0, 60));
    Result result = create();
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err()).contains("id_rsa.pub is not used: it is cut");
    assertThat(asked().sshKeys()).noneMatch(A::startsWith);
  }

  @Test
  void userDataIsUnpackedAndItsMarkTakenAway() throws IOException {
    Path marked = cli.file("bom.yaml", "\uFEFF#cloud-config\r\nruncmd: []\r\n");
    assertThat(create("--user-data", marked.toString()).code()).isZero();
    assertThat(asked().userData()).isEqualTo("#cloud-config\nruncmd: []\n");

    var packed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(packed)) {
      gzip.write("#cloud-config\n".getBytes(StandardCharsets.UTF_8));
    }
    Path gz = cli.file("ud.gz", "");
    Files.write(gz, packed.toByteArray());
    assertThat(create("--user-data", gz.toString()).code()).isZero();
    assertThat(asked().userData()).isEqualTo("#cloud-config\n");

    var bomb = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bomb)) {
      gzip.write(new byte[1 << 20]);
    }
    Files.write(gz, bomb.toByteArray());
    assertThat(create("--user-data", gz.toString()).err()).contains("too large");
    Files.write(gz, java.util.Arrays.copyOf(packed.toByteArray(), 20));
    assertThat(create("--user-data", gz.toString()).err()).contains("damaged");
  }

  @Test
  void userDataThatNobodyReadsIsRefused() throws IOException {
    Path headless = cli.file("nohead.yaml", "users:\n- default\nruncmd: []\n");
    Result result = create("--user-data", headless.toString());
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("nohead.yaml", "write this line above it: #cloud-config");
    Path wide = cli.file("wide.yaml", "");
    Files.write(wide, "\uFEFF#cloud-config\n".getBytes(StandardCharsets.UTF_16LE));
    assertThat(create("--user-data", wide.toString()).err()).contains("UTF-16", "save it as UTF-8");
    assertThat(daemon.bodies("POST /v1/vms")).isEmpty();
  }

  @Test
  void aLostCharacterIsUtf8AndALineIsThatOfTheFile() throws IOException {
    Path spec = cli.file("s.yaml", "# \uFFFD\n---\nmetadata:\n  name: web1\n\tspec: {}\n");
    assertThat(cli.run("create", "-f", spec.toString()).err())
        .contains("tab", "line 5, column 1")
        .doesNotContain("UTF-8");
  }

  @Test
  void theWayInIsToldOnlyWhereAKeyWasPutIn() {
    var reach = new dev.kelvin.cli.run.VmReach(cli.session());
    var style = dev.kelvin.cli.text.Style.plain();
    Vm vm = Things.talking("web1", "done");
    String own = "#cloud-config\nssh_authorized_keys: [" + A + "]\n";
    assertThat(reach.text(with(vm, own, List.of()), style)).contains("kelvin ssh web1");
    assertThat(reach.text(with(vm, "#cloud-config\n", List.of()), style)).doesNotContain("log in");
    assertThat(reach.text(with(vm, null, List.of(A)), style)).contains("kelvin ssh web1");
    assertThat(reach.text(with(vm, null, List.of()), style)).doesNotContain("log in");
  }

  private static Vm with(
      Vm vm, @org.jspecify.annotations.Nullable String userData, List<String> keys) {
    var setup = new CloudInit(null, null, keys, null, List.of(), userData, null);
    return vm.withSpec(vm.spec().toBuilder().cloudInit(setup).build());
  }
}
