package dev.kelvin.machine.launch.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.kelvin.host.file.HostPaths;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is told of files that are no kernels, before QEMU sees them. */
class KernelFileTest {
  @TempDir Path directory;

  private static ByteBuffer bytes() {
    return ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] array(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.capacity()];
    buffer.get(0, bytes);
    return bytes;
  }

  private static byte[] bzImage() {
    return array(bytes().putShort(0, (short) 0x5a4d).putInt(0x202, 0x53726448));
  }

  private static byte[] multiboot(int sum) {
    return array(bytes().putInt(64, 0x1BADB002).putInt(68, 0).putInt(72, -0x1BADB002 + sum));
  }

  /** A 64-bit ELF file with one program header, of notes: one of another kind, then Xen's. */
  private static byte[] elf(int machine, int noteType) {
    var file = bytes();
    file.putInt(0, 0x464c457f).put(4, (byte) 2).putShort(18, (short) machine);
    file.putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 1);
    file.putInt(64, 4).putLong(72, 1024).putLong(96, 64);
    file.putInt(1024, 4).putInt(1028, 5).putInt(1032, 3).putInt(1036, 0x00554e47);
    int second = 1024 + 12 + 4 + 8;
    file.putInt(second, 4).putInt(second + 4, 8).putInt(second + 8, noteType);
    return array(file.putInt(second + 12, 0x006e6558));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] starting(int... first) {
    var file = bytes();
    for (int i = 0; i < first.length; i++) {
      file.put(i, (byte) first[i]);
    }
    return array(file);
  }

  private static byte[] uki() {
    var file = bytes().putShort(0, (short) 0x5a4d);
    file.put(600, text(".linux"));
    return array(file);
  }

  private VmSpec spec(byte[] content, Architecture architecture) throws IOException {
    Path file = Files.write(directory.resolve("k"), content);
    return new VmSpec.Builder()
        .architecture(architecture)
        .boot(Boot.kernel(file.toString(), null, null))
        .build();
  }

  static Stream<Arguments> kernels() {
    return Stream.of(
        arguments(bzImage(), Architecture.X86_64),
        arguments(bzImage(), Architecture.I386),
        arguments(elf(62, 18), Architecture.X86_64),
        arguments(multiboot(0), Architecture.X86_64),
        arguments(starting(0x1f, 0x8b), Architecture.AARCH64),
        arguments(array(bytes().putShort(0, (short) 0x5a4d)), Architecture.AARCH64),
        arguments(elf(183, 0), Architecture.AARCH64),
        arguments(array(bytes()), Architecture.AARCH64));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void takesWhatQemuStarts(byte[] content, Architecture architecture) throws IOException {
    VmSpec spec = spec(content, architecture);
    assertThatCode(() -> KernelFile.check(spec, HostPaths.any())).doesNotThrowAnyException();
  }

  static Stream<Arguments> others() {
    return Stream.of(
        arguments(text(""), Architecture.X86_64, "empty", "bzImage"),
        arguments(text("hello\n"), Architecture.X86_64, "a text", "bzImage"),
        arguments(starting(0x1f, 0x8b), Architecture.X86_64, "gzip", "gunzip"),
        arguments(starting(0xfd, '7', 'z', 'X'), Architecture.X86_64, "xz", "bzImage"),
        arguments(starting(0x28, 0xb5, 0x2f, 0xfd), Architecture.X86_64, "zstd", "bzImage"),
        arguments(starting('B', 'Z', 'h'), Architecture.AARCH64, "bzip2", "Image"),
        arguments(uki(), Architecture.X86_64, "UKI", "objcopy"),
        arguments(starting('M', 'Z'), Architecture.X86_64, "EFI program", "uefi"),
        arguments(elf(62, 17), Architecture.X86_64, "PVH", "vmlinux"),
        arguments(elf(183, 18), Architecture.X86_64, "another kind of CPU", "bzImage"),
        arguments(array(bytes().putInt(56, 0x644d5241)), Architecture.X86_64, "arm64", "bzImage"),
        arguments(multiboot(1), Architecture.X86_64, "HdrS", "bzImage"),
        arguments(array(bytes()), Architecture.X86_64, "HdrS", "bzImage"),
        arguments(text("hello\n"), Architecture.AARCH64, "a text", "Image"),
        arguments(bzImage(), Architecture.AARCH64, "for x86", "Image"),
        arguments(elf(62, 18), Architecture.AARCH64, "another kind of CPU", "Image"));
  }

  @ParameterizedTest
  @MethodSource("others")
  void saysWhatAnotherFileIs(byte[] content, Architecture architecture, String cause, String remedy)
      throws IOException {
    VmSpec spec = spec(content, architecture);
    var refused =
        catchThrowableOfType(ProblemException.class, () -> KernelFile.check(spec, HostPaths.any()));
    assertThat(refused).isNotNull();
    Problem problem = refused.problem();
    assertThat(problem.detail()).startsWith("This is no Linux kernel for ");
    assertThat(problem.field()).isEqualTo("spec.boot.kernel");
    assertThat(problem.cause()).contains(cause);
    assertThat(problem.remedy()).contains(remedy);
  }

  @Test
  void hostileHeadersAreNotFollowed() throws IOException {
    byte[] far = elf(62, 18);
    ByteBuffer.wrap(far).order(ByteOrder.LITTLE_ENDIAN).putLong(72, Long.MAX_VALUE - 8);
    byte[] large = elf(62, 17);
    ByteBuffer.wrap(large)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(96, -1)
        .putInt(1024, -1)
        .putInt(1028, -1);
    byte[] beyond = elf(62, 18);
    ByteBuffer.wrap(beyond)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(32, Long.MAX_VALUE - 100)
        .putShort(54, (short) 200)
        .putShort(56, (short) 2);
    for (byte[] content : new byte[][] {far, large, beyond}) {
      VmSpec spec = spec(content, Architecture.X86_64);
      assertThat(
              catchThrowableOfType(
                  ProblemException.class, () -> KernelFile.check(spec, HostPaths.any())))
          .isNotNull();
    }
  }

  @Test
  void whatIsNotThereIsJudgedWhenItIs() {
    var spec = new VmSpec.Builder().boot(Boot.kernel("/nowhere/vmlinuz", null, null)).build();
    assertThatCode(() -> KernelFile.check(spec, HostPaths.any())).doesNotThrowAnyException();
  }

  @Test
  void whatIsEmptyMayBeFilledBeforeTheStart() throws IOException {
    VmSpec empty = spec(new byte[0], Architecture.X86_64);
    assertThatCode(() -> KernelFile.checkEarly(empty, HostPaths.any())).doesNotThrowAnyException();
    assertThat(
            catchThrowableOfType(
                ProblemException.class, () -> KernelFile.check(empty, HostPaths.any())))
        .isNotNull();
    VmSpec wrong = spec(text("no kernel"), Architecture.X86_64);
    assertThat(
            catchThrowableOfType(
                ProblemException.class, () -> KernelFile.checkEarly(wrong, HostPaths.any())))
        .isNotNull();
  }

  @Test
  void whatIsNotAllowedIsNotOpened() throws IOException {
    VmSpec spec = spec(text("no kernel"), Architecture.X86_64);
    var elsewhere = HostPaths.beneath(List.of(Path.of("/nowhere")));
    for (Executable check :
        List.<Executable>of(
            () -> KernelFile.check(spec, elsewhere),
            () -> KernelFile.checkEarly(spec, elsewhere))) {
      var refused = catchThrowableOfType(ProblemException.class, check::execute);
      assertThat(refused.problem().code()).isEqualTo(Code.FORBIDDEN);
      assertThat(refused.problem().field()).isEqualTo("spec.boot.kernel");
    }
    VmSpec kernel = spec(bzImage(), Architecture.X86_64);
    Path allowed = Path.of(kernel.boot().kernel());
    VmSpec both =
        kernel.toBuilder().boot(Boot.kernel(allowed.toString(), "/etc/shadow", null)).build();
    var paths = HostPaths.beneath(List.of(allowed));
    assertThatCode(() -> KernelFile.check(kernel, paths)).doesNotThrowAnyException();
    var refused =
        catchThrowableOfType(ProblemException.class, () -> KernelFile.checkEarly(both, paths));
    assertThat(refused.problem().field()).isEqualTo("spec.boot.initrd");
  }
}
