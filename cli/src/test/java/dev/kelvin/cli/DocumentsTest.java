package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Memory;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code apply}, {@code diff} and {@code edit}. */
@Timeout(60)
class DocumentsTest extends OnFakeDaemon {
  private static final String PUT = "PUT /v1/vms/web1";
  private static final String TRY = PUT + "?dryRun=true";

  @BeforeEach
  void start() throws IOException {
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.vm("web1", Phase.RUNNING)));
    daemon.on(
        "GET /v1/vms/fresh",
        Reply.problem(Problem.of(Code.NOT_FOUND, "There is no VM fresh").on("vm/fresh")));
  }

  private static Vm larger() {
    Vm vm = Things.vm("web1", Phase.RUNNING);
    return vm.withSpec(vm.spec().toBuilder().memory(Memory.of(ByteSize.ofGiB(2))).build());
  }

  @Test
  void appliesEachDocumentAsItIsWritten() throws IOException {
    String web1 = "# the web server\nmetadata: {name: web1}\nspec: {memory: {size: 2GiB}}\n";
    String fresh = "metadata: {name: fresh}\n";
    cli.file("vms.yaml", web1 + "---\n# nothing here\n---\n" + fresh);
    daemon.on(TRY, Reply.json(200, larger()));
    daemon.on("POST /v1/vms?dryRun=true", Reply.json(200, Things.vm("fresh", Phase.PENDING)));
    daemon.task(PUT, "t1", "vm.update", "vm/web1");
    daemon.task("POST /v1/vms", "t2", "vm.update", "vm/web1");
    Result dry = cli.run("apply", "-f", "vms.yaml", "--dry-run");
    assertThat(dry.out()).isEqualTo("web1 would be changed\nfresh would be created\n");
    Result result = cli.run("apply", "-f", "vms.yaml");
    assertThat(result).isEqualTo(new Result(0, "web1 changed\nfresh created\n", ""));
    assertThat(daemon.bodies(PUT)).containsExactly(web1);
    // At its lines of the file, by which a fault is told.
    assertThat(daemon.bodies("POST /v1/vms")).containsExactly("\n".repeat(6) + fresh);
    daemon.off(TRY).on(TRY, Reply.json(200, Things.vm("web1", Phase.RUNNING)));
    assertThat(cli.piped(web1).run("apply", "-f", "-").out()).isEqualTo("web1 unchanged\n");
  }

  @Test
  void appliesAllDocumentsOfADirectoryAndGoesOnAfterABadOne() throws IOException {
    cli.file("vms/a.yaml", "metadata: {name: fresh}\nspec: {mem: 1}\n");
    cli.file("vms/b.json", "{\"metadata\": {\"name\": \"web1\"}}");
    cli.file("vms/notes.txt", "none of ours");
    daemon.on(
        "POST /v1/vms?dryRun=true",
        Reply.problem(
            Problem.of(Code.INVALID_ARGUMENT, "There is no field spec.mem").at("spec.mem")));
    daemon.on(TRY, Reply.json(200, Things.vm("web1", Phase.RUNNING)));
    Result result = cli.run("apply", "-f", "vms");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.out()).isEqualTo("web1 unchanged\n");
    assertThat(result.err())
        .contains("There is no field spec.mem (", "vms/a.yaml)", "at: spec.mem");
    assertThat(cli.run("apply", "-f", "absent.yaml").err()).contains("no such file");
    assertThat(cli.piped("# only words\n").run("apply", "-f", "-").code()).isEqualTo(2);
    assertThat(cli.piped("spec: {}\n").run("apply", "-f", "-").err()).contains("metadata.name");
    assertThat(cli.piped("a: [").run("apply", "-f", "-").err()).contains("cannot be read");
    assertThat(cli.run("apply").code()).isEqualTo(2);
  }

  /** A slip of copying: what one document makes, the next would undo. */
  @Test
  void refusesTwoDocumentsOfOneVmBeforeItDoesAnything() throws IOException {
    cli.file("a.yaml", "metadata: {name: fresh}\n---\nmetadata: {name: web1}\n");
    cli.file("b.yaml", "metadata: {name: fresh}\nspec: {cpu: {cores: 3}}\n");
    Result result = cli.run("apply", "-f", "a.yaml", "-f", "b.yaml");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("Two documents are about the VM fresh", "b.yaml", "a.yaml (document 1)");
    assertThat(cli.run("apply", "--dry-run", "-f", "a.yaml", "-f", "b.yaml").code()).isEqualTo(2);
  }

  @Test
  void showsWhatWouldChange() throws IOException {
    cli.file("web1.yaml", "metadata: {name: web1}\n");
    daemon.on(TRY, Reply.json(200, larger()));
    Result result = cli.run("diff", "-f", "web1.yaml");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out())
        .startsWith("--- live/web1\n+++ wanted/web1\n@@ ")
        .contains("\n-    size: 1GiB\n+    size: 2GiB\n");
    daemon.off(TRY).on(TRY, Reply.json(200, Things.vm("web1", Phase.RUNNING)));
    assertThat(cli.run("diff", "-f", "web1.yaml")).isEqualTo(new Result(0, "", ""));
  }

  @Test
  void editsUntilTheChangeIsTaken() throws IOException {
    // The first change is refused; then the editor finds the reason on top and mends it.
    String editor =
        """
        #!/bin/sh
        if grep -q '^# Error: no' "$1"; then sed -i 's/5GiB/2GiB/' "$1"
        else sed -i '0,/1GiB/s//5GiB/' "$1"; fi
        """;
    Path script = cli.file("editor", editor);
    cli.with("EDITOR", "sh " + script);
    daemon.on(PUT, Reply.problem(Problem.of(Code.INVALID_ARGUMENT, "no").remedy("use less")));
    daemon.task(PUT, "t1", "vm.update", "vm/web1");
    Result result = cli.run("edit", "web1");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).isEqualTo("web1 changed\n");
    assertThat(daemon.bodies(PUT)).hasSize(2);
    assertThat(daemon.bodies(PUT).getFirst()).contains("size: 5GiB").doesNotContain("#");
    assertThat(daemon.bodies(PUT).getLast())
        .contains("size: 2GiB")
        .doesNotContain("#", "status", "revision");
  }

  @Test
  void anEditWithoutAChangeDoesNothing() throws IOException {
    cli.with("EDITOR", "true");
    assertThat(cli.run("edit", "web1").err()).isEqualTo("Nothing is changed.\n");
    Path script = cli.file("editor", "grep -q '^# Error' \"$1\" || sed -i s/1GiB/5GiB/ \"$1\"\n");
    cli.with("EDITOR", "sh " + script);
    daemon.on(PUT, Reply.problem(Problem.of(Code.INVALID_ARGUMENT, "no")));
    assertThat(cli.run("edit", "web1").code()).isEqualTo(11);
    cli.with("EDITOR", "false");
    assertThat(cli.run("edit", "web1").err()).contains("exit code 1");
  }
}
