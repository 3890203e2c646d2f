package dev.kelvin.image.pull;

import static dev.kelvin.image.pull.PullBench.problem;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.image.pull.Published.Wish;
import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.Verification;
import dev.kelvin.model.Names;
import dev.kelvin.model.PublishedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The catalogue that is packed with Kelvin, the administrator's own, and URLs. */
class PublishedTest {
  @TempDir private Path directory;
  private Path own;
  private Published published;

  @BeforeEach
  void open() {
    own = directory.resolve("catalogue.yaml");
    published = new Published(own, Map.of());
  }

  private static Wish wish(String from) {
    return new Wish(from, "x86_64", null, null, null, false);
  }

  private static Wish at(String url, @Nullable Format format) {
    return new Wish(url, null, format, null, null, false);
  }

  @Test
  void theCatalogueHasWhatIsPromised() {
    List<PublishedImage> all = published.list();
    Map<String, Set<String>> versions =
        all.stream()
            .collect(
                Collectors.groupingBy(
                    one -> one.name().split(":", -1)[0],
                    Collectors.mapping(PublishedImage::name, Collectors.toSet())));
    assertThat(versions.keySet())
        .containsExactlyInAnyOrder(
            "debian",
            "ubuntu",
            "fedora",
            "almalinux",
            "rocky",
            "opensuse",
            "arch",
            "alpine",
            "freebsd");
    versions.forEach((name, releases) ->
        assertThat(releases).as(name).hasSizeGreaterThanOrEqualTo(name.equals("arch") ? 1 : 2));
    var names = new HashSet<String>();
    for (PublishedImage image : all) {
      assertThat(image.url()).as(image.name()).startsWith("https://").doesNotContain("{");
      assertThat(image.sums()).as(image.name()).isNotNull().doesNotContain("{");
      assertThat(image.verification()).isIn(Verification.SIGNATURE, Verification.SUMS);
      assertThat(Names.valid(image.image())).as(image.image()).isTrue();
      assertThat(names.add(image.image())).as(image.image()).isTrue();
    }
    assertThat(all.stream().filter(one -> one.arch().equals("aarch64"))).hasSizeGreaterThan(14);
  }

  @ParameterizedTest
  @CsvSource({
    "debian,debian-12-genericcloud-amd64.qcow2,SUMS",
    "debian:12,debian-12-genericcloud-amd64.qcow2,SUMS",
    "debian:trixie,debian-13-genericcloud-amd64.qcow2,SUMS",
    "Ubuntu:24.04,ubuntu-24.04-server-cloudimg-amd64.img,SIGNATURE",
    "ubuntu:noble,ubuntu-24.04-server-cloudimg-amd64.img,SIGNATURE",
    "fedora,Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2,SIGNATURE",
    "almalinux:9,AlmaLinux-9-GenericCloud-latest.x86_64.qcow2,SIGNATURE",
    "rocky:9,Rocky-9-GenericCloud-Base.latest.x86_64.qcow2,SUMS",
    "opensuse:15.6,openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2,SUMS",
    "arch,Arch-Linux-x86_64-cloudimg.qcow2,SUMS",
    "alpine-3.22,nocloud_alpine-3.22.4-x86_64-bios-cloudinit-r0.qcow2,SUMS",
    "freebsd:14,FreeBSD-14.4-RELEASE-amd64-BASIC-CLOUDINIT-ufs.qcow2.xz,SUMS"
  })
  void aNameLeadsToAFile(String name, String file, Verification verification) {
    Published.Found found = published.find(wish(name));
    assertThat(found.plan().fileName()).isEqualTo(file);
    assertThat(Published.verification(found.plan())).isEqualTo(verification);
    assertThat(found.plan().format()).isEqualTo(Format.QCOW2);
    assertThat(found.plan().compression())
        .isEqualTo(file.endsWith(".xz") ? Compression.XZ : Compression.NONE);
    assertThat(found.source().url()).isEqualTo(found.plan().url());
  }

  @Test
  void theArchitectureCanBeChosen() {
    var wish = new Wish("freebsd", "aarch64", null, null, null, false);
    assertThat(published.find(wish).plan().url())
        .contains("/aarch64/")
        .contains("-arm64-aarch64-BASIC");
    var none = new Wish("arch", "aarch64", null, null, null, false);
    assertThat(problem(() -> published.find(none)).cause()).contains("x86_64");
  }

  @Test
  void aMirrorTakesThePublishersPlace() {
    var configured = new Published(own, Map.of("ubuntu", "https://m.example/u/"));
    assertThat(configured.find(wish("ubuntu:noble")).plan().url())
        .startsWith("https://m.example/u/noble/release/");
    var named = new Wish("ubuntu:noble", "x86_64", null, "https://other.example", null, false);
    PullPlan plan = configured.find(named).plan();
    assertThat(plan.url()).startsWith("https://other.example/noble/");
    assertThat(plan.signature()).startsWith("https://other.example/noble/");
    assertThat(plan.keys()).isNotEmpty();
  }

