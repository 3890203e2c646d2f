package dev.kelvin.host.testkit;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;

/**
 * A program of 164 bytes whose main thread ends while another one goes on: what is left of a QEMU
 * of which one thread was killed by its seccomp filter.
 */
public final class Beheaded {
  private static final long LOAD = 0x400000;
  private static final int HEADERS = 64 + 56;

  /**
   * {@code clone(VM | FS | FILES | SIGHAND | THREAD | SYSVSEM)}; the main thread calls {@code
   * exit(0)}, the other one {@code pause()} for ever. Neither needs a stack.
   */
  private static final String CODE =
      "b838000000bf000f050031f631d24d31d24d31c00f05"
          + "85c07409b83c00000031ff0f05"
          + "b8220000000f05ebf7";

  private Beheaded() {}

  /** Writes the program, an ELF file (elf(5)), where such a one runs. */
  public static Path in(Path directory) throws IOException {
    assumeThat(System.getProperty("os.arch")).as("the program is for x86-64").isEqualTo("amd64");
    byte[] code = HexFormat.of().parseHex(CODE);
    var elf = ByteBuffer.allocate(HEADERS + code.length).order(ByteOrder.LITTLE_ENDIAN);
    elf.put(HexFormat.of().parseHex("7f454c46020101000000000000000000"));
    elf.putShort((short) 2).putShort((short) 62).putInt(1);
    elf.putLong(LOAD + HEADERS).putLong(64).putLong(0).putInt(0);
    elf.putShort((short) 64).putShort((short) 56).putShort((short) 1);
    elf.putShort((short) 0).putShort((short) 0).putShort((short) 0);
    elf.putInt(1).putInt(5).putLong(0).putLong(LOAD).putLong(LOAD);
    elf.putLong(elf.capacity()).putLong(elf.capacity()).putLong(0x1000);
    elf.put(code);
    Path file = directory.resolve("beheaded");
    Files.write(file, elf.array());
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
