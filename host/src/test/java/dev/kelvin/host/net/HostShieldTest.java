package dev.kelvin.host.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Commands.Result;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.testkit.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With the kernel's own rules, in a network namespace of the test. */
class HostShieldTest {
  private static final int FIRST = 1_879_100_000;
  private static final int GUEST = FIRST + 7;

  /** Listens on the loopback, one connection after another, on all addresses. */
  private static final String HOST =
      """
      ip link set lo up && echo up
      ip address add 192.0.2.1/32 dev lo
      exec busybox nc -ll -p 8006 -e true
      """;

  private final Commands commands = new Commands();
  private Process host;
  private List<String> inside;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(Users.isRoot(), "only root can make a network namespace");
    for (String program : List.of("nft", "ip", "busybox", "unshare", "nsenter", "bash")) {
      assumeTrue(Programs.find(program).isPresent(), program + " is missing");
    }
    host =
        new ProcessBuilder("unshare", "--net", "sh", "-c", HOST).redirectErrorStream(true).start();
    assumeTrue("up".equals(host.inputReader().readLine()), "this host has no network namespaces");
    inside = List.of("nsenter", "--net=/proc/" + host.pid() + "/ns/net");
    Await.until(
        () -> reaches(0, "127.0.0.1", 8006) && reaches(0, "192.0.2.1", 8006), "the host listens");
  }

  @AfterEach
  void end() throws Exception {
    if (host != null) {
      host.descendants().forEach(ProcessHandle::destroyForcibly);
      host.destroyForcibly().waitFor();
    }
  }

  private boolean reaches(int uid, String address, int port) {
    var argv = new ArrayList<>(inside);
    argv.addAll(List.of("setpriv", "--reuid=" + uid, "--clear-groups", "bash", "-c"));
    argv.add("exec 3<>/dev/tcp/" + address + "/" + port);
    try {
      return commands.run(Command.of(argv)).ok();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private HostShield shield() {
    return shield(OptionalLong::empty);
  }

  private HostShield shield(Supplier<OptionalLong> generation) {
    return new HostShield(commands, inside, FIRST + "-" + (FIRST + 100), generation);
  }

  private Result nft(String... arguments) throws InterruptedException {
    var argv = new ArrayList<>(inside);
    argv.add("nft");
    argv.addAll(List.of(arguments));
    return commands.run(Command.of(argv));
  }

  @Test
  void aGuestReachesNothingOfTheHostUnlessItMay() throws Exception {
    HostShield shield = shield();
    assertThat(reaches(GUEST, "127.0.0.1", 8006)).isTrue();

    shield.expose(GUEST, false);
    assertThat(reaches(GUEST, "127.0.0.1", 8006)).isFalse();
    assertThat(reaches(GUEST, "127.9.9.9", 8006)).isFalse();
    assertThat(reaches(GUEST, "192.0.2.1", 8006)).isFalse();
    assertThat(reaches(0, "127.0.0.1", 8006)).isTrue();
    assertThat(reaches(FIRST + 101, "127.0.0.1", 8006)).isTrue();

    shield.expose(GUEST, true);
    assertThat(reaches(GUEST, "127.0.0.1", 8006)).isTrue();
    assertThat(reaches(GUEST, "192.0.2.1", 8006)).isTrue();
    assertThat(reaches(GUEST + 1, "127.0.0.1", 8006)).isFalse();

    // What an earlier daemon allowed a user does not go over to the next VM of that user.
    shield().expose(GUEST, false);
    assertThat(reaches(GUEST, "127.0.0.1", 8006)).isFalse();
  }

  @Test
  void rulesThatSomebodyFlushedComeBack() throws Exception {
    try (HostShield shield = shield()) {
      shield.expose(GUEST, true);
      assertThat(nft("flush", "ruleset").ok()).isTrue();
      shield.raise();
      Await.until(() -> !reaches(GUEST + 1, "127.0.0.1", 8006), "the rules are back");
      assertThat(reaches(GUEST, "127.0.0.1", 8006)).isTrue();
    }
  }

  @Test
  void rulesAreSetAgainWhenAnyOfTheHostHaveChanged() throws Exception {
    var generation = new AtomicLong();
    // Each look while rules are set sees one more, as the kernel counts.
    var stepping = new AtomicBoolean(true);
    try (HostShield shield =
        shield(() ->
            OptionalLong.of(
                stepping.get() ? generation.getAndIncrement() : generation.get() - 1))) {
      shield.raise();
      Await.until(() -> !reaches(GUEST, "127.0.0.1", 8006), "the rules are there");
      Await.until(
          () -> {
            // Until it knows what an earlier daemon has left open, it sets them each time.
            stepping.set(true);
            boolean set = kept(shield);
            stepping.set(false);
            return set && flushed() && kept(shield) && reaches(GUEST, "127.0.0.1", 8006);
          },
          "nothing is set where nothing is said to have changed");

      generation.incrementAndGet();
      shield.expose(GUEST, false);
      assertThat(reaches(GUEST, "127.0.0.1", 8006)).isFalse();
    }
  }

  private boolean flushed() {
    try {
      return nft("flush", "ruleset").ok();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean kept(HostShield shield) {
    shield.expose(GUEST, false);
    return true;
  }

  @Test
  void theKernelCountsWhatIsDoneToItsRules() throws Exception {
    String table = "kelvin_test_" + ProcessHandle.current().pid();
    long before = RulesGeneration.now().orElseThrow();
    try {
      assertThat(commands.run(Command.of("nft", "add", "table", "inet", table)).ok()).isTrue();
      assertThat(RulesGeneration.now().orElseThrow()).isGreaterThan(before);
    } finally {
      commands.run(Command.of("nft", "delete", "table", "inet", table));
    }
  }

  @Test
  void whatIsNoAnswerSaysNothing() {
    assertThat(RulesGeneration.parse(new byte[0])).isEmpty();
    assertThat(RulesGeneration.parse(new byte[64])).isEmpty();
  }

  @Test
  void nothingElseOfTheHostsRulesIsTouched() throws Exception {
    assertThat(nft("add table inet mine; add chain inet mine c").ok()).isTrue();
    shield().expose(GUEST, false);
    shield().expose(GUEST, true);
    assertThat(nft("list", "tables").stdout().lines())
        .containsExactlyInAnyOrder("table inet mine", "table inet " + HostShield.TABLE);
  }

  @Test
  void onlyTheResolverOfNamesIsOpen() {
    String rules = HostShield.rules("1-2", List.of("127.0.0.53", "::1"));
    assertThat(rules)
        .contains("th dport 53 ip daddr 127.0.0.53 accept", "th dport 53 ip6 daddr ::1 accept");
    assertThat(HostShield.rules("1-2", List.of())).doesNotContain("dport");
  }

  @Test
  void theKernelIsAskedWithoutAChange() throws Exception {
    assertThat(HostShield.fault(commands)).isNull();
  }
}
