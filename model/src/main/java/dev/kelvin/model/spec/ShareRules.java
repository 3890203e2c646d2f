package dev.kelvin.model.spec;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Rules of shared directories; their names are checked with those of the other devices. */
final class ShareRules {
  /** The tag's field in the device's configuration has 36 bytes (virtio 1.2, 5.11.4). */
  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,35}");

  private static final int MAX_PATH = 4095;

  private ShareRules() {}

  static void check(VmSpec spec, Violations violations) {
    int count = spec.shares().size();
    if (count > 0 && spec.isOn(Board.MICROVM)) {
      violations.add(
          "spec.shares",
          "a microvm has no PCI, through which the memory is shared with the file server",
          "leave them out, or use the machine q35");
      return;
    }
    boolean old = spec.machine().equals("i440fx") || spec.machine().startsWith("pc-i440fx-");
    int limit = old ? SpecRules.MAX_SHARES_I440FX : SpecRules.MAX_SHARES;
    violations.require(
        count <= limit,
        "spec.shares",
        "there are " + count + " shares",
        "use at most " + limit + (old ? ", or the machine q35" : ""));
    var tags = new Violations.Unique<String>();
    for (int i = 0; i < count; i++) {
      share(spec.shares().get(i), "spec.shares[" + i + "]", tags, violations);
    }
  }

  private static void share(
      Share share, String field, Violations.Unique<String> tags, Violations violations) {
    path(share.path(), field + ".path", violations);
    if (share.tag() != null) {
      violations.require(
          TAG.matcher(share.tag()).matches(),
          field + ".tag",
          "it is not a tag",
          "use 1 to 36 letters, digits and . _ -");
    }
    String tag = share.guestTag();
    if (tag != null) {
      String taken = tags.claim(tag, field + ".tag");
      if (taken != null) {
        violations.add(
            field + ".tag",
            "\"" + tag + "\" is the tag of another share (" + taken + ")",
            "choose another tag");
      }
    }
  }

  /** That it is the plain path of a directory of the host. */
  static void path(@Nullable String path, String field, Violations violations) {
    if (!violations.line(path, field, MAX_PATH) || path == null) {
      return;
    }
    try {
      boolean plain = path.startsWith("/") && Path.of(path).normalize().equals(Path.of(path));
      violations.require(
          plain,
          field,
          "\"" + path + "\" is not an absolute path, or has . or .. in it",
          "write the path of a directory of the host from / on");
    } catch (InvalidPathException e) {
      violations.add(field, "it is not a path: " + e.getReason(), "write the path from / on");
    }
  }
}
