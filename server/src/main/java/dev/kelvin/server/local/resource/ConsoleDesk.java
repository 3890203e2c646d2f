package dev.kelvin.server.local.resource;

import dev.kelvin.machine.VmAccess;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.server.action.Action.ConsoleKind;
import dev.kelvin.server.action.Actions.ConsoleLink;
import dev.kelvin.server.action.Actions.ConsoleSink;
import dev.kelvin.server.action.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;

/** Gives tickets for consoles, and opens a console for each, once. */
public final class ConsoleDesk {
  static final Duration VALID_FOR = Duration.ofSeconds(30);

  private record Grant(String vm, ConsoleKind kind) {}

  private final VmAccess access;
  private final Tickets<Grant> tickets;

  public ConsoleDesk(VmAccess access, InstantSource clock) {
    this.access = access;
    this.tickets = new Tickets<>(VALID_FOR, clock);
  }

  public Outcome.Ticket grant(String vm, ConsoleKind kind) {
    String ticket = tickets.grant(new Grant(vm, kind));
    return new Outcome.Ticket(ticket, "/v1/consoles/" + ticket, VALID_FOR);
  }

  public ConsoleLink open(String ticket, ConsoleSink sink) throws InterruptedException {
    Grant grant =
        tickets
            .use(ticket)
            .orElseThrow(() ->
                Problem.of(Code.UNAUTHENTICATED, "The console ticket is not valid")
                    .because(
                        "it is unknown, used already, or older than "
                            + VALID_FOR.toSeconds()
                            + " s")
                    .remedy("ask for a new ticket")
                    .asException());
    return switch (grant.kind()) {
      case SERIAL -> openSerial(grant.vm(), sink);
      case VNC -> openVnc(grant.vm(), sink);
    };
  }

  private ConsoleLink openSerial(String vm, ConsoleSink sink) throws InterruptedException {
    VmAccess.SerialLine line =
        access.openSerial(
            vm,
            new VmAccess.SerialListener() {
              @Override
              public void data(byte[] fromGuest) {
                sink.data(fromGuest);
              }

              @Override
              public void closed(String reason) {
                sink.closed(reason);
              }
            });
    return new ConsoleLink() {
      @Override
      public void send(byte[] toGuest) {
        line.send(toGuest);
      }

      @Override
      public void close() {
        line.close();
      }
    };
  }

  private ConsoleLink openVnc(String vm, ConsoleSink sink) throws InterruptedException {
    SocketChannel channel = access.openScreen(vm);
    Thread.ofVirtual().name("vnc-" + vm).start(() -> copy(channel, sink));
    return new SocketLink(channel);
  }

  private static void copy(SocketChannel channel, ConsoleSink sink) {
    String reason = "the VM has ended";
    var buffer = ByteBuffer.allocate(64 << 10);
    try (channel) {
      while (channel.read(buffer.clear()) >= 0) {
        byte[] bytes = new byte[buffer.position()];
        buffer.flip().get(bytes);
        sink.data(bytes);
      }
    } catch (IOException e) {
      reason = "the connection to the VM ended: " + e.getMessage();
    }
    sink.closed(reason);
  }

  private static final class SocketLink implements ConsoleLink {
    private final SocketChannel channel;
    private final ReentrantLock writing = new ReentrantLock();

    SocketLink(SocketChannel channel) {
      this.channel = channel;
    }

    @Override
    public void send(byte[] toGuest) {
      var buffer = ByteBuffer.wrap(toGuest);
      writing.lock();
      try {
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
      } catch (IOException e) {
        throw new UncheckedIOException("sending to a screen", e);
      } finally {
        writing.unlock();
      }
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException("closing a screen", e);
      }
    }
  }
}
