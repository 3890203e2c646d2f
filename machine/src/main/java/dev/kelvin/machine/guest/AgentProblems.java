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
    return switch (e) {
      case QmpException.CommandFailed refused ->
          Problem.of(Code.GUEST_AGENT, "The guest agent did not do it")
              .on(Vm.ref(vm))
              .because(refused.getMessage())
              .remedy("check what was asked for, and that the agent may do it (qemu-ga --help)")
              .asException(e);
      case QmpException.TimedOut _ ->
          Problem.of(Code.TIMEOUT, "The guest agent does not answer in time")
              .on(Vm.ref(vm))
              .because(e.getMessage())
              .remedy("see whether the guest is overloaded or hangs: kelvin console " + vm)
              .asException(e);
      case QmpException.Busy _ ->
          Problem.of(Code.UNAVAILABLE, "The guest agent is busy")
              .on(Vm.ref(vm))
              .because(e.getMessage())
              .remedy("ask again in a moment")
              .asException(e);
      case QmpException.Disconnected _ ->
          Problem.of(Code.GUEST_AGENT, "The guest agent has gone")
              .on(Vm.ref(vm))
              .because(e.getMessage())
              .remedy("ask again when it is back: kelvin show " + vm)
              .asException(e);
      case QmpException.ProtocolViolation _ ->
          Problem.of(Code.GUEST_AGENT, "The guest agent breaks the rules of its protocol")
              .on(Vm.ref(vm))
              .because(e.getMessage())
              .remedy("look for what speaks for the agent in the guest")
              .asException(e);
    };
  }
}
