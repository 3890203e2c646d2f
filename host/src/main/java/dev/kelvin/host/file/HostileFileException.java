package dev.kelvin.host.file;

import java.io.IOException;

/** What lies under a name is not what should be there, as where a guest's user has put it. */
public final class HostileFileException extends IOException {
  HostileFileException(String message) {
    super(message);
  }
}