  @Test
  void aMirrorOverPlainHttpIsHeldAgainstThePublishersOwnSums() {
    var configured =
        new Published(own, Map.of("debian", "http://m.example/d", "ubuntu", "http://m/u"));
    PullPlan plan = configured.find(wish("debian")).plan();
    assertThat(plan.url()).startsWith("http://m.example/d/bookworm/latest/debian-12-");
    assertThat(plan.sums())
        .isEqualTo("https://cloud.debian.org/images/cloud/bookworm/latest/SHA512SUMS");
    assertThat(configured.list())
        .filteredOn(image -> image.name().equals("debian:12"))
        .extracting(PublishedImage::verification)
        .containsOnly(Verification.SUMS);

    // Signed sums vouch for the file wherever they come from.
    assertThat(configured.find(wish("ubuntu:noble")).plan().sums()).startsWith("http://m/u/");
    // Who takes it as it comes needs no publisher.
    var insecure = new Wish("debian", "x86_64", null, null, null, true);
    assertThat(configured.find(insecure).plan().sums()).startsWith("http://m.example/d/");
  }

  @Test
  void whatIsNotThereIsSaid() {
    assertThat(problem(() -> published.find(wish("ubunut"))).remedy()).contains("\"ubuntu\"");
    assertThat(problem(() -> published.find(wish("plan9"))).code()).isEqualTo(Code.NOT_FOUND);
  }

  @ParameterizedTest
  @CsvSource({
    "https://h/a/My_Disk.v2.qcow2,QCOW2,NONE,my-disk-v2",
    "https://h/disk.raw.xz?token=1,RAW,XZ,disk",
    "https://h/disk%20one.vmdk.gz,VMDK,GZIP,disk-one",
    "https://h/x.iso.zst,ISO,ZSTD,x",
    "https://h/x.VDI.bz2,VDI,BZIP2,x"
  })
  void aUrlSaysWhatIsThere(String url, Format format, Compression compression, String image) {
    Published.Found found = published.find(at(url, null));
    assertThat(found.plan().format()).isEqualTo(format);
    assertThat(found.plan().compression()).isEqualTo(compression);
    assertThat(found.image()).isEqualTo(image);
    assertThat(published.find(at(url, Format.RAW)).plan().format()).isEqualTo(Format.RAW);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:///etc/passwd",
        "ftp://h/x.raw",
        "https:///x.raw",
        "https://user:secret@h/x.raw",
        "https://h/x y.raw",
        "http://h/x.raw",
        "https://h/x.img",
        "https://h/",
        "://"
      })
  void someUrlsAreRefused(String url) {
    assertThat(problem(() -> published.find(at(url, null))).code())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void theAdministratorsCatalogueIsAdded() throws IOException {
    Files.writeString(
        own,
        """
        distributions:
          - name: tinyos
            title: Tiny OS
            mirror: https://tiny.example/images
            standard: "2"
            format: raw
            size: 10MiB
            file: "tiny-{version}.raw.gz"
            arch: { x86_64: {} }
            releases: [{ version: "2" }]
        """);
    assertThat(published.find(wish("tinyos")).plan().url())
        .isEqualTo("https://tiny.example/images/tiny-2.raw.gz");
    assertThat(published.list()).extracting(PublishedImage::name).contains("tinyos:2", "debian:12");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name: Tiny|distributions[0].name",
        "mirror: ftp://x|distributions[0].mirror",
        "standard: \"3\"|distributions[0].standard",
        "file: \"{build}.raw\"|distributions[0].file",
        "arch: {}|distributions[0].arch",
        "signature: x.gpg|distributions[0].sums",
        "colour: red|distributions[0].colour",
      })
  void aFaultInItIsNamed(String line, String field) throws IOException {
    var lines =
        new java.util.ArrayList<>(
            List.of(
                "name: tinyos",
                "title: Tiny OS",
                "mirror: https://tiny.example",
                "standard: \"2\"",
                "format: raw",
                "size: 10MiB",
                "file: tiny.raw",
                "arch: { x86_64: {} }",
                "releases: [{ version: \"2\" }]"));
    String key = line.substring(0, line.indexOf(':') + 1);
    lines.removeIf(one -> one.startsWith(key));
    lines.add(line);
    Files.writeString(own, "distributions:\n  - " + String.join("\n    ", lines) + "\n");
    var problem = problem(() -> published.list());
    assertThat(problem.oneLine() + " " + problem.field()).contains(field).contains(own.toString());
  }
}
