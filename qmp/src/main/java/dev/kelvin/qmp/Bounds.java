package dev.kelvin.qmp;

/**
 * How much one message of a peer may be, by what it was asked. Peers are not trusted: a message
 * beyond its bounds ends the connection before it is read any further.
 *
 * @param bytes how long, without what is cut off its texts
 * @param depth how deep values may lie in each other
 * @param tokens how many values, names, beginnings and ends
 * @param text how many bytes are kept of a text; the rest of it is passed over as it is read
 * @param sent how long with all that is passed over
 */
record Bounds(int bytes, int depth, int tokens, int text, int sent) {
  /** What an agent says to most commands: less than 6 KB, fewer than 1,000 tokens. */
  static final Bounds SHORT = new Bounds(64 << 10, 16, 4096);

  /** What an agent lists, as of a guest with hundreds of network interfaces. */
  static final Bounds LIST = new Bounds(256 << 10, 16, 16_384);

  /** A piece of a file of the guest, in base64. */
  static final Bounds PIECE = new Bounds(256 << 10, 16, 64);

  /**
   * The output of a program in the guest, in base64. The agent keeps 16 MiB of each stream
   * (GUEST_EXEC_MAX_OUTPUT in qga/commands.c of QEMU), which is 22 MiB in base64; what is kept here
   * is {@link AgentClient#MAX_OUTPUT} of each, and a little more, which shows that there is more.
   */
  static final Bounds OUTPUT =
      new Bounds(AgentClient.MAX_MESSAGE, 16, 64, (AgentClient.MAX_OUTPUT / 3 + 2) * 4, 48 << 20);

  /** The answer to a synchronization: a number. */
  static final Bounds SYNC = new Bounds(1024, 4, 16);

  /** What QEMU tells unasked, and the answers to commands that change something. */
  static final Bounds EVENT = new Bounds(16 << 10, 32, 1024);

  /** QEMU's answers; the statistics of a hundred disks are 300 KB. */
  static final Bounds ANSWER = new Bounds(1 << 20, 64, 64 << 10);

  /** QEMU's own description of its commands. */
  static final Bounds SCHEMA = new Bounds(QmpClient.MAX_MESSAGE, 64, 1 << 20);

  /** What one token of a tree takes of memory at most, roughly: that of an object of one number. */
  static final int TOKEN_BYTES = 80;

  Bounds(int bytes, int depth, int tokens) {
    this(bytes, depth, tokens, bytes, bytes);
  }

  static Bounds ofAgent(String command) {
    return switch (command) {
      case "guest-network-get-interfaces" -> LIST;
      case "guest-file-read" -> PIECE;
      case "guest-exec-status" -> OUTPUT;
      default -> SHORT;
    };
  }

  static Bounds ofQemu(String command) {
    return command.equals("query-qmp-schema") ? SCHEMA : ANSWER;
  }

  /** What a message takes at most while it is read and handed over. */
  long cost(byte[] line, int length) {
    // Beginnings and ends are marks, each name has its colon, and there is one simple value more
    // than there are commas at most.
    long marks = 0;
    for (int i = 0; i < length; i++) {
      switch (line[i]) {
        case '[', ']', '{', '}', ',', ':' -> marks++;
        default -> {}
      }
    }
    return Math.min(marks + 1, tokens) * TOKEN_BYTES + length + length / 2;
  }
}
