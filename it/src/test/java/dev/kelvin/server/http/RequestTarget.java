package dev.kelvin.server.http;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.ProblemException;
import dev.kelvin.server.action.Action.Resource;
import dev.kelvin.server.http.request.Bodies;
import dev.kelvin.server.http.request.FieldPaths;
import dev.kelvin.server.http.request.Percent;
import dev.kelvin.server.http.request.QueryParameters;
import dev.kelvin.server.http.route.Lists;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** Queries, paths of fields and bodies of requests. */
public final class RequestTarget {
  private static final List<Class<?>> BODIES =
      List.of(
          Bodies.MakeImage.class,
          Bodies.GuestExec.class,
          Bodies.SetMedia.class,
          Bodies.SendKeys.class,
          Bodies.ShutdownVm.class,
          Bodies.InstallPackages.class);

  private RequestTarget() {}

  public static void fuzzerTestOneInput(byte[] input) {
    String text = new String(input, StandardCharsets.ISO_8859_1);
    refusable(() -> {
      var query = QueryParameters.parse(text, Set.of("limit", "label", "field", "fields", "after"));
      query.all("label");
      query.one("after");
      query.number("limit", 1, 1000);
      Lists.labels(query);
    });
    Percent.decode(text, true);
    for (Resource resource : Resource.values()) {
      refusable(() -> FieldPaths.check(resource, text, "field"));
    }
    for (Class<?> body : BODIES) {
      refusable(() -> Documents.read(input, Documents.Syntax.JSON, body));
    }
    refusable(() -> Bodies.base64(text, "input"));
  }

  private static void refusable(Runnable call) {
    try {
      call.run();
    } catch (ProblemException e) {
      if (e.problem().remedy() == null) {
        throw new AssertionError("a refusal that does not teach: " + e.problem(), e);
      }
    }
  }
}
