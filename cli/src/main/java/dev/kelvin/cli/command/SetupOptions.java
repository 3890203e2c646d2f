package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.run.SshKeys;
import dev.kelvin.model.spec.CloudInit;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what cloud-init sets up in a new guest. */
public final class SetupOptions {
  private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_-]{0,31}");

  @Option(
      names = "--user",
      paramLabel = "NAME",
      description = "The account to make in the guest. Usual: yours, or kelvin.")
  @Nullable String user;

  @Option(
      names = "--ssh-key",
      paramLabel = "FILE",
      description =
          "A file of public keys that may log in, besides those in ~/.ssh: a .pub, or an"
              + " authorized_keys. Can be given several times.")
  List<String> sshKeys = List.of();

  @Option(
      names = "--user-data",
      paramLabel = "FILE",
      description =
          "What cloud-init does in the guest, in a document of its own (- for standard input)"
              + " instead of --user and --ssh-key.")
  @Nullable String userData;

  /** The first of them that is given. */
  String first() {
    return userData != null ? "--user-data" : user != null ? "--user" : "--ssh-key";
  }

  boolean given() {
    return user != null || !sshKeys.isEmpty() || userData != null;
  }

  /** Finds what cannot be meant, before anything is done. */
  void check() {
    if (userData != null && (user != null || !sshKeys.isEmpty())) {
      throw VmOptions.both("--user-data", user != null ? "--user" : "--ssh-key");
    }
  }

  CloudInit cloudInit(Session session) {
    if (userData != null) {
      return UserDataFile.read(session, userData);
    }
    List<String> keys = new ArrayList<>(new SshKeys(session).publicKeys());
    for (String file : sshKeys) {
      SshKeys.fromFile(session.file(file)).stream()
          .filter(key -> !keys.contains(key))
          .forEach(keys::add);
    }
    String account = user == null ? localUser() : user;
    return new CloudInit(null, account, keys, null, List.of(), null, null);
  }

  /** The local user's name; root's is that of an account which every guest has already. */
  private static String localUser() {
    String local = System.getProperty("user.name", "");
    return USER.matcher(local).matches() && !local.equals("root") ? local : "kelvin";
  }
}
