package dev.kelvin.server.http;

import dev.kelvin.api.DocumentKind;
import dev.kelvin.api.OpenApi;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.http.Route.Target;
import dev.kelvin.server.http.docs.ReferencePage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** All operations of the API. */
final class Routes {
  private Routes() {}

  static List<Route> all(Supplier<Outcome> health) {
    var routes = new ArrayList<Route>();
    routes.add(Route.open("/healthz", new Target.Page(health)));
    routes.add(Route.open("/", new Target.Redirect("/docs")));
    // Made anew each time: they are seldom asked for and not worth the memory.
    routes.add(page("/docs", "text/html; charset=utf-8", ReferencePage::html));
    routes.add(page("/openapi.yaml", MediaTypes.YAML, OpenApi::yaml));
    routes.add(
        page("/schemas/vm.json", "application/schema+json", () -> OpenApi.schema(DocumentKind.VM)));
    routes.add(Route.open("/v1/consoles/{ticket}", new Target.Console()));
    routes.addAll(VmRoutes.all());
    routes.addAll(NodeRoutes.all());
    return routes;
  }

  private static Route page(String path, String type, Supplier<byte[]> content) {
    return Route.open(path, new Target.Page(() -> new Outcome.Bytes(type, content.get())));
  }
}
