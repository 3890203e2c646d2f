package dev.kelvin.model.spec;

/**
 * Virtual CPUs: {@code sockets × cores × threads} of them.
 *
 * @param model {@code host} (KVM only), {@code max}, or a named model of QEMU such as {@code
 *     Skylake-Server}; {@code auto} takes {@code host} on KVM and {@code max} on TCG
 */
public record Cpu(Integer sockets, Integer cores, Integer threads, String model) {
  public Cpu {
    sockets = sockets == null ? 1 : sockets;
    cores = cores == null ? 1 : cores;
    threads = threads == null ? 1 : threads;
    model = model == null ? "auto" : model;
  }

  public static Cpu of(int count) {
    return new Cpu(1, count, 1, "auto");
  }

  /** How many virtual CPUs the guest sees. */
  public int count() {
    return Math.toIntExact((long) sockets * cores * threads);
  }
}
