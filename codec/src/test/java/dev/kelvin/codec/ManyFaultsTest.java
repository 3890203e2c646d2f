package dev.kelvin.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.Code;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Problem.Violation;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.DocumentLimits;
import dev.kelvin.model.spec.SpecRules;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A document that is as bad as its size allows is answered with little. */
class ManyFaultsTest {
  private static byte[] vm(String spec) {
    return ("{\"metadata\":{\"name\":\"a\"},\"spec\":{" + spec + "}}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static List<Violation> check(String spec) {
    Vm read = Documents.read(vm(spec), Syntax.JSON, Vm.class);
    assertThat(read.metadata()).isEqualTo(Metadata.named("a"));
    return SpecRules.check(read);
  }

  @ParameterizedTest
  @EnumSource
  void hundredsOfThousandsOfDisksAreNotEvenRead(Syntax syntax) {
    byte[] all = vm("\"disks\":[{}" + ",{}".repeat(340_000) + "]");
    assertThatThrownBy(() -> Documents.read(all, syntax, Vm.class))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().code()).isEqualTo(Code.TOO_LARGE));
  }

  @Test
  void disksThatAreTooManyAreNotCheckedOneByOne() {
    assertThat(check("\"disks\":[{}" + ",{}".repeat(20_000) + "]"))
        .singleElement()
        .satisfies(one -> assertThat(one.cause()).contains("20001"));
  }

  @Test
  void howManyDevicesThereMayBeCanBeSet() {
    Vm read = Documents.read(vm("\"disks\":[{},{},{}]"), Syntax.JSON, Vm.class);
    assertThat(SpecRules.check(read, new DocumentLimits(100, 2)))
        .singleElement()
        .satisfies(one -> {
          assertThat(one.cause()).startsWith("there are 3 ");
          assertThat(one.remedy()).contains("at most 2", "limits.devices");
        });
  }

  @Test
  void howManyFaultsAreToldCanBeSet() {
    Vm read = Documents.read(vm("\"disks\":[{},{},{}]"), Syntax.JSON, Vm.class);
    assertThat(SpecRules.check(read)).hasSizeGreaterThan(4);
    assertThat(SpecRules.check(read, new DocumentLimits(2, 512)))
        .hasSize(3)
        .last()
        .satisfies(one -> assertThat(one.cause()).contains("more faults"));
  }

  @Test
  void forwardsThatAreTooManyAreNotComparedWithEachOther() {
    String forward = ",{\"hostPort\":80,\"guestPort\":80}";
    assertThat(
            check(
                "\"nics\":[{\"name\":\"n\",\"forwards\":["
                    + forward.substring(1)
                    + forward.repeat(5_000)
                    + "]}]"))
        .singleElement()
        .satisfies(one -> assertThat(one.cause()).contains("5001 port forwards"));
  }

  @Test
  void aHundredFaultsAreToldAndTheRestIsCounted() {
    List<Violation> faults = check("\"disks\":[{}" + ",{}".repeat(299) + "]");
    assertThat(faults).hasSize(101);
    assertThat(faults.getLast().cause()).matches("[0-9]+ more faults were found");
  }
}
