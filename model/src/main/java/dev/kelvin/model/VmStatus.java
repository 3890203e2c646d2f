package dev.kelvin.model;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was last observed of a VM.
 *
 * @param phase its state
 * @param message why it is in that state, when that is not plain
 * @param since when it came into that state
 * @param pid of the QEMU process, 0 without one
 * @param startedAt when that process was started
 * @param accelerator what the process runs on: {@code kvm} or {@code tcg}
 * @param restarts how often the restart policy started it again since a user last did
 * @param lastExit how the last process ended
 * @param restartRequired fields of the spec that take effect at the next start
 * @param forwards host ports that lead into the guest
 * @param guest what its agent said; absent while no agent has answered since the start
 */
public record VmStatus(
    Phase phase,
    @Nullable String message,
    Instant since,
    long pid,
    @Nullable Instant startedAt,
    @Nullable String accelerator,
    int restarts,
    @Nullable Exit lastExit,
    List<String> restartRequired,
    List<Forward> forwards,
    @Nullable GuestInfo guest) {

  /** How a VM's process came to its end. */
  public enum ExitReason implements WireName {
    /** The guest powered itself off. */
    GUEST_POWEROFF("guest-poweroff"),
    /** The guest's kernel panicked. */
    GUEST_PANIC("guest-panic"),
    /** The guest did not feed its watchdog, whose action is to power it off. */
    WATCHDOG("watchdog"),
    /** A user asked for a shutdown and the guest followed. */
    SHUTDOWN("shutdown"),
    /** A user stopped it at once. */
    STOPPED("stopped"),
    /** The process ended by itself, or something outside Kelvin killed it. */
    CRASH("crash"),
    /** It could not be started. */
    START_FAILED("start-failed"),
    /** The host was restarted under it. */
    HOST_RESTART("host-restart");

    private final String wire;

    ExitReason(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  public record Exit(ExitReason reason, @Nullable String detail, Instant at) {}

  /**
   * A host port that leads to a port of the guest.
   *
   * @param guestAddress null for the address that the guest gets by DHCP
   */
  public record Forward(
      String nic,
      String protocol,
      String hostAddress,
      int hostPort,
      @Nullable String guestAddress,
      int guestPort) {
    /** To a guest that gets its address by DHCP. */
    public static Forward of(
        String nic, String protocol, String hostAddress, int hostPort, int guestPort) {
      return new Forward(nic, protocol, hostAddress, hostPort, null, guestPort);
    }
  }

  public VmStatus {
    phase = phase == null ? Phase.PENDING : phase;
    since = since == null ? Instant.EPOCH : since;
    restartRequired = restartRequired == null ? List.of() : List.copyOf(restartRequired);
    forwards = forwards == null ? List.of() : List.copyOf(forwards);
  }

  public static VmStatus initial() {
    return new VmStatus(
        Phase.PENDING, null, Instant.EPOCH, 0, null, null, 0, null, List.of(), List.of(), null);
  }

  public VmStatus in(Phase newPhase, @Nullable String newMessage, Instant now) {
    return new VmStatus(
        newPhase,
        newMessage,
        now,
        pid,
        startedAt,
        accelerator,
        restarts,
        lastExit,
        restartRequired,
        forwards,
        guest);
  }

  /** The status of a VM whose process has just been started. */
  public VmStatus withProcess(long newPid, Instant at, String accel, List<Forward> newForwards) {
    return new VmStatus(
        phase, message, since, newPid, at, accel, restarts, lastExit, List.of(), newForwards, null);
  }

  /** The status of a VM whose process is gone. */
  public VmStatus withoutProcess(Exit exit) {
    return new VmStatus(
        phase, message, since, 0, null, null, restarts, exit, List.of(), List.of(), null);
  }

  public VmStatus withLastExit(Exit exit) {
    return new VmStatus(
        phase,
        message,
        since,
        pid,
        startedAt,
        accelerator,
        restarts,
        exit,
        restartRequired,
        forwards,
        guest);
  }

  public VmStatus withRestarts(int newRestarts) {
    return new VmStatus(
        phase,
        message,
        since,
        pid,
        startedAt,
        accelerator,
        newRestarts,
        lastExit,
        restartRequired,
        forwards,
        guest);
  }

  public VmStatus withRestartRequired(List<String> fields) {
    return new VmStatus(
        phase,
        message,
        since,
        pid,
        startedAt,
        accelerator,
        restarts,
        lastExit,
        fields,
        forwards,
        guest);
  }

  public VmStatus withForwards(List<Forward> newForwards) {
    return new VmStatus(
        phase,
        message,
        since,
        pid,
        startedAt,
        accelerator,
        restarts,
        lastExit,
        restartRequired,
        newForwards,
        guest);
  }

  public VmStatus withGuest(@Nullable GuestInfo newGuest) {
    return new VmStatus(
        phase,
        message,
        since,
        pid,
        startedAt,
        accelerator,
        restarts,
        lastExit,
        restartRequired,
        forwards,
        newGuest);
  }
}
