package dev.kelvin.machine.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VmNamesTest {
  private final VmNames names = new VmNames();

  @Test
  void idsAreInTheOrderOfNames() {
    names.put("c", "1");
    names.put("a", "3");
    names.put("b", "2");

    assertThat(names.after(null)).containsExactly("3", "2", "1");
    assertThat(names.after("a")).containsExactly("2", "1");
    assertThat(names.after("bb")).containsExactly("1");
    assertThat(names.after("c")).isEmpty();
  }

  @Test
  void aNameThatAnotherVmHasGotMeanwhileStaysWithIt() {
    names.put("old", "1");
    names.put("old", "2");

    names.moved("1", "old", "new");
    assertThat(names.id("old")).isEqualTo("2");
    assertThat(names.id("new")).isEqualTo("1");

    names.put("new", "3");
    names.remove("new", "1");
    assertThat(names.id("new")).isEqualTo("3");
    assertThat(names.departed("1")).isEqualTo("new");
  }

  @Test
  void namesOfTheDepartedAreForgottenInTheEnd() {
    for (int i = 0; i <= 5_000; i++) {
      names.remove("vm-" + i, "id-" + i);
    }
    assertThat(names.departed("id-0")).isNull();
    assertThat(names.departed("id-1")).isEqualTo("vm-1");
    assertThat(names.departed("id-5000")).isEqualTo("vm-5000");
  }
}
