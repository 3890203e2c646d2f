package dev.kelvin.image.seed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.image.Resources;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.CloudInit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

class SeedIsoTest {
  private static final CloudInit NOTHING =
      new CloudInit(null, null, List.of(), null, List.of(), null, null);
  private final Commands commands = new Commands();
  @TempDir Path directory;

  private String write(CloudInit config, String file) throws Exception {
    Path seed = directory.resolve("seed.iso");
    new SeedIso(commands).write(seed, config, "web1", "i-42", false);
    return commands
        .run(Command.of("isoinfo", "-R", "-i", seed.toString(), "-x", "/" + file))
        .stdout();
  }

  private JsonNode userData(CloudInit config) throws Exception {
    String text = write(config, "user-data");
    assertThat(text).startsWith("#cloud-config\n");
    return new YAMLMapper().readTree(text);
  }

  @Test
  void isLabelledForNoCloudAndPrivate() throws Exception {
    write(NOTHING, "user-data");
    Path seed = directory.resolve("seed.iso");
    String volume = commands.run(Command.of("isoinfo", "-d", "-i", seed.toString())).stdout();
    assertThat(volume).contains("Volume id: cidata");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(seed)))
        .isEqualTo("rw-------");
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(seed);
    }
  }

  @Test
  void namesTheInstance() throws Exception {
    JsonNode data = new YAMLMapper().readTree(write(NOTHING, "meta-data"));
    assertThat(data.path("instance-id").asString()).isEqualTo("i-42");
    assertThat(data.path("local-hostname").asString()).isEqualTo("web1");
    assertThat(write(NOTHING, "network-config")).isEmpty();
  }

  @Test
  void theAgentIsInstalledBesideWhateverTheUserSays() throws Exception {
    Path seed = directory.resolve("seed.iso");
    var own = new CloudInit(null, null, List.of(), null, List.of(), "#!/bin/sh\n", null);
    new SeedIso(commands).write(seed, own, "web1", "i-42", true);
    Command read = Command.of("isoinfo", "-R", "-i", seed.toString(), "-x", "/vendor-data");
    assertThat(commands.run(read).stdout())
        .startsWith("#!/bin/sh\n")
        .contains("install qemu-guest-agent");
    assertThat(write(own, "vendor-data")).isEmpty();
  }

  /** It is to end well whatever the guest lacks; of the programs here are only what it finds. */
  @Test
  void theAgentsScriptEndsWellWhereNothingIsFound() throws Exception {
    Path script = directory.resolve("agent.sh");
    Files.writeString(script, Resources.text("agent.sh").replaceFirst("PATH=.*", "PATH=/nowhere"));
    var ran = commands.run(Command.of("/bin/sh", "-eu", script.toString()));
    assertThat(ran.ok()).as(ran.stderr()).isTrue();
    assertThat(ran.stdout()).contains("could not be installed");
  }

  @Test
  void makesAnAccount() throws Exception {
    JsonNode data =
        userData(
            new CloudInit(
                "db",
                "eva",
                List.of("ssh-ed25519 AAAA eva@x"),
                null,
                List.of("nginx"),
                null,
                null));
    JsonNode eva = data.path("users").path(0);
    assertThat(data.path("hostname").asString()).isEqualTo("db");
    assertThat(eva.path("name").asString()).isEqualTo("eva");
    assertThat(eva.path("sudo").path(0).asString()).isEqualTo("ALL=(ALL) NOPASSWD:ALL");
    assertThat(eva.path("ssh_authorized_keys").path(0).asString())
        .isEqualTo("ssh-ed25519 AAAA eva@x");
    assertThat(eva.path("lock_passwd").asBoolean()).isTrue();
    assertThat(data.path("ssh_pwauth").asBoolean()).isFalse();
    assertThat(data.path("packages").path(0).asString()).isEqualTo("nginx");
    assertThat(data.path("package_update").asBoolean()).isTrue();
  }

  @Test
  void passwordsInTheClearAndHashedGoWhereTheyBelong() throws Exception {
    JsonNode plain =
        userData(new CloudInit(null, "eva", List.of(), "no", List.of(), null, null))
            .path("users")
            .path(0);
    assertThat(plain.path("plain_text_passwd").isString()).isTrue();
    assertThat(plain.path("plain_text_passwd").asString()).isEqualTo("no");
    assertThat(plain.path("lock_passwd").asBoolean()).isFalse();

    JsonNode hashed =
        userData(new CloudInit(null, "eva", List.of(), "$6$salt$hash", List.of(), null, null))
            .path("users")
            .path(0);
    assertThat(hashed.path("passwd").asString()).isEqualTo("$6$salt$hash");
    assertThat(hashed.has("plain_text_passwd")).isFalse();
  }

  @Test
  void withoutANameTheImagesOwnAccountGetsThem() throws Exception {
    JsonNode data =
        userData(new CloudInit(null, null, List.of("ssh-rsa AAAA"), "x", List.of(), null, null));
    assertThat(data.path("users").path(0).asString()).isEqualTo("default");
    assertThat(data.path("ssh_authorized_keys").path(0).asString()).isEqualTo("ssh-rsa AAAA");
    assertThat(data.path("password").asString()).isEqualTo("x");
    assertThat(data.path("chpasswd").path("expire").asBoolean()).isFalse();
  }

  @Test
  void textsCannotBreakOutOfTheirFields() throws Exception {
    String nasty = "a: b\nruncmd:\n  - \"evil\" # {x: [y]} 'z' \\ \u0007 ☃";
    JsonNode data =
        userData(new CloudInit(nasty, null, List.of(nasty), null, List.of(nasty), null, null));
    assertThat(data.path("hostname").asString()).isEqualTo(nasty);
    // Of a text of several lines each is a key.
    assertThat(data.path("ssh_authorized_keys").size()).isEqualTo(3);
    assertThat(data.path("ssh_authorized_keys").path(1).asString()).isEqualTo("runcmd:");
    assertThat(data.path("packages").path(0).asString()).isEqualTo(nasty);
    assertThat(data.has("runcmd")).isFalse();
  }

  @Test
  void yamlOfVersionOneTakesNoWordForAnotherType() throws Exception {
    String text =
        write(new CloudInit("on", null, List.of(), null, List.of("0777"), null, null), "user-data");
    assertThat(text).contains("hostname: \"on\"").contains("- \"0777\"");
  }

  @Test
  void ownDocumentsPassAsTheyAre() throws Exception {
    var config =
        new CloudInit(
            null, "eva", List.of(), null, List.of(), "#!/bin/sh\necho ☃\n", "version: 2\n");
    assertThat(write(config, "user-data")).isEqualTo("#!/bin/sh\necho ☃\n");
    assertThat(write(config, "network-config")).isEqualTo("version: 2\n");
  }

  @Test
  void replacesAnOlderOneAndSaysWhenItCannotWrite() throws Exception {
    assertThat(write(NOTHING, "user-data")).isNotEqualTo("#second");
    var second = new CloudInit(null, null, List.of(), null, List.of(), "#second", null);
    assertThat(write(second, "user-data")).isEqualTo("#second");
    assertThatThrownBy(() ->
            new SeedIso(commands)
                .write(directory.resolve("absent/seed.iso"), second, "a", "b", false))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem().code()).isEqualTo(Code.HOST_FAILURE));
  }
}
