package dev.kelvin.api;

import static dev.kelvin.api.Exchange.post;
import static dev.kelvin.api.Query.segment;

import dev.kelvin.api.http.Request;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.PublishedImage;
import dev.kelvin.model.Task;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** The images in the API. */
public final class ImageApi {
  private static final String PATH = "/v1/images";
  private final Exchange exchange;

  ImageApi(Exchange exchange) {
    this.exchange = exchange;
  }

  public Page<Image> page(ListQuery query) {
    return exchange.page(PATH, query, Image.class);
  }

  public List<Image> all(ListQuery query) {
    return exchange.all(PATH, query, Image.class);
  }

  public Image get(String name) {
    return exchange.read(Exchange.get(one(name)), Image.class);
  }

  public Task build(String name, BuildRecipe recipe, Map<String, String> labels) {
    return exchange.task(post(PATH, Map.of("name", name, "build", recipe, "labels", labels)));
  }

  /** The images that publishers offer. */
  public List<PublishedImage> catalogue() {
    return exchange.page(Exchange.get("/v1/catalogue"), PublishedImage.class).items();
  }

  public Task pull(PullRequest request) {
    return exchange.task(post(PATH, request));
  }

  /**
   * Sends a file to make an image of.
   *
   * @param length in bytes; -1 when it is not known
   */
  public Task importFile(
      String name, Format format, Map<String, String> labels, InputStream content, long length) {
    return importFile(name, format, Compression.NONE, labels, content, length);
  }

  /**
   * Sends a file that may be packed to make an image of.
   *
   * @param format of the disk, as it is when it is unpacked
   * @param length of what is sent, in bytes; -1 when it is not known
   */
  public Task importFile(
      String name,
      Format format,
      Compression compression,
      Map<String, String> labels,
      InputStream content,
      long length) {
    var query = new Query().with("format", format.wire());
    if (compression != Compression.NONE) {
      query.with("compression", compression.wire());
    }
    labels.forEach((key, value) -> query.with("label", key + "=" + value));
    return exchange.task(
        post(one(name) + "/import" + query)
            .body(new Request.Body(Exchange.OCTETS, content, length))
            .quiet(Exchange.SLOW));
  }

  public Task delete(String name) {
    return delete(name, false);
  }

  /**
   * Deletes an image.
   *
   * @param force whether also one of which what is stored is damaged
   */
  public Task delete(String name, boolean force) {
    return exchange.task(Exchange.delete(one(name) + new Query().flag("force", force)));
  }

  private static String one(String name) {
    return PATH + "/" + segment(name);
  }
}
