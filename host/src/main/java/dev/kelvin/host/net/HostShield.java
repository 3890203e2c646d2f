package dev.kelvin.host.net;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Commands.Result;
import dev.kelvin.host.program.Programs;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps guests from what listens on the host for the host alone. A user-mode network makes the
 * connections of a guest from QEMU, so they come from the host itself: its loopback, its link-local
 * addresses (a cloud's metadata service among them) and the ports of Kelvin would be open to every
 * guest.
 *
 * <p>The means are rules of nftables (nft(8)) that look at the user a packet is from: the users of
 * VMs start no connection to an address of the host, except to a resolver of names that {@code
 * /etc/resolv.conf} has there. They stand in a table of their own that all daemons of the host
 * share, and stay when the daemon ends, as its VMs do. Answers to what comes in by a forwarded port
 * pass.
 */
public final class HostShield implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(HostShield.class.getName());

  /** The table's name. */
  public static final String TABLE = "kelvin_guests";

  /** How soon rules are there again after another program has flushed all tables. */
  private static final Duration AGAIN = Duration.ofSeconds(60);

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Path RESOLVERS = Path.of("/etc/resolv.conf");
  private static final Pattern UID = Pattern.compile("\\b[12]\\d{9}\\b");
  private static final Pattern ADDRESS = Pattern.compile("[0-9a-fA-F.:]{2,45}");

  private final @Nullable Commands commands;
  private final List<String> before;
  private final String users;

  /**
   * Held while rules are looked at and set, and what is known of them is used: of many starts at
   * once one does it.
   */
  private final ReentrantLock setting = new ReentrantLock();

  private final AtomicReference<@Nullable Thread> keeper = new AtomicReference<>();

  /** Those of this daemon that may reach the host. */
  private final Set<Integer> open = new HashSet<>();

  /** What was open when this began; null until it is known. */
  private @Nullable Set<Integer> earlier;

  private final Supplier<OptionalLong> generation;

  /** Of what the rules were made, and their generation after that. */
  private record Setting(long generation, List<String> resolvers) {}

  /** The rules as this set them; null if somebody else changed any meanwhile. */
  private @Nullable Setting set;

  /**
   * @param before a program that becomes the one that follows its arguments
   * @param generation what changes with the rules, whoever changes them; empty when that is unknown
   */
  HostShield(
      @Nullable Commands commands,
      List<String> before,
      String users,
      Supplier<OptionalLong> generation) {
    this.commands = commands;
    this.before = List.copyOf(before);
    this.users = users;
    this.generation = generation;
  }

  /** For a daemon that is not root: nothing that the kernel has tells its guests from its user. */
  public static HostShield none() {
    return new HostShield(null, List.of(), "", OptionalLong::empty);
  }

  /**
   * For the VMs whose users are in this range.
   *
   * @param first and {@code last}: user ids, both inclusive
   */
  public static HostShield of(Commands commands, int first, int last) {
    return new HostShield(commands, List.of(), first + "-" + last, RulesGeneration::now);
  }

  /** Sets the rules, now and again from time to time until it is closed. */
  public void raise() {
    if (commands == null) {
      return;
    }
    keeper.set(Thread.ofVirtual().name("host-shield").start(this::keep));
  }

  private void keep() {
    String told = "";
    while (!Thread.currentThread().isInterrupted()) {
      String fault = "";
      setting.lock();
      try {
        apply(open.isEmpty() ? "" : element("add", open));
        if (earlier == null) {
          earlier = openInKernel();
        }
      } catch (ProblemException e) {
        fault = e.problem().oneLine();
        if (!fault.equals(told) && !Thread.currentThread().isInterrupted()) {
          LOG.log(System.Logger.Level.WARNING, fault);
        }
      } finally {
        setting.unlock();
      }
      told = fault;
      LockSupport.parkNanos(AGAIN.toNanos());
    }
  }

  /**
   * Says whether the guest of this user may reach the host; it may not until this is said. Sets the
   * rules again unless none of the host's have changed: some other program may have flushed them.
   *
   * @throws ProblemException host-failure when it shall and the rules cannot be changed
   */
  public void expose(int uid, boolean may) {
    if (commands == null || uid < 0) {
      return;
    }
    setting.lock();
    try {
      if (may) {
        apply(element("add", Set.of(uid)));
        open.add(uid);
      } else {
        conceal(uid);
      }
    } finally {
      setting.unlock();
    }
  }

  private void conceal(int uid) {
    boolean wasOpen = open.remove(uid);
    Set<Integer> others = earlier;
    boolean mayBeOpen = wasOpen || others == null || others.contains(uid);
    if (!mayBeOpen && isAsSet()) {
      return;
    }
    try {
      // Adding what is there is no fault, and deleting what is not is one.
      apply(mayBeOpen ? element("add", Set.of(uid)) + element("delete", Set.of(uid)) : "");
    } catch (ProblemException e) {
      earlier = null; // it may still be open
      LOG.log(System.Logger.Level.WARNING, e.problem().oneLine());
    }
  }

  private static String element(String verb, Set<Integer> uids) {
    String list = uids.stream().map(String::valueOf).collect(Collectors.joining(", "));
    return verb + " element inet " + TABLE + " open { " + list + " }\n";
  }

  /** Who may reach the host by what an earlier daemon has set; ids are given again. */
  private Set<Integer> openInKernel() {
    Result result = nft(List.of("-n", "list", "set", "inet", TABLE, "open"), "");
    require(result);
    return UID.matcher(result.stdout())
        .results()
        .map(found -> Integer.parseInt(found.group()))
        .collect(Collectors.toUnmodifiableSet());
  }

  private boolean isAsSet() {
    Setting known = set;
    return known != null
        && OptionalLong.of(known.generation()).equals(generation.get())
        && known.resolvers().equals(resolvers());
  }

  private void apply(String more) {
    set = null;
    OptionalLong was = generation.get();
    List<String> resolvers = resolvers();
    require(nft(List.of("-f", "-"), rules(users, resolvers) + more));
    OptionalLong is = generation.get();
    // One further is by this alone.
    if (was.isPresent() && is.isPresent() && is.getAsLong() == was.getAsLong() + 1) {
      set = new Setting(is.getAsLong(), resolvers);
    }
  }

  private static void require(Result result) {
    if (!result.ok()) {
      throw Problem.of(Code.HOST_FAILURE, "Guests cannot be kept from the host's own services")
          .because(result.lastError())
          .remedy("install nftables, and load the kernel's module nf_tables")
          .asException();
    }
  }

  /** Whether the kernel takes the rules; it is asked without a change. Null when it does. */
  public static @Nullable String fault(Commands commands) {
    Result result =
        new HostShield(commands, List.of(), "4-5", OptionalLong::empty)
            .nft(List.of("-c", "-f", "-"), rules("4-5", List.of()));
    return result.ok() ? null : result.lastError();
  }

  private Result nft(List<String> arguments, String input) {
    if (commands == null || Programs.find("nft").isEmpty()) {
      return new Result(127, "", "the program nft is not installed");
    }
    var argv = new ArrayList<>(before);
    argv.add("nft");
    argv.addAll(arguments);
    try {
      return commands.run(
          Command.of(argv).timeout(TIMEOUT).input(input.getBytes(StandardCharsets.UTF_8)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Result(130, "", "interrupted");
    }
  }

  /** All of the table, for one transaction: it is there before and after, and never half. */
  static String rules(String users, List<String> resolvers) {
    var names = new StringBuilder();
    for (String address : resolvers) {
      names
          .append("    meta l4proto { tcp, udp } th dport 53 ")
          .append(address.contains(":") ? "ip6" : "ip")
          .append(" daddr ")
          .append(address)
          .append(" accept\n");
    }
    return """
    table inet %1$s {
      set open { type uid; }
      chain out { type filter hook output priority -10; policy accept; }
      chain guest { }
    }
    flush chain inet %1$s out
    flush chain inet %1$s guest
    table inet %1$s {
      chain out {
        meta skuid %2$s goto guest
      }
      chain guest {
        ct state established,related accept
        meta skuid @open accept
    %3$s    ip daddr { 127.0.0.0/8, 169.254.0.0/16 } counter reject
        ip6 daddr { ::1, fe80::/10, fd00:ec2::254 } counter reject
        fib daddr type local counter reject
      }
    }
    """
        .formatted(TABLE, users, names);
  }

  /** The resolvers that the host asks (resolv.conf(5)). */
  private static List<String> resolvers() {
    try {
      return Files.readAllLines(RESOLVERS, StandardCharsets.ISO_8859_1).stream()
          .map(line -> line.strip().split("\\s+", -1))
          .filter(words -> words.length > 1 && words[0].equals("nameserver"))
          .map(words -> words[1])
          .filter(address -> ADDRESS.matcher(address).matches())
          .limit(3)
          .toList();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "the host has no resolvers: {0}", e.toString());
      return List.of();
    }
  }

  /** Leaves the rules as they are. */
  @Override
  public void close() {
    Thread thread = keeper.getAndSet(null);
    if (thread != null) {
      thread.interrupt();
    }
  }
}
