package dev.kelvin.host.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Optional;

/**
 * Calls of functions of the C library. All are made in one way, by up to seven numbers or addresses
 * in registers, since each other way would have the JVM make code of its own for it. To begin costs
 * some 50 ms once; the command line keeps out.
 */
public final class CLibrary {
  private static final int MOST = 7;
  private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  /**
   * What a function gave.
   *
   * @param errno errno(3) after it; says something only if the value is one that tells of an error
   */
  public record Result(long value, int errno) {}

  private final Linker linker = Linker.nativeLinker();
  private final MethodHandle any;

  public CLibrary() {
    var number = ValueLayout.JAVA_LONG;
    any =
        linker.downcallHandle(
            FunctionDescriptor.of(number, number, number, number, number, number, number, number),
            // Right for functions of a fixed number of arguments, too: on Linux only what a
            // function with "..." is told of vector registers differs.
            Linker.Option.firstVariadicArg(1),
            Linker.Option.captureCallState("errno"));
  }

  /** A function by its name; empty where this library has none. */
  public Optional<MemorySegment> find(String name) {
    return linker.defaultLookup().find(name);
  }

  /** As {@link #find}, of one that each library has. */
  public MemorySegment require(String name) {
    return find(name).orElseThrow(() -> new IllegalStateException("no function " + name));
  }

  /** Calls a function with up to seven numbers or addresses. */
  public Result call(MemorySegment function, long... arguments) {
    if (arguments.length > MOST) {
      throw new IllegalArgumentException("so many arguments do not fit into registers");
    }
    long[] all = Arrays.copyOf(arguments, MOST);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long value =
          (long)
              any.invokeExact(
                  function, state, all[0], all[1], all[2], all[3], all[4], all[5], all[6]);
      return new Result(value, (int) ERRNO.get(state, 0L));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a foreign call cannot throw this", e);
    }
  }
}
