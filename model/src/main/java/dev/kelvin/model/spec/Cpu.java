package dev.kelvin.model.spec;

/**
 * Virtual CPUs: {@code sockets × cores × threads} of them.
 *
 * @param model {@code host} (KVM only), {@code max}, or a named model of QEMU such as {@code
 *     Skylake-Server}; {@code auto} takes {@code host} on KVM and {@code max} on TCG
 * @param hyperv whether the guest finds Hyper-V's interfaces, which Windows uses to run faster;
 *     they take effect on KVM only
 */
// A null that a constructor is given asks for the default; NullAway has no word for that.
@SuppressWarnings("NullAway")
public record Cpu(Integer sockets, Integer cores, Integer threads, String model, Boolean hyperv) {
  public Cpu {
    sockets = sockets == null ? 1 : sockets;
    cores = cores == null ? 1 : cores;
    threads = threads == null ? 1 : threads;
    model = model == null ? "auto" : model;
  }

  public static Cpu of(int count) {
    return new Cpu(1, count, 1, "auto", null);
  }

  /** The same with or without Hyper-V's interfaces, unless it says that itself. */
  Cpu withDefaultHyperv(boolean usual) {
    return hyperv != null ? this : new Cpu(sockets, cores, threads, model, usual);
  }

  /** How many virtual CPUs the guest sees. */
  public int count() {
    return Math.toIntExact((long) sockets * cores * threads);
  }
}
