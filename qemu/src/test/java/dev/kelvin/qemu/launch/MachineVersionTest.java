package dev.kelvin.qemu.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is suggested for a versioned machine type that there is not. */
class MachineVersionTest {
  private static final List<String> KNOWN =
      List.of(
          "microvm",
          "pc-i440fx-2.9",
          "pc-i440fx-2.12",
          "pc-i440fx-7.2",
          "pc-q35-3.0",
          "pc-q35-4.2",
          "pc-q35-7.2",
          "pc-q35-10.0");

  @ParameterizedTest
  @CsvSource({
    "pc-q35-99.0, pc-q35-10.0",
    "pc-q35-9.0, pc-q35-7.2",
    "pc-q35-2.4, pc-q35-3.0",
    "pc-q35-4.1, pc-q35-3.0",
    "pc-i440fx-2.11, pc-i440fx-2.9",
    "pc-i440fx-9.0, pc-i440fx-7.2"
  })
  void itIsTheNearestOfItsFamilyByVersion(String wanted, String suggested) {
    assertThat(MachineVersion.nearest(wanted, KNOWN))
        .get()
        .asString()
        .startsWith("use " + suggested);
  }

  @Test
  void saysWhyItIsThatOne() {
    assertThat(MachineVersion.nearest("pc-q35-99.0", KNOWN))
        .get()
        .asString()
        .endsWith("newest that this QEMU has");
    assertThat(MachineVersion.nearest("pc-q35-1.0", KNOWN))
        .get()
        .asString()
        .endsWith("oldest that this QEMU has");
  }

  @Test
  void anotherFamilyIsNoHelp() {
    assertThat(MachineVersion.nearest("virt-9.0", KNOWN)).isEmpty();
    assertThat(MachineVersion.nearest("q36", KNOWN)).isEmpty();
  }
}
