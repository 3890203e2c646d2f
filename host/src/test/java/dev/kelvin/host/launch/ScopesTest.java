package dev.kelvin.host.launch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What systemd is asked for; that it does so is tested where one runs. */
class ScopesTest {
  @Test
  void aScopeIsNamedAfterWhatRunsInIt() {
    assertThat(Scopes.unit("vm/web1", "0a1b2c3d")).isEqualTo("kelvin-vm-web1-0a1b2c3d.scope");
    assertThat(Scopes.unit("vm/web1 share-a b@c", "x"))
        .isEqualTo("kelvin-vm-web1-share-a-b-c-x.scope");
  }

  @Test
  void theProcessThatRunsIsGivenToTheScope() {
    assertThat(Scopes.request("vm/web1", "kelvin-vm-web1-x.scope", 4711))
        .startsWith("busctl", "--system")
        .contains("StartTransientUnit", "kelvin-vm-web1-x.scope", "Kelvin: vm/web1")
        .containsSubsequence("Slice", "s", "kelvin.slice")
        .containsSubsequence("Before", "as", "1", "kelvin-guests.service")
        .containsSubsequence("PIDs", "au", "1", "4711", "0");
  }
}
