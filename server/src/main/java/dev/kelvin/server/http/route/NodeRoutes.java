package dev.kelvin.server.http.route;

import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.WireName;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Action.Resource;
import dev.kelvin.server.http.request.Bodies;
import dev.kelvin.server.http.request.Input;
import dev.kelvin.server.http.request.QueryParameters;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The operations on the daemon, its host, images, volumes, tasks and events. */
final class NodeRoutes {
  private static final String IMAGE = "/v1/images/{image}";
  private static final String VOLUME = "/v1/volumes/{volume}";
  private static final String TASK = "/v1/tasks/{task}";

  private static final String UNKNOWN = "/v1/unknown/{guest}";

  private NodeRoutes() {}

  static List<Route> all() {
    return List.of(
        Route.get("/metrics", in -> new Action.GetMetrics()),
        Route.get("/v1/info", in -> new Action.GetInfo()),
        Route.ask("POST", "/v1/shutdown", NodeRoutes::stopDaemon, 202),
        Route.get("/v1/doctor", in -> new Action.GetDoctor()),
        Route.post("/v1/doctor", NodeRoutes::runDoctor),
        Route.post("/v1/packages", NodeRoutes::installPackages),
        Route.get("/v1/cpu", in -> new Action.GetHostCpu(guests(in)))
            .with("architecture", "accelerator"),
        Route.get("/v1/cpu/models", in -> new Action.GetCpuModels(guests(in)))
            .with("architecture", "accelerator"),
        Route.post("/v1/cpu/baseline", NodeRoutes::baseline),
        Route.get("/v1/state/backup", in -> new Action.BackUpState()),
        Route.get("/v1/state/check", in -> new Action.CheckState()),
        Route.post(UNKNOWN + "/adopt", NodeRoutes::adopt),
        Route.delete(UNKNOWN, in -> new Action.EndGuest(in.path("guest"))),
        Lists.of("/v1/images", Resource.IMAGES).with("label"),
        Route.post("/v1/images", NodeRoutes::makeImage),
        Route.get("/v1/catalogue", in -> new Action.ListPublished()),
        Route.get(IMAGE, in -> new Action.GetImage(in.path("image"))),
        Route.delete(
                IMAGE, in -> new Action.DeleteImage(in.path("image"), in.query().flag("force")))
            .with("force"),
        Route.post(IMAGE + "/import", NodeRoutes::importImage)
            .with("format", "compression", "label"),
        Lists.unwatched("/v1/volumes", Resource.VOLUMES),
        Route.get(VOLUME, in -> new Action.GetVolume(in.path("volume"))),
        Route.delete(
                VOLUME, in -> new Action.DeleteVolume(in.path("volume"), in.query().flag("force")))
            .with("force"),
        Lists.of("/v1/tasks", Resource.TASKS),
        Route.get(TASK, in -> new Action.GetTask(in.path("task"))),
        Route.post(TASK + "/cancel", NodeRoutes::cancelTask),
        Route.post(TASK + "/abandon", NodeRoutes::abandonTask),
        Route.get("/v1/events", NodeRoutes::events).with("after", "object"));
  }

  private static Action adopt(Input in) {
    var body = in.json(Bodies.AdoptGuest.class, new Bodies.AdoptGuest(null));
    return new Action.AdoptGuest(in.path("guest"), body.name());
  }

  private static Action stopDaemon(Input in) {
    var body = in.json(Bodies.StopDaemon.class, new Bodies.StopDaemon(null));
    return new Action.StopDaemon(VmRoutes.isTrue(body.stopVms()));
  }

  private static Action runDoctor(Input in) {
    in.nothing();
    return new Action.RunDoctor();
  }

  private static Action installPackages(Input in) {
    var body = in.json(Bodies.InstallPackages.class);
    return new Action.InstallPackages(Bodies.someTexts(body.packages(), "packages"));
  }

  private static Action.Guests guests(Input in) {
    String architecture = in.query().one("architecture");
    String accelerator = in.query().one("accelerator");
    if (accelerator != null && !accelerator.equals("kvm") && !accelerator.equals("tcg")) {
      throw QueryParameters.invalid(
              "accelerator", "\"" + accelerator + "\" is none", "write kvm or tcg, or leave it out")
          .asException();
    }
    return new Action.Guests(
        architecture == null
            ? Architecture.X86_64
            : WireName.find(Architecture.class, architecture)
                .orElseThrow(() ->
                    QueryParameters.invalid(
                            "architecture",
                            "\"" + architecture + "\" is none that guests can have",
                            "write x86_64, i386 or aarch64, or leave it out")
                        .asException()),
        accelerator);
  }

  private static Action baseline(Input in) {
    var body = in.json(Bodies.Baseline.class);
    return new Action.ComputeBaseline(List.copyOf(Bodies.required(body.hosts(), "hosts")));
  }

  private static Action makeImage(Input in) {
    var body = in.json(Bodies.MakeImage.class);
    Bodies.PullImage pull = body.pull();
    if (pull == null) {
      return new Action.BuildImage(
          Bodies.required(body.name(), "name"),
          Bodies.required(body.build(), "build"),
          Bodies.labels(body.labels()));
    }
    if (body.build() != null) {
      throw Problem.of(Code.INVALID_ARGUMENT, "It is not clear how to make the image")
          .at("pull")
          .because("an image is either built or pulled")
          .remedy("leave out build or pull")
          .asException();
    }
    return new Action.PullImage(
        body.name(),
        Bodies.required(pull.from(), "pull.from"),
        pull.arch(),
        pull.format(),
        pull.mirror(),
        pull.checksum(),
        VmRoutes.isTrue(pull.insecure()),
        pull.reachSeconds() == null
            ? null
            : (Integer) Bodies.number(pull.reachSeconds(), 1, 1, 60, "pull.reachSeconds"),
        Bodies.labels(body.labels()));
  }

  private static Action importImage(Input in) {
    String all = Arrays.stream(Format.values()).map(Format::wire).collect(Collectors.joining(", "));
    String named = in.query().required("format", "add ?format= and one of: " + all);
    Format format =
        WireName.find(Format.class, named)
            .orElseThrow(() ->
                QueryParameters.invalid(
                        "format",
                        "\"" + named + "\" is no format of images",
                        "write one of: " + all)
                    .asException());
    var labels = Lists.labels(in.query());
    return new Action.ImportImage(
        in.path("image"), format, compression(in), labels, in.upload(), in.length());
  }

  private static Compression compression(Input in) {
    String named = in.query().one("compression");
    if (named == null) {
      return Compression.NONE;
    }
    return WireName.find(Compression.class, named)
        .orElseThrow(() ->
            QueryParameters.invalid(
                    "compression",
                    "\"" + named + "\" is nothing that files are packed with here",
                    "write one of: "
                        + Arrays.stream(Compression.values())
                            .map(Compression::wire)
                            .collect(Collectors.joining(", ")))
                .asException());
  }

  private static Action cancelTask(Input in) {
    in.nothing();
    return new Action.CancelTask(in.path("task"));
  }

  private static Action abandonTask(Input in) {
    in.nothing();
    return new Action.AbandonTask(in.path("task"));
  }

  private static Action events(Input in) {
    Long after = in.query().number("after", 0, Long.MAX_VALUE);
    return new Action.Events(after != null ? after : in.lastEventId(), in.query().one("object"));
  }
}
