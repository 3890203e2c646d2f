package dev.kelvin.server.http;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Actions;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.action.Principal;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers as a test wants it to and remembers what it was asked. */
final class ScriptedActions implements Actions {
  static final Task TASK =
      new Task(
          "6f2a91c04b7d3e85a1c9",
          "vm.create",
          "vm/web1",
          TaskState.RUNNING,
          List.of(),
          null,
          null,
          null,
          true,
          Instant.parse("2026-01-02T03:04:05Z"),
          null);

  @FunctionalInterface
  interface Script {
    Outcome perform(Action what) throws InterruptedException;
  }

  @FunctionalInterface
  interface ConsoleScript {
    ConsoleLink open(String ticket, ConsoleSink sink);
  }

  final List<Action> asked = new CopyOnWriteArrayList<>();
  final List<Principal> askers = new CopyOnWriteArrayList<>();
  volatile Script script = what -> new Outcome.Accepted(TASK);
  volatile ConsoleScript console =
      (ticket, sink) -> {
        throw Problem.of(Code.UNAUTHENTICATED, "The ticket is not good").asException();
      };

  @Override
  public Outcome perform(Principal who, Action what) throws InterruptedException {
    asked.add(what);
    askers.add(who);
    return script.perform(what);
  }

  @Override
  public ConsoleLink openConsole(String ticket, ConsoleSink sink) {
    return console.open(ticket, sink);
  }

  Action last() {
    return asked.getLast();
  }
}
