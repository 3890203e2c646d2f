package dev.kelvin.model.spec;

import java.util.List;

/**
 * Virtual CPUs: {@code sockets × cores × threads} of them.
 *
 * @param model {@code host} (KVM only), {@code max}, or a named model of QEMU such as {@code
 *     Skylake-Server}; {@code auto} takes {@code host} on KVM and {@code max} on TCG
 * @param features added to the model ({@code +aes}) or taken from it ({@code -aes}), in QEMU's
 *     names
 * @param hyperv whether the guest finds Hyper-V's interfaces, which Windows uses to run faster;
 *     they take effect on KVM only
 */
// A null that a constructor is given asks for the default; NullAway has no word for that.
@SuppressWarnings("NullAway")
public record Cpu(
    Integer sockets,
    Integer cores,
    Integer threads,
    String model,
    List<String> features,
    Boolean hyperv) {
  public Cpu {
    sockets = sockets == null ? 1 : sockets;
    cores = cores == null ? 1 : cores;
    threads = threads == null ? 1 : threads;
    model = model == null ? "auto" : model;
    features = features == null ? List.of() : List.copyOf(features);
  }

  public static Cpu of(int count) {
    return new Cpu(1, count, 1, "auto", List.of(), null);
  }

  /** The same with or without Hyper-V's interfaces, unless it says that itself. */
  Cpu withDefaultHyperv(boolean usual) {
    return hyperv != null ? this : new Cpu(sockets, cores, threads, model, features, usual);
  }

  /** The same with another model, and features added to it or taken from it. */
  public Cpu withModel(String newModel, List<String> newFeatures) {
    return new Cpu(sockets, cores, threads, newModel, newFeatures, hyperv);
  }

  /** How many virtual CPUs the guest sees. */
  public int count() {
    return Math.toIntExact((long) sockets * cores * threads);
  }
}
