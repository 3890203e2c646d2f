package dev.kelvin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The configuration's file: what it may say, and what is said about what it may not. */
class SettingsTest {
  @TempDir Path home;
  private Layout layout = Layout.resolve(Map.of(), false);
  private Path file = Path.of("");

  @BeforeEach
  void layout() throws IOException {
    layout = Layout.resolve(Map.of("KELVIN_HOME", home.toString()), false);
    file = Files.createDirectories(layout.config()).resolve("kelvin.yaml");
  }

  private Settings read(String yaml) throws IOException {
    Files.writeString(file, yaml);
    return Settings.read(layout);
  }

  private Problem refusal(String yaml) throws IOException {
    Files.writeString(file, yaml);
    ProblemException thrown =
        catchThrowableOfType(ProblemException.class, () -> Settings.read(layout));
    assertThat(thrown).as(yaml).isNotNull();
    assertThat(thrown.problem().object()).isEqualTo(file.toString());
    assertThat(thrown.problem().remedy()).isNotBlank();
    return thrown.problem();
  }

  @Test
  void everythingMayBeLeftOut() throws IOException {
    for (Settings settings : List.of(Settings.read(layout), read("listen: {}\nstate: {}\n"))) {
      assertThat(settings.listen().address()).isEqualTo("127.0.0.1");
      assertThat(settings.state().engine()).isEqualTo(StateSettings.Engine.SQLITE);
    }
  }

  @Test
  void limitsOfDocumentsCanBeSet() throws IOException {
    var limits = read("limits: {devices: 7, faultsTold: 3}").limits().ofDocuments();
    assertThat(limits).isEqualTo(new dev.kelvin.model.spec.DocumentLimits(3, 7));
  }

  @Test
  void etcdIsDescribedInFull() throws IOException {
    Settings settings =
        read(
            """
            state:
              engine: etcd
              endpoints: ["https://10.0.0.1:2379", "https://[::1]:2379"]
              ca: /etc/kelvin/etcd-ca.pem
              certificate: /etc/kelvin/etcd.pem
              key: /etc/kelvin/etcd.key
              prefix: /blue/
              allowUnauthenticated: true
            """);
    assertThat(settings.state().place().endpoints()).hasSize(2);
    assertThat(settings.state().place().prefix()).isEqualTo("/blue/");
    assertThat(settings.state().place().allowUnauthenticated()).isTrue();
    assertThat(Objects.requireNonNull(settings.state().place().key()))
        .isEqualTo(Path.of("/etc/kelvin/etcd.key"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          lisen: {}                                                       | lisen
          listen: {port: 70000}                                           | listen.port
          listen: {port: many}                                            | listen.port
          state: {engine: postgres}                                       | state.engine
          qemu: {binary: qemu-system-x86_64}                              | qemu.binary
          qemu: {aarch64: /bin/sh}                                        | qemu.aarch64
          state: {endpoint: x}                                            | state.endpoint
          state: {endpoints: ["http://a:1"]}                              | state.engine
          state: {allowUnauthenticated: true}                             | state.engine
          state: {engine: etcd}                                           | state.endpoints
          state: {engine: etcd, endpoints: []}                            | state.endpoints
          state: {engine: etcd, endpoints: http://a:1}                    | state.endpoints
          state: {engine: etcd, endpoints: ["a:2379"]}                    | state.endpoints[0]
          state: {engine: etcd, endpoints: ["http://a"]}                  | state.endpoints[0]
          state: {engine: etcd, endpoints: ["http://a:1", "ftp://a:1"]}   | state.endpoints[1]
          state: {engine: etcd, endpoints: ["http://a:1/x"]}              | state.endpoints[0]
          state: {engine: etcd, endpoints: ["ht tp://a:1"]}               | state.endpoints[0]
          state: {engine: etcd, endpoints: ["http://a:1","https://b:1"]}  | state.endpoints
          state: {engine: etcd, endpoints: ["http://a:1"], ca: /c}        | state.endpoints
          state: {engine: etcd, endpoints: ["https://a:1"], key: /c}      | state.certificate
          state: {engine: etcd, endpoints: ["https://a:1"], certificate: /c} | state.key
          state: {engine: etcd, endpoints: ["https://a:1"], prefix: blue} | state.prefix
          hostPaths: {}                                                   | hostPaths.roots
          hostPaths: {roots: }                                            | hostPaths.roots
          hostPaths: {roots: /srv}                                        | hostPaths.roots
          hostPaths: {root: [/srv]}                                       | hostPaths.root
          hostPaths: {roots: [/srv, boot]}                                | hostPaths.roots[1]
          hostPaths: {roots: [/srv/../etc]}                               | hostPaths.roots[0]
          hostPaths: {roots: [/srv/.]}                                    | hostPaths.roots[0]
          hostPaths: {roots: [""]}                                        | hostPaths.roots[0]
          hostPaths: {roots: ["/a\\nb"]}                                  | hostPaths.roots[0]
          hostPaths: {roots: ["/a\\0b"]}                                  | hostPaths.roots[0]
          limits: {devices: 0}                                            | limits.devices
          limits: {devices: 4097}                                         | limits.devices
          limits: {faultsTold: 0}                                         | limits.faultsTold
          """)
  void whatCannotBeMeantIsRefusedWithItsField(String yaml, String field) throws IOException {
    Problem problem = refusal(yaml);
    assertThat(problem.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem.field()).isEqualTo(field);
  }

  @Test
  void pathsOfTheHostAreAllWithoutAListAndNoneWithAnEmptyOne() throws IOException {
    assertThat(read("listen: {}\n").allowedPaths().areLimited()).isFalse();
    for (String roots : List.of("[]", "[/srv/kelvin/, /, \"/with, comma\"]")) {
      assertThat(read("hostPaths: {roots: " + roots + "}\n").allowedPaths().areLimited()).isTrue();
    }
    try (var held =
        read("hostPaths: {roots: [" + home + "/]}").allowedPaths().hold("" + home, "x")) {
      assertThat(held.place()).isEqualTo(home.toRealPath());
    }
    String many = "/a, ".repeat(1000) + "/a";
    assertThat(refusal("hostPaths: {roots: [" + many + "]}").field()).isEqualTo("hostPaths.roots");
  }

  @Test
  void aFileThatIsHalfWrittenIsRefused() throws IOException {
    assertThat(refusal("listen: {address: \"127.0.").code()).isEqualTo(Code.MALFORMED);
    assertThat(refusal("").code()).isEqualTo(Code.MALFORMED);
    assertThat(refusal("listen: {}\nlisten: {}\n").code()).isEqualTo(Code.MALFORMED);
    Files.write(file, new byte[] {(byte) 0xff, 0, 1});
    assertThat(catchThrowableOfType(ProblemException.class, () -> Settings.read(layout)).problem())
        .satisfies(problem -> assertThat(problem.code()).isEqualTo(Code.MALFORMED));
  }

  @Test
  void aFileThatCannotBeReadIsRefused() throws IOException {
    Files.createDirectory(file);
    ProblemException thrown =
        catchThrowableOfType(ProblemException.class, () -> Settings.read(layout));
    assertThat(thrown.problem().code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(thrown.problem().object()).isEqualTo(file.toString());
  }
}
