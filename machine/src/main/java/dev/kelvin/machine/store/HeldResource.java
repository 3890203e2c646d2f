package dev.kelvin.machine.store;

import dev.kelvin.model.VmStatus.Forward;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing that the machine of a VM holds of the host from its launch on, and that its end gives
 * back ({@code machine.launch.HostResources}). A further kind is a record here, a field of {@link
 * Stored}, and a branch in each switch that the compiler then asks for.
 *
 * <p>The VM's user id is not among them: the VM has it from its creation to its deletion, whether a
 * process of it runs or not.
 */
public sealed interface HeldResource
    permits StartedCompanion,
        HeldResource.RuntimeDirectory,
        HeldResource.Exposure,
        HeldResource.HostPort,
        HeldResource.OfLaterKelvin {

  /**
   * The directory of the VM's sockets.
   *
   * @param path absolute; of another home where the record was copied with its home
   */
  record RuntimeDirectory(String path) implements HeldResource {}

  /**
   * That a guest may reach what listens on the host.
   *
   * @param user the user id whose connections pass
   */
  record Exposure(int user) implements HeldResource {}

  /**
   * A port of the host that leads to the guest.
   *
   * @param protocol {@code tcp} or {@code udp}
   */
  record HostPort(String protocol, String address, int port) implements HeldResource {
    static HostPort of(Forward forward) {
      return new HostPort(forward.protocol(), forward.hostAddress(), forward.hostPort());
    }
  }

  /** Something of a kind that only a later version of Kelvin knows. */
  record OfLaterKelvin() implements HeldResource {}

  /** Whether it is one process's, and no other process of the same VM needs it. */
  default boolean ofProcess() {
    return switch (this) {
      case StartedCompanion _, HostPort _ -> true;
      case RuntimeDirectory _, Exposure _, OfLaterKelvin _ -> false;
    };
  }

  /**
   * How one is stored: the field of its kind is there, and no other. Kinds that this version does
   * not know are passed over when it is read. Ports are not stored here, but with what they lead
   * to, in {@link RunRecord#forwards}.
   */
  record Stored(
      @Nullable StartedCompanion companion,
      @Nullable RuntimeDirectory runtimeDirectory,
      @Nullable Exposure exposure) {

    static Stored of(HeldResource held) {
      return switch (held) {
        case StartedCompanion companion -> new Stored(companion, null, null);
        case RuntimeDirectory directory -> new Stored(null, directory, null);
        case Exposure exposure -> new Stored(null, null, exposure);
        case HostPort _, OfLaterKelvin _ ->
            throw new IllegalArgumentException("it is not stored as such: " + held);
      };
    }

    HeldResource resource() {
      if (companion != null) {
        return companion;
      } else if (runtimeDirectory != null) {
        return runtimeDirectory;
      }
      return exposure == null ? new OfLaterKelvin() : exposure;
    }
  }

  /** As they are stored. */
  static List<Stored> stored(List<HeldResource> held) {
    return held.stream().map(Stored::of).toList();
  }
}
