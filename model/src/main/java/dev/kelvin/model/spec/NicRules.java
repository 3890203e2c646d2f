package dev.kelvin.model.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Rules of network cards and their port forwards. */
final class NicRules {
  private static final Pattern MAC = Pattern.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}");
  private static final Pattern IPV4 =
      Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.|$)){4}(?<!\\.)");

  /** The field of DHCP's fixed part (RFC 2131) has 128 octets, the last of which is zero. */
  private static final int MAX_BOOT_FILE = 127;

  private static final Pattern BOOT_FILE = Pattern.compile("[!-~]{1," + MAX_BOOT_FILE + "}");
  private static final String ANY = "0.0.0.0";

  /** RFC 1918, and of each network of 256 addresses what QEMU's own services leave to guests. */
  private static final Pattern GUESTS =
      Pattern.compile(
          "(10\\.%1$s|172\\.(1[6-9]|2\\d|3[01])|192\\.168)\\.%1$s\\.([4-9]|[1-9]\\d|1\\d\\d|2[0-4]\\d|25[0-4])"
              .formatted("(0|[1-9]\\d{0,2})"));

  private final VmSpec spec;
  private final Violations violations;
  private final Violations.Unique<String> macs = new Violations.Unique<>();
  private final Violations.Unique<String> subnets = new Violations.Unique<>();
  private final List<Claim> claims = new ArrayList<>();

  /** A host port that a forward has taken. */
  private record Claim(Protocol protocol, String address, int port, String field) {
    boolean clashes(Claim other) {
      return protocol == other.protocol
          && port == other.port
          && (address.equals(other.address) || address.equals(ANY) || other.address.equals(ANY));
    }
  }

  private NicRules(VmSpec spec, Violations violations) {
    this.spec = spec;
    this.violations = violations;
  }

  static void check(VmSpec spec, Violations violations) {
    new NicRules(spec, violations).check();
  }

  private void check() {
    violations.require(
        spec.nics().size() <= SpecRules.MAX_NICS,
        "spec.nics",
        "there are " + spec.nics().size() + " NICs",
        "use at most " + SpecRules.MAX_NICS);
    for (int i = 0; i < spec.nics().size(); i++) {
      Nic nic = spec.nics().get(i);
      String field = "spec.nics[" + i + "]";
      mac(nic.mac(), field + ".mac");
      if (nic.netboot() != null) {
        netboot(nic, nic.netboot(), field + ".netboot");
      }
      for (int j = 0; j < nic.forwards().size(); j++) {
        forward(nic.forwards().get(j), field + ".forwards[" + j + "]");
      }
      guestAddresses(nic, i, field);
    }
  }

  /** Guests that set their own addresses: they must be some that the network behind can have. */
  private void guestAddresses(Nic nic, int index, String field) {
    boolean right = true;
    for (int j = 0; j < nic.forwards().size(); j++) {
      String address = nic.forwards().get(j).guestAddress();
      if (address == null) {
        continue;
      }
      String at = field + ".forwards[" + j + "].guestAddress";
      if (!IPV4.matcher(address).matches() || !GUESTS.matcher(address).matches()) {
        violations.add(
            at,
            "\"" + address + "\" is not an address that a guest can have behind Kelvin's NAT",
            "write a private IPv4 address (RFC 1918) whose last number is 4 to 254, such as "
                + "10.0.2.50; the guest's gateway is the same with 2, its name server with 3");
        right = false;
      } else if (right && !address.startsWith(nic.subnet(index) + ".")) {
        violations.add(
            at,
            address + " is not in " + nic.subnet(index) + ".0/24, as the one before it is",
            "give a NIC forwards to addresses of one network, or the guest a second NIC");
        right = false;
      }
    }
    if (!right) {
      return;
    }
    String taken = subnets.claim(nic.subnet(index), field);
    if (taken != null) {
      violations.add(
          field + ".forwards",
          nic.subnet(index) + ".0/24 is behind another NIC, too (" + taken + ")",
          "give its guest another address there: NIC number N has 10.0.(N+1).0/24 by itself");
    }
  }

  private void netboot(Nic nic, Netboot netboot, String field) {
    if (netboot.directory() != null) {
      ShareRules.path(netboot.directory(), field + ".directory", violations);
    }
    if (netboot.file() == null || !BOOT_FILE.matcher(netboot.file()).matches()) {
      violations.add(
          field + ".file",
          "it is missing, too long for DHCP, or has other characters than ASCII's printable ones",
          "write a path or a URL of 1 to " + MAX_BOOT_FILE + " characters without spaces");
      return;
    }
    if (netboot.file().contains("://")) {
      violations.require(
          netboot.isUrl(),
          field + ".file",
          "the boot ROMs of QEMU load nothing from " + netboot.file(),
          "use http:// or tftp://, or a path within directory");
    } else {
      violations.require(
          netboot.directory() != null,
          field + ".directory",
          "nothing serves " + netboot.file(),
          "name the directory of the host that has it, or write a URL");
    }
    violations.require(
        nic.bootIndex() != null,
        field,
        "the firmware does not try this card",
        "give it a bootIndex, or leave netboot out");
    violations.require(
        spec.boot().kernel() == null,
        field,
        "a kernel is started directly, and the firmware boots nothing",
        "leave netboot or boot.kernel out");
  }

  private void mac(@Nullable String mac, String field) {
    if (mac == null) {
      return;
    }
    if (!MAC.matcher(mac).matches()) {
      violations.add(
          field,
          "\"" + mac + "\" is not a MAC address",
          "write six octets such as 52:54:00:12:34:56, or leave it out");
      return;
    }
    violations.require(
        (Integer.parseInt(mac.substring(0, 2), 16) & 1) == 0,
        field,
        mac + " is a multicast address",
        "make the first octet even, such as 52");
    violations.require(
        !mac.equals("00:00:00:00:00:00"), field, "it is all zeros", "choose another address");
    String taken = macs.claim(mac.toLowerCase(Locale.ROOT), field);
    if (taken != null) {
      violations.add(
          field, "another NIC has the same address (" + taken + ")", "choose another, or none");
    }
  }

  private void forward(PortForward forward, String field) {
    violations.range(forward.hostPort(), 0, 65_535, field + ".hostPort");
    violations.range(forward.guestPort(), 1, 65_535, field + ".guestPort");
    violations.require(
        IPV4.matcher(forward.hostAddress()).matches(),
        field + ".hostAddress",
        "\"" + forward.hostAddress() + "\" is not an IPv4 address",
        forward.hostAddress().indexOf(':') >= 0
            ? "QEMU's user-mode network forwards from IPv4 only; write 127.0.0.1 or 0.0.0.0, and "
                + "have a proxy on the host listen on IPv6"
            : "write an address of this host such as 127.0.0.1, or 0.0.0.0 for all");
    if (forward.hostPort() == 0) {
      return;
    }
    var claim = new Claim(forward.protocol(), forward.hostAddress(), forward.hostPort(), field);
    for (var other : claims) {
      if (claim.clashes(other)) {
        violations.add(
            field + ".hostPort",
            "another forward has the same host port (" + other.field() + ")",
            "choose another port, or 0 to have one chosen");
        break;
      }
    }
    claims.add(claim);
  }
}
