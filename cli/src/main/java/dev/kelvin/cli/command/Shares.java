package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.Share;
import dev.kelvin.model.spec.ShareCache;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Shared directories as they are typed: {@code PATH[:TAG][:ro]}. */
final class Shares {
  private static final String READ_ONLY = ":ro";
  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,35}");

  private Shares() {}

  static List<Share> parse(Session session, List<String> typed) {
    var shares = new ArrayList<Share>();
    for (String one : typed) {
      shares.add(parse(session, one, shares.size()));
    }
    return List.copyOf(shares);
  }

  private static Share parse(Session session, String typed, int index) {
    boolean readOnly = typed.endsWith(READ_ONLY);
    String rest = readOnly ? typed.substring(0, typed.length() - READ_ONLY.length()) : typed;
    int colon = rest.lastIndexOf(':');
    Path path =
        session.file(colon < 0 ? rest : rest.substring(0, colon)).toAbsolutePath().normalize();
    // The root directory has no name, and no usual tag.
    Path last = path.getFileName();
    String usual = last == null ? "" : last.toString();
    String tag = colon < 0 ? usual : rest.substring(colon + 1);
    if (!TAG.matcher(tag).matches()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "\"" + tag + "\" cannot be the tag of a share")
          .at("--share")
          .because("tags are 1 to 36 letters, digits and . _ -")
          .remedy("give one: --share " + path + ":TAG")
          .asException();
    }
    return new Share("share" + index, path.toString(), tag, readOnly, ShareCache.AUTO);
  }
}
