package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.file.LocalFiles;
import dev.kelvin.codec.SeedDocuments;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.CloudInit;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** A document for cloud-init that the user has in a file: as text, or packed with gzip. */
final class UserDataFile {
  /** What the daemon takes; a packed file may come to as much. */
  private static final int MOST_BYTES = 512 << 10;

  private UserDataFile() {}

  /**
   * Reads the file, or standard input for {@code -}.
   *
   * @throws dev.kelvin.model.ProblemException malformed, too-large, or invalid-argument when
   *     cloud-init would pass over it
   */
  static CloudInit read(Session session, String file) {
    String source = file.equals("-") ? "standard input" : session.file(file).toString();
    byte[] bytes =
        file.equals("-")
            ? input(session)
            : LocalFiles.read(session.file(file), Files::readAllBytes);
    boolean packed = bytes.length > 2 && bytes[0] == 0x1f && bytes[1] == (byte) 0x8b;
    String text = SpecFile.utf8(packed ? unpack(bytes, source) : bytes, source);
    var setup = new CloudInit(null, null, List.of(), null, List.of(), text, null);
    SeedDocuments.userData(Objects.requireNonNull(setup.userData()))
        .ifPresent(fault -> {
          throw Problem.of(Code.INVALID_ARGUMENT, "cloud-init would do nothing with this user data")
              .on(source)
              .at("--user-data")
              .because(fault.cause())
              .remedy(fault.remedy())
              .asException();
        });
    return setup;
  }

  private static byte[] input(Session session) {
    try {
      return session.in().readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("reading standard input", e);
    }
  }

  private static byte[] unpack(byte[] packed, String source) {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw Problem.of(Code.TOO_LARGE, "The user data is too large")
            .on(source)
            .because("more than " + MOST_BYTES + " bytes come out of it")
            .remedy("have the guest fetch what is large: #include and a URL")
            .asException();
      }
      return bytes;
    } catch (IOException e) {
      throw Problem.of(Code.MALFORMED, "The user data cannot be unpacked")
          .on(source)
          .because("it begins like gzip, and is damaged: " + e.getMessage())
          .remedy("pack it again, or give it as text")
          .asException(e);
    }
  }
}
