package dev.kelvin.cli.tree;

/**
 * One entry of an archive.
 *
 * @param name as it is written there
 * @param mode permissions, with the bits for set-user-id and the like
 * @param size of the content, in bytes
 * @param link what a link leads to; empty for others
 */
record TarEntry(String name, Kind kind, int mode, long size, String link) {
  /** What an entry is; the letters are those of pax(1), "ustar Interchange Format". */
  enum Kind {
    FILE('0'),
    HARD_LINK('1'),
    LINK('2'),
    DEVICE('3'),
    DIRECTORY('5'),
    PIPE('6'),
    /** Of another kind of archive, such as files with holes. */
    UNKNOWN('?');

    private final char letter;

    Kind(char letter) {
      this.letter = letter;
    }

    char letter() {
      return letter;
    }

    static Kind of(int letter) {
      return switch (letter) {
        case 0, '0', '7' -> FILE;
        case '1' -> HARD_LINK;
        case '2' -> LINK;
        case '3', '4' -> DEVICE;
        case '5' -> DIRECTORY;
        case '6' -> PIPE;
        default -> UNKNOWN;
      };
    }
  }
}
