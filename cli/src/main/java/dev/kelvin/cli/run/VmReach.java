package dev.kelvin.cli.run;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.text.Style;
import dev.kelvin.model.Code;
import dev.kelvin.model.GuestInfo;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.CloudInit;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How a VM is reached. */
public final class VmReach {
  /** How user data puts keys in. */
  private static final Pattern KEY =
      Pattern.compile("(ssh|ecdsa|sk)-[a-z0-9@.-]+\\s+AAAA|ssh[_-]import[_-]id");

  private final Session session;

  public VmReach(Session session) {
    this.session = session;
  }

  private static Optional<Forward> sshForward(Vm vm) {
    return vm.status().forwards().stream()
        .filter(one -> one.guestPort() == VmWish.SSH && one.protocol().equals("tcp"))
        .findFirst();
  }

  /**
   * The command that logs in to the VM.
   *
   * @param user empty for the one that cloud-init made
   * @throws dev.kelvin.model.ProblemException wrong-state when it does not run or no port leads to
   *     it
   */
  public List<String> ssh(Vm vm, String user, List<String> further) {
    Forward forward =
        sshForward(vm)
            .orElseThrow(() -> {
              boolean runs = vm.status().phase().hasProcess();
              String name = vm.metadata().name();
              return Problem.of(Code.WRONG_STATE, "There is no way to log in to the VM")
                  .on(vm.ref())
                  .because(
                      runs
                          ? "no host port leads to its port 22"
                          : "it is " + vm.status().phase().wire())
                  .remedy(
                      runs
                          ? "add a forward to guest port 22: kelvin edit " + name
                          : "start it: kelvin start " + name)
                  .asException();
            });
    var keys = new SshKeys(session);
    CloudInit cloudInit = vm.spec().cloudInit();
    String made = cloudInit == null || cloudInit.user() == null ? "" : cloudInit.user();
    String login = user.isEmpty() ? made : user;
    String host = forward.hostAddress().equals("0.0.0.0") ? "127.0.0.1" : forward.hostAddress();
    return new SshWords(further)
        .command(
            new SshWords.Target(
                login.isEmpty() ? host : login + "@" + host,
                forward.hostPort(),
                vm.metadata().name(),
                keys.prepareKnownHosts(vm.metadata().id())),
            keys.identities());
  }

  /** What to type to use a VM that is ready. */
  public String text(Vm vm, Style style) {
    String name = vm.metadata().name();
    GuestInfo guest = vm.status().guest();
    var text = new StringBuilder(style.bold(name)).append(guest == null ? " runs" : " is ready");
    if (guest != null && guest.osName() != null) {
      text.append(": ").append(guest.osName());
    }
    text.append(".\n");
    Optional<Forward> ssh = sshForward(vm);
    if (ssh.isPresent() && letsIn(vm.spec().cloudInit())) {
      line(text, "log in", "kelvin ssh " + name);
    }
    if (vm.spec().serial().enabled()) {
      line(text, "console", "kelvin console " + name + "   (leave it with Ctrl-])");
    }
    if (guest != null) {
      line(text, "run in it", "kelvin exec " + name + " -- uname -a");
    }
    for (Forward forward : vm.status().forwards()) {
      line(
          text,
          "port " + forward.guestPort(),
          forward.hostAddress() + ":" + forward.hostPort() + "/" + forward.protocol());
    }
    line(text, "delete", "kelvin rm --force " + name);
    return text.toString();
  }

  /**
   * Whether somebody can log in to what was set up. Of a document of the user's own it is known
   * whether it names a key, and not for whom.
   */
  private static boolean letsIn(@Nullable CloudInit setup) {
    if (setup == null) {
      return false;
    }
    String own = setup.userData();
    return own == null
        ? (!setup.sshKeys().isEmpty() || (setup.user() != null && setup.password() != null))
        : KEY.matcher(own).find();
  }

  private static void line(StringBuilder text, String what, String how) {
    text.append("  ").append(what).append(" ".repeat(Math.max(1, 12 - what.length())));
    text.append(how).append('\n');
  }
}
