package dev.kelvin.server.http.access;

import dev.kelvin.model.Code;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/** The secret by which the administrator is known over TLS: 256 random bits, kept in a file. */
public final class AdminToken {
  private static final Logger LOG = System.getLogger(AdminToken.class.getName());
  private static final int RANDOM_BYTES = 32;
  private static final int LEAST_CHARACTERS = 32;

  private final String text;
  private final byte[] digest;

  private AdminToken(String text) {
    this.text = text;
    this.digest = sha256(text);
  }

  /**
   * Reads the token, or makes one when there is none. A file that others can read is closed to them
   * and a warning is logged.
   *
   * @throws ProblemException host-failure when the file cannot be read or written, invalid-argument
   *     when what it holds is too short for a secret
   */
  public static AdminToken loadOrCreate(Path file) {
    try {
      if (!Files.exists(file)) {
        byte[] random = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(random);
        String made = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        PrivateFiles.write(file, (made + "\n").getBytes(StandardCharsets.US_ASCII));
        return new AdminToken(made);
      }
      if (OwnerOnly.restrict(file)) {
        LOG.log(
            Level.WARNING,
            "others could read the administrator''s token {0}; delete it and restart to have a new"
                + " one",
            file);
      }
      String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
      if (text.length() < LEAST_CHARACTERS) {
        throw Problem.of(Code.INVALID_ARGUMENT, "The administrator's token cannot be used")
            .on(file.toString())
            .because("it has fewer than " + LEAST_CHARACTERS + " characters")
            .remedy("delete the file; the daemon makes a new one when it starts")
            .asException();
      }
      return new AdminToken(text);
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The administrator's token cannot be read or made")
          .on(file.toString())
          .because(e.toString())
          .remedy("let the daemon's user read and write this file and its directory")
          .asException(e);
    }
  }

  /** The secret itself, as clients send it. */
  public String text() {
    return text;
  }

  /** Whether this is the token. Takes the same time for every wrong one. */
  public boolean matches(String presented) {
    return MessageDigest.isEqual(digest, sha256(presented));
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
