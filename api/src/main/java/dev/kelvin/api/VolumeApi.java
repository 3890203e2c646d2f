package dev.kelvin.api;

import static dev.kelvin.api.Query.segment;

import dev.kelvin.model.Task;
import dev.kelvin.model.Volume;
import java.util.List;

/** The volumes in the API. */
public final class VolumeApi {
  private static final String PATH = "/v1/volumes";
  private final Exchange exchange;

  VolumeApi(Exchange exchange) {
    this.exchange = exchange;
  }

  public Page<Volume> page(ListQuery query) {
    return exchange.page(PATH, query, Volume.class);
  }

  public List<Volume> all(ListQuery query) {
    return exchange.all(PATH, query, Volume.class);
  }

  public Volume get(String id) {
    return exchange.read(Exchange.get(one(id)), Volume.class);
  }

  public Task delete(String id) {
    return delete(id, false);
  }

  /**
   * Deletes a volume.
   *
   * @param force whether also one whose file is damaged
   */
  public Task delete(String id, boolean force) {
    return exchange.task(Exchange.delete(one(id) + new Query().flag("force", force)));
  }

  private static String one(String id) {
    return PATH + "/" + segment(id);
  }
}
