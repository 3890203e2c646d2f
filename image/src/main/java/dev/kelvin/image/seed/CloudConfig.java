package dev.kelvin.image.seed;

import dev.kelvin.image.Resources;
import dev.kelvin.model.spec.CloudInit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/**
 * The documents of a seed. Every text in them is quoted, because cloud-init reads YAML 1.1, to
 * which a bare {@code no} or {@code 22:30} is no text.
 */
final class CloudConfig {
  private static final ObjectMapper YAML =
      new YAMLMapper(
          YAMLFactory.builder()
              .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
              .disable(YAMLWriteFeature.SPLIT_LINES)
              .build());

  /** A hash as crypt(5) writes it. */
  private static final Pattern HASH = Pattern.compile("\\$[0-9a-z]+\\$.+");

  private CloudConfig() {}

  /**
   * The files of the seed by their names.
   *
   * @param agent whether a guest without QEMU's guest agent installs it
   */
  static Map<String, String> files(
      CloudInit config, String vmName, String instanceId, boolean agent) {
    Map<String, String> files = new LinkedHashMap<>();
    String raw = config.userData();
    files.put("user-data", raw == null ? userData(config, vmName) : raw);
    files.put("meta-data", metaData(config, vmName, instanceId));
    if (agent) {
      // Apart from user-data, so that it runs beside whatever the user's own says.
      files.put("vendor-data", Resources.text("agent.sh"));
    }
    String network = config.networkConfig();
    if (network != null) {
      files.put("network-config", network);
    }
    return files;
  }

  private static String hostname(CloudInit config, String vmName) {
    String name = config.hostname();
    return name == null ? vmName : name;
  }

  private static String metaData(CloudInit config, String vmName, String instanceId) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("instance-id", instanceId);
    data.put("local-hostname", hostname(config, vmName));
    return YAML.writeValueAsString(data);
  }

  private static String userData(CloudInit config, String vmName) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("hostname", hostname(config, vmName));
    String user = config.user();
    if (user == null) {
      defaultUser(config, data);
    } else {
      data.put("users", List.of(account(config, user)));
      // cloud-init otherwise turns every key of root into a hint to use another account.
      data.put("disable_root", !user.equals("root"));
    }
    data.put("ssh_pwauth", config.password() != null);
    if (!config.packages().isEmpty()) {
      data.put("package_update", true);
      data.put("packages", config.packages());
    }
    return "#cloud-config\n" + YAML.writeValueAsString(data);
  }

  /** The account that the image names itself, such as debian or ubuntu. */
  private static void defaultUser(CloudInit config, Map<String, Object> data) {
    data.put("users", List.of("default"));
    if (!config.sshKeys().isEmpty()) {
      data.put("ssh_authorized_keys", config.sshKeys());
    }
    String password = config.password();
    if (password != null) {
      data.put("password", password);
      data.put("chpasswd", Map.of("expire", false));
    }
  }

  private static Map<String, Object> account(CloudInit config, String user) {
    Map<String, Object> account = new LinkedHashMap<>();
    account.put("name", user);
    account.put("shell", "/bin/bash");
    account.put("sudo", List.of("ALL=(ALL) NOPASSWD:ALL"));
    String password = config.password();
    account.put("lock_passwd", password == null);
    if (password != null) {
      boolean hashed = HASH.matcher(password).matches();
      account.put(hashed ? "passwd" : "plain_text_passwd", password);
    }
    if (!config.sshKeys().isEmpty()) {
      account.put("ssh_authorized_keys", config.sshKeys());
    }
    return account;
  }
}
