package dev.kelvin.host.net;

import dev.kelvin.host.kernel.Syscalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalLong;

/**
 * The number that the kernel gives to each state of a network namespace's rules of nftables: it
 * changes with every transaction, whoever makes it. Asking takes microseconds, where running nft(8)
 * takes tens of milliseconds. The message is NFT_MSG_GETGEN of linux/netfilter/nf_tables.h, by
 * netlink(7); it takes CAP_NET_ADMIN.
 */
final class RulesGeneration {
  private static final short GETGEN = 10 << 8 | 16;
  private static final short NEWGEN = 10 << 8 | 15;
  private static final short REQUEST = 1;

  /** The attribute with the number, in the network's order. */
  private static final short ID = 1;

  private static final int HEADER = 16;

  /** The family and what else each message of netfilter begins with. */
  private static final int FAMILY = 4;

  private static final int ATTRIBUTE = 4;

  /** Made when first needed, which is never in the command line. */
  private static final class Kernel {
    private static final Syscalls CALLS = new Syscalls();

    private Kernel() {}
  }

  private RulesGeneration() {}

  /** That of this process's network namespace; empty when the kernel does not tell. */
  static OptionalLong now() {
    ByteBuffer request =
        ByteBuffer.allocate(HEADER + FAMILY)
            .order(ByteOrder.nativeOrder())
            .putInt(HEADER + FAMILY)
            .putShort(GETGEN)
            .putShort(REQUEST);
    return parse(Kernel.CALLS.askNetfilter(request.array()));
  }

  /** What an answer says; empty when it is none or a refusal. */
  static OptionalLong parse(byte[] answer) {
    var in = ByteBuffer.wrap(answer).order(ByteOrder.nativeOrder());
    if (in.remaining() < HEADER + FAMILY || in.getShort(Integer.BYTES) != NEWGEN) {
      return OptionalLong.empty();
    }
    in.position(HEADER + FAMILY);
    while (in.remaining() >= ATTRIBUTE + Integer.BYTES) {
      int length = Short.toUnsignedInt(in.getShort());
      short type = in.getShort();
      if (type == ID) {
        return OptionalLong.of(Integer.toUnsignedLong(in.order(ByteOrder.BIG_ENDIAN).getInt()));
      }
      int rest = (length + 3 & ~3) - ATTRIBUTE;
      if (rest < 0 || rest > in.remaining()) {
        break;
      }
      in.position(in.position() + rest);
    }
    return OptionalLong.empty();
  }
}
