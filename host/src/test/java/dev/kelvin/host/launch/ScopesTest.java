package dev.kelvin.host.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What systemd is asked for; that it does so is tested where one runs. */
class ScopesTest {
  private static List<String> before(String systemd, String name) {
    var launch = new Launch(name, List.of("qemu"), Path.of("/"), Path.of("/dev/null"), null);
    return Scopes.ofVersion(systemd).before(launch);
  }

  @Test
  void aScopeIsNamedAfterWhatRunsInItAndNeverLikeAnEarlierOne() {
    List<String> first = before("systemd 252 (252.39-1~deb12u1)\n+PAM", "vm/web1");
    assertThat(first.getFirst()).endsWith("/systemd-run");
    assertThat(first)
        .contains("--scope", "--slice=kelvin.slice", "--description=Kelvin: vm/web1")
        .contains("--property=Before=kelvin-guests.service")
        .endsWith("--");
    assertThat(unit(first)).matches("--unit=kelvin-vm-web1-[0-9a-f]{8}\\.scope");
    assertThat(unit(before("systemd 252", "vm/web1 share-a b@c")))
        .matches("--unit=kelvin-vm-web1-share-a-b-c-[0-9a-f]{8}\\.scope");
    assertThat(unit(before("systemd 252", "vm/web1"))).isNotEqualTo(unit(first));
  }

  private static String unit(List<String> argv) {
    return argv.stream().filter(word -> word.startsWith("--unit=")).findFirst().orElse("");
  }

  @Test
  void dollarsInArgumentsStayWhereSystemdWouldExpandThem() {
    String option = "--expand-environment=no";
    assertThat(before("systemd 253 (253)", "vm/a")).doesNotContain(option);
    assertThat(before("systemd 254 (254.1-2)", "vm/a")).contains(option);
    assertThat(before("something else", "vm/a")).doesNotContain(option);
  }
}
