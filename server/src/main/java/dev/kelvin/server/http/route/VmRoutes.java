package dev.kelvin.server.http.route;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.SpecRules;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Action.ConsoleKind;
import dev.kelvin.server.http.request.Bodies;
import dev.kelvin.server.http.request.Input;
import dev.kelvin.server.http.route.Route.Trait;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The operations on virtual machines. */
final class VmRoutes {
  static final String VM = "/v1/vms/{vm}";
  static final int LONGEST_WAIT_SECONDS = 86_400;
  private static final long USUAL_TAIL_BYTES = 1 << 20;

  private VmRoutes() {}

  static List<Route> all() {
    return List.of(
        Lists.of("/v1/vms", Action.Resource.VMS).with("label"),
        Route.post(
                "/v1/vms",
                in ->
                    new Action.CreateVm(
                        document(in), in.query().flag("generateName"), in.query().flag("dryRun")))
            .with("generateName", "dryRun")
            .being(Trait.YAML),
        Route.get(VM, in -> new Action.GetVm(vm(in))).being(Trait.YAML),
        Route.put(VM, VmRoutes::update).with("dryRun").being(Trait.YAML).being(Trait.CONDITIONAL),
        Route.delete(VM, VmRoutes::delete).with("force", "keepDisks"),
        power("start", Action.StartVm::new),
        power("stop", Action.StopVm::new),
        power("reset", Action.ResetVm::new),
        power("pause", Action.PauseVm::new),
        power("resume", Action.ResumeVm::new),
        Route.post(VM + "/shutdown", VmRoutes::shutdown),
        Route.post(VM + "/rename", VmRoutes::rename),
        Route.post(VM + "/disks", VmRoutes::attachDisk),
        Route.delete(VM + "/disks/{disk}", in -> new Action.DetachDisk(vm(in), in.path("disk"))),
        Route.post(VM + "/nics", VmRoutes::attachNic),
        Route.delete(VM + "/nics/{nic}", in -> new Action.DetachNic(vm(in), in.path("nic"))),
        Route.put(VM + "/cdroms/{cdrom}", VmRoutes::setMedia),
        Route.get(VM + "/isolation", in -> new Action.GetIsolation(vm(in))),
        Route.get(VM + "/screenshot", VmRoutes::screenshot).with("screen"),
        Route.get(VM + "/log", VmRoutes::serialLog).with("tail"),
        Route.post(VM + "/keys", VmRoutes::sendKeys),
        Route.post(VM + "/consoles", VmRoutes::openConsole));
  }

  static String vm(Input in) {
    return in.path("vm");
  }

  private static Route power(String word, Function<String, Action> action) {
    return Route.post(
        VM + "/" + word,
        in -> {
          in.nothing();
          return action.apply(vm(in));
        });
  }

  /** The fields are checked behind the door; without these two there is nothing to check. */
  private static Vm document(Input in) {
    Vm vm = in.jsonOrYaml(Vm.class);
    Bodies.required(vm.metadata(), "metadata");
    Bodies.required(vm.metadata().name(), "metadata.name");
    if (!vm.kind().equals(Vm.KIND)) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The document is not a VM")
          .at("kind")
          .because("its kind is \"" + vm.kind() + "\"")
          .remedy("write kind: " + Vm.KIND + ", or leave it out")
          .asException();
    }
    return vm;
  }

  private static Action delete(Input in) {
    return new Action.DeleteVm(vm(in), in.query().flag("force"), in.query().flag("keepDisks"));
  }

  private static Action update(Input in) {
    return new Action.UpdateVm(vm(in), document(in), in.ifMatch(), in.query().flag("dryRun"));
  }

  private static Action shutdown(Input in) {
    var body = in.json(Bodies.ShutdownVm.class, new Bodies.ShutdownVm(null, null));
    Integer seconds = body.timeoutSeconds();
    Duration timeout =
        seconds == null
            ? null
            : Duration.ofSeconds(
                Bodies.number(seconds, 0, 1, LONGEST_WAIT_SECONDS, "timeoutSeconds"));
    return new Action.ShutdownVm(vm(in), timeout, isTrue(body.force()));
  }

  static boolean isTrue(@Nullable Boolean value) {
    return Boolean.TRUE.equals(value);
  }

  private static Action rename(Input in) {
    var body = in.json(Bodies.RenameVm.class);
    return new Action.RenameVm(vm(in), Bodies.required(body.name(), "name"));
  }

  private static Action attachDisk(Input in) {
    Disk disk = in.json(Disk.class);
    Bodies.required(disk.name(), "name");
    return new Action.AttachDisk(vm(in), disk);
  }

  private static Action attachNic(Input in) {
    Nic nic = in.json(Nic.class);
    Bodies.required(nic.name(), "name");
    return new Action.AttachNic(vm(in), nic);
  }

  private static Action setMedia(Input in) {
    JsonNode image = Bodies.required(in.json(Bodies.SetMedia.class).image(), "image");
    if (!image.isNull() && !image.isString()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "Field image has the wrong type")
          .at("image")
          .because("it wants a text or null")
          .remedy("write the name of an image, or null to take out what is there")
          .asException();
    }
    return new Action.SetMedia(
        vm(in), in.path("cdrom"), image.isNull() ? null : image.stringValue());
  }

  private static Action screenshot(Input in) {
    Long screen = in.query().number("screen", 1, 1 + SpecRules.MAX_OTHER_SCREENS);
    return new Action.Screenshot(vm(in), screen == null ? 1 : screen.intValue());
  }

  private static Action serialLog(Input in) {
    Long tail = in.query().number("tail", 1, Long.MAX_VALUE);
    return new Action.GetSerialLog(vm(in), tail == null ? USUAL_TAIL_BYTES : tail);
  }

  private static Action sendKeys(Input in) {
    var body = in.json(Bodies.SendKeys.class);
    return new Action.SendKeys(vm(in), Bodies.someTexts(body.keys(), "keys"));
  }

  private static Action openConsole(Input in) {
    String kind = Bodies.required(in.json(Bodies.OpenConsole.class).kind(), "kind");
    return new Action.OpenConsole(
        vm(in),
        switch (kind) {
          case "serial" -> ConsoleKind.SERIAL;
          case "vnc" -> ConsoleKind.VNC;
          default ->
              throw Problem.of(Code.INVALID_ARGUMENT, "Field kind has a value that it cannot have")
                  .at("kind")
                  .because("\"" + kind + "\" is no kind of console")
                  .remedy("write one of: serial, vnc")
                  .asException();
        });
  }
}
