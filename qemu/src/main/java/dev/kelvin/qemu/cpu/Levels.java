package dev.kelvin.qemu.cpu;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The micro-architecture levels of the x86-64 psABI (section 3.1.1, table 3.1), in QEMU's names of
 * features. Distributions name the level that they need: RHEL 9 x86-64-v2, RHEL 10 x86-64-v3.
 */
final class Levels {
  /** The features that each level has beyond the one before it. */
  private static final List<List<String>> LEVELS =
      List.of(
          List.of("cmov", "cx8", "fpu", "fxsr", "lm", "mmx", "syscall", "sse", "sse2"),
          List.of("cx16", "lahf-lm", "popcnt", "pni", "sse4.1", "sse4.2", "ssse3"),
          List.of("avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"),
          List.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"));

  private Levels() {}

  /** The highest level whose features, and those of all below, are there; null for none. */
  static @Nullable String of(Collection<String> features) {
    int reached = 0;
    while (reached < LEVELS.size() && features.containsAll(LEVELS.get(reached))) {
      reached++;
    }
    return reached == 0 ? null : "x86-64-v" + reached;
  }
}
