package dev.kelvin.server;

import dev.kelvin.codec.Documents;
import dev.kelvin.host.file.HostPaths;
import dev.kelvin.host.qemu.QemuChoice;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.server.http.guard.HttpLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code kelvin.yaml} in the configuration directory says. Every field may be left out.
 *
 * @param listen where the API is served over TLS
 * @param state where Kelvin remembers
 * @param images where images come from
 * @param limits how much clients may ask for
 * @param qemu what runs VMs
 * @param hostPaths which paths of the host documents of VMs may name; every one where it is absent
 */
record Settings(
    Listen listen,
    StateSettings state,
    Images images,
    HttpLimits limits,
    Qemu qemu,
    @Nullable HostPathSettings hostPaths) {
  /** The first port that is tried, and how many after it. */
  private static final int FIRST_PORT = 8006;

  private static final int PORTS = 100;

  /**
   * Where the API is served over TLS.
   *
   * @param address of the host; {@code 0.0.0.0} for all
   * @param port 0 takes the first free one from 8006 on
   */
  record Listen(String address, Integer port) {
    Listen {
      address = address == null ? "127.0.0.1" : address;
      port = port == null ? 0 : port;
    }

    int firstPort() {
      return port == 0 ? FIRST_PORT : port;
    }

    int lastPort() {
      return port == 0 ? FIRST_PORT + PORTS - 1 : port;
    }
  }

  /**
   * Where images come from.
   *
   * @param mirrors instead of the publishers' own servers, by the names of distributions
   */
  record Images(Map<String, String> mirrors) {
    Images {
      mirrors = mirrors == null ? Map.of() : Map.copyOf(mirrors);
    }
  }

  /**
   * Programs that run VMs, instead of the host's.
   *
   * @param binary absolute path of the QEMU for guests of x86_64
   * @param i386 of that for 32-bit guests; the one beside {@code binary} unless it is said
   * @param aarch64 likewise
   */
  record Qemu(@Nullable String binary, @Nullable String i386, @Nullable String aarch64) {
    /**
     * What runs VMs, with what the daemon's environment says.
     *
     * @throws ProblemException invalid-argument for what cannot be a QEMU
     */
    QemuChoice choice(@Nullable String variable) {
      var fields = new EnumMap<Architecture, Map.Entry<String, String>>(Architecture.class);
      add(fields, Architecture.X86_64, "qemu.binary", binary);
      add(fields, Architecture.I386, "qemu.i386", i386);
      add(fields, Architecture.AARCH64, "qemu.aarch64", aarch64);
      return QemuChoice.of(variable, fields);
    }

    private static void add(
        Map<Architecture, Map.Entry<String, String>> fields,
        Architecture architecture,
        String field,
        @Nullable String path) {
      if (path != null) {
        fields.put(architecture, Map.entry(field, path));
      }
    }
  }

  @SuppressWarnings("NullAway") // a null that a constructor is given asks it for the default
  Settings {
    listen = listen == null ? new Listen(null, null) : listen;
    state = state == null ? new StateSettings(null, null, null, null, null, null, null) : state;
    images = images == null ? new Images(null) : images;
    limits = limits == null ? HttpLimits.USUAL : limits;
    qemu = qemu == null ? new Qemu(null, null, null) : qemu;
  }

  /**
   * Reads the file; all defaults when there is none.
   *
   * @throws ProblemException when it cannot be read or used, naming the file
   */
  @SuppressWarnings("NullAway") // as above
  static Settings read(Layout layout) {
    Path file = layout.config().resolve("kelvin.yaml");
    if (!Files.exists(file)) {
      return new Settings(null, null, null, null, null, null);
    }
    try {
      Settings settings =
          Documents.read(Files.readAllBytes(file), Documents.Syntax.YAML, Settings.class);
      settings.check();
      return settings;
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The configuration cannot be read")
          .on(file.toString())
          .because(e.toString())
          .remedy("let the daemon's user read it")
          .asException(e);
    } catch (ProblemException e) {
      throw e.problem().on(file.toString()).asException(e);
    }
  }

  private void check() {
    int port = listen.port();
    if (port < 0 || port > 65535) {
      throw Problem.of(Code.INVALID_ARGUMENT, "Port " + port + " cannot be listened at")
          .at("listen.port")
          .because("ports are numbers from 1 to 65535")
          .remedy("write such a number, or 0 for the first free one from " + FIRST_PORT)
          .asException();
    }
    state.check();
    limits.check();
    var _ = allowedPaths();
    images.mirrors().forEach(Settings::checkMirror);
    var _ = qemu.choice(null);
  }

  /**
   * The paths of the host that documents may name.
   *
   * @throws ProblemException invalid-argument for what cannot be meant
   */
  HostPaths allowedPaths() {
    return hostPaths == null ? HostPaths.any() : hostPaths.allowed();
  }

  private static void checkMirror(String distribution, String mirror) {
    if (!mirror.matches("https?://[^\\s@]{1,500}")) {
      throw Problem.of(Code.INVALID_ARGUMENT, "This mirror cannot be used")
          .at("images.mirrors." + distribution)
          .because("\"" + mirror + "\" is no address of http or https")
          .remedy("write such as https://mirror.example.org/" + distribution)
          .asException();
    }
  }
}
