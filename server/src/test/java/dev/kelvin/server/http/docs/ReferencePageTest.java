package dev.kelvin.server.http.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The reference tells all of the API and needs nothing from elsewhere. */
class ReferencePageTest {
  private static final String PAGE = new String(ReferencePage.html(), StandardCharsets.UTF_8);
  private static final ApiDocument API = ApiDocument.load();

  @Test
  void hasEveryOperationAndSchema() {
    API.operations()
        .forEach(one ->
            assertThat(PAGE)
                .contains("<article id=\"" + one.id() + "\">")
                .contains("<code>" + Html.escape(one.path()) + "</code>"));
    API.schemas()
        .propertyNames()
        .forEach(name -> assertThat(PAGE).contains("<article id=\"schema-" + name + "\">"));
    assertThat(API.operations()).hasSizeGreaterThan(40);
  }

  @Test
  void everyLinkInsideThePageLeadsSomewhere() {
    Set<String> places = new HashSet<>();
    var ids = Pattern.compile(" id=\"([^\"]+)\"").matcher(PAGE);
    while (ids.find()) {
      assertThat(places.add(ids.group(1))).as("twice: " + ids.group(1)).isTrue();
    }
    var links = Pattern.compile("href=\"#([^\"]+)\"").matcher(PAGE);
    int count = 0;
    while (links.find()) {
      assertThat(places).contains(links.group(1));
      count++;
    }
    assertThat(count).isGreaterThan(200);
  }

  @Test
  void loadsNothing() {
    assertThat(PAGE).doesNotContain("<script").doesNotContain("<link").doesNotContain("<img");
    assertThat(PAGE).doesNotContainPattern("(src|href)=\"(https?:)?//");
    assertThat(PAGE).doesNotContain("url(").doesNotContain("@import");
  }

  @Test
  void everyElementIsClosed() {
    Set<String> alone = Set.of("meta", "!DOCTYPE");
    var open = new ArrayDeque<String>();
    var tags = Pattern.compile("<(/?)([!a-zA-Z0-9]+)[^>]*>").matcher(PAGE);
    while (tags.find()) {
      boolean closes = !tags.group(1).isEmpty();
      if (closes) {
        assertThat(open.pop()).as("at " + tags.start()).isEqualTo(tags.group(2));
      } else if (!alone.contains(tags.group(2))) {
        open.push(tags.group(2));
      }
    }
    assertThat(open).isEmpty();
  }

  @Test
  void whatIsWrittenInTheDocumentIsEscaped() {
    assertThat(new Html().prose("a <b> & `c<d>` **e**\n\n- f\n- g").toString())
        .isEqualTo(
            "<p>a &lt;b&gt; &amp; <code>c&lt;d&gt;</code> <strong>e</strong></p>"
                + "<ul><li>f</li><li>g</li></ul>");
  }
}
