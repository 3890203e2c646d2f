package dev.kelvin.it.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The whole tree keeps the rules of the house. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HouseRulesTest {
  /** Files that may sleep, and why. */
  private static final Map<String, String> SLEEPERS =
      Map.of(
          "cli/src/main/java/dev/kelvin/cli/Session.java",
          "a command looks again and again at what it waits for, and its callers have deadlines",
          "qmp/src/main/java/dev/kelvin/qmp/AgentClient.java",
          "the agent has no event for the end of a program: its status is asked for again and again",
          "machine/src/main/java/dev/kelvin/machine/Machines.java",
          "the delay after an autostart is what its user asked for");

  private final Repository repository = Repository.here();
  private List<Source> sources;
  private JavaClasses classes;

  @BeforeAll
  void read() {
    sources = repository.sources();
    classes = new ClassFileImporter().importPaths(repository.classes());
  }

  @Test
  void modulesUseOnlyWhatTheTableAllows() {
    assertThat(Layers.violations(classes)).isEmpty();
  }

  @Test
  void everyModuleHasARowInTheTable() {
    var modules = new TreeSet<>(repository.modules());
    modules.remove("it");
    var rows = new TreeSet<String>();
    // A module whose packages have rows needs none of its own.
    Layers.plan().keySet().forEach(part -> rows.add(part.replaceFirst("\\..*", "")));
    assertThat(modules).isEqualTo(rows);
  }

  @Test
  void nothingExceedsItsBudget() {
    var budgets = new Budgets(sources);
    System.out.println(budgets.table());
    assertThat(budgets.violations()).isEmpty();
  }

  @Test
  void inheritanceIsShallowAndNothingReflects() {
    assertThat(ClassRules.violations(classes)).isEmpty();
  }

  @Test
  void noStaticStateChanges() {
    assertThat(new StaticState(sources).violations(classes)).isEmpty();
  }

  @Test
  void noMonitorsNoSleepsNoStrayOutput() {
    assertThat(new SourceRules(SLEEPERS).violations(sources)).isEmpty();
    assertThat(SLEEPERS.keySet()).allMatch(file -> Files.exists(repository.root().resolve(file)));
  }

  @Test
  void everyPackageIsNullMarkedAndSaysWhatItIs() {
    assertThat(Packages.violations(sources)).isEmpty();
  }

  @Test
  void linksBetweenDocumentsLeadSomewhere() {
    assertThat(new Documentation(repository).deadLinks()).isEmpty();
  }

  @Test
  void noFileNamesThePlaceWhereItWasWritten() {
    // Put together here, so that this file does not name them.
    List<String> places = List.of("/wo" + "rk/", "/tmp/" + "mv", "/ro" + "ot/.m2");
    assertThat(new Documentation(repository).placesNamed(places)).isEmpty();
  }

  @Test
  void theTreeIsReadAtAll() {
    assertThat(sources)
        .extracting(Source::path)
        .contains(Path.of("model/src/main/java/dev/kelvin/model/Vm.java"));
    assertThat(classes.contain("dev.kelvin.model.Vm")).isTrue();
  }
}
