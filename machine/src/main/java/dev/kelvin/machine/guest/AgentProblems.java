package dev.kelvin.machine.guest;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.qmp.QmpException;

/** What an agent does not do, in words for those who asked. */
public final class AgentProblems {
  private AgentProblems() {}

  public static ProblemException of(String vm, QmpException e) {
    Problem problem =
        switch (e) {
          case QmpException.CommandFailed _ ->
              Problem.of(Code.GUEST_AGENT, "The guest agent did not do it")
                  .remedy(
                      "check what was asked for, and that the agent may do it (qemu-ga --help)");
          case QmpException.TimedOut _ ->
              Problem.of(Code.TIMEOUT, "The guest agent does not answer in time")
                  .remedy("see whether the guest is overloaded or hangs: kelvin console " + vm);
          case QmpException.Busy _ ->
              Problem.of(Code.UNAVAILABLE, "The guest agent is busy")
                  .remedy("ask again in a moment");
          case QmpException.Disconnected _ ->
              Problem.of(Code.GUEST_AGENT, "The guest agent has gone")
                  .remedy("ask again when it is back: kelvin show " + vm);
          case QmpException.ProtocolViolation _ ->
              Problem.of(Code.GUEST_AGENT, "The guest agent breaks the rules of its protocol")
                  .remedy("look for what speaks for the agent in the guest");
        };
    return problem.on(Vm.ref(vm)).because(e.getMessage()).asException(e);
  }
}
