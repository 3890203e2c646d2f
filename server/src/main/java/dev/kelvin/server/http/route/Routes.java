package dev.kelvin.server.http.route;

import dev.kelvin.api.DocumentKind;
import dev.kelvin.api.OpenApi;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.http.docs.ReferencePage;
import dev.kelvin.server.http.docs.ServedDocument;
import dev.kelvin.server.http.request.MediaTypes;
import dev.kelvin.server.http.route.Route.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** All operations of the API. */
public final class Routes {
  private Routes() {}

  public static List<Route> all(Supplier<Outcome> health, Supplier<Outcome> readiness) {
    var routes = new ArrayList<Route>();
    routes.add(Route.open("/healthz", new Target.Page(health)));
    routes.add(Route.open("/readyz", new Target.Page(readiness)));
    routes.add(Route.open("/", new Target.Redirect("/docs")));
    routes.add(page("/docs", "text/html; charset=utf-8", ReferencePage::html));
    routes.add(page("/openapi.yaml", MediaTypes.YAML, ServedDocument::yaml));
    for (DocumentKind kind : DocumentKind.values()) {
      String address = "/schemas/" + kind.word() + ".json";
      routes.add(page(address, "application/schema+json", () -> OpenApi.schema(kind)));
    }
    routes.add(Route.open("/v1/consoles/{ticket}", new Target.Console()));
    routes.addAll(VmRoutes.all());
    routes.addAll(GuestRoutes.all());
    routes.addAll(NodeRoutes.all());
    return routes;
  }

  /** Everybody may ask for them, so all answers share the same bytes. */
  private static Route page(String path, String type, Supplier<byte[]> content) {
    var once = new Once(type, content);
    return Route.open(path, new Target.Page(once::get));
  }

  /** A page that is made when it is asked for the first time. */
  private static final class Once {
    private final String type;
    private final Supplier<byte[]> content;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile Outcome.@Nullable Bytes made;

    Once(String type, Supplier<byte[]> content) {
      this.type = type;
      this.content = content;
    }

    Outcome get() {
      Outcome.Bytes known = made;
      if (known != null) {
        return known;
      }
      lock.lock();
      try {
        known = made;
        if (known == null) {
          known = new Outcome.Bytes(type, content.get());
          made = known;
        }
        return known;
      } finally {
        lock.unlock();
      }
    }
  }
}
