package dev.kelvin.cli.command;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which guests a question about CPUs is for. */
public final class GuestOptions {
  @Option(
      names = "--arch",
      paramLabel = "ARCH",
      description = "For guests of this architecture: x86_64, i386 or aarch64. Usual: x86_64.")
  @Nullable String arch;

  @Option(
      names = "--accelerator",
      paramLabel = "NAME",
      description = "For guests on kvm or tcg. Usual: the one that they get here.")
  @Nullable String accelerator;
}
