package dev.kelvin.host.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class UsersTest {
  @Test
  void readsAllFourIds() {
    assertThat(Users.Ids.parse("1000\t0\t7\t4294967294")).isEqualTo(new Users.Ids(1000, 0, 7, -2));
  }

  @Test
  void whatIsNoListOfIdsIsRefused() {
    for (String line : new String[] {"", "1 2 3", "1 2 3 4 5", "1 2 3 x", "1 2 3 4294967296"}) {
      assertThatThrownBy(() -> Users.Ids.parse(line)).isInstanceOf(NumberFormatException.class);
    }
  }

  @Test
  void aProcessIsItsOwnersAsItsFilesAre() throws IOException {
    int owner = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    assertThat(Users.effectiveUid()).isEqualTo(owner);
    assertThat(Users.of(ProcessHandle.current().pid())).isEqualTo(owner);
    assertThat(UserIdClaims.ofProcesses()).contains(owner);
  }

  @Test
  void aProcessThatIsNotThereHasNoUser() {
    assertThatThrownBy(() -> Users.ids(Integer.MAX_VALUE)).isInstanceOf(IOException.class);
  }
}
