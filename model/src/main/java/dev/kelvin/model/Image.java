package dev.kelvin.model;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A read-only source of disks, shared by all VMs made from it. */
public record Image(String kind, Metadata metadata, ImageSpec spec, ImageStatus status) {
  public static final String KIND = "Image";

  public Image {
    kind = kind == null ? KIND : kind;
  }

  public Image(Metadata metadata, ImageSpec spec, ImageStatus status) {
    this(KIND, metadata, spec, status);
  }

  /** How problems and tasks name an image. */
  public static String ref(String name) {
    return "image/" + name;
  }

  public String ref() {
    return ref(metadata.name());
  }

  public Image withStatus(ImageStatus newStatus) {
    return new Image(kind, metadata, spec, newStatus);
  }

  public Image withMetadata(Metadata newMetadata) {
    return new Image(kind, newMetadata, spec, status);
  }

  /** Where it came from. */
  public enum Origin implements WireName {
    BUILD("build"),
    IMPORT("import"),
    PULL("pull");

    private final String wire;

    Origin(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  public enum Format implements WireName {
    RAW("raw"),
    QCOW2("qcow2"),
    VMDK("vmdk"),
    VHD("vhd"),
    VHDX("vhdx"),
    VDI("vdi"),
    ISO("iso");

    private final String wire;

    Format(String wire) {
      this.wire = wire;
    }

    /** What QEMU calls it. */
    public String driver() {
      return this == VHD ? "vpc" : wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  /**
   * How the image is made.
   *
   * @param build the recipe of a built one, otherwise null
   * @param sourceFormat the format of the file that was imported or pulled, null for a built one
   * @param pull where a pulled one came from, otherwise null
   */
  public record ImageSpec(
      Origin origin,
      @Nullable BuildRecipe build,
      @Nullable Format sourceFormat,
      @Nullable PullSource pull) {
    public ImageSpec(Origin origin, @Nullable BuildRecipe build, @Nullable Format sourceFormat) {
      this(origin, build, sourceFormat, null);
    }
  }

  /**
   * Where an image was pulled from.
   *
   * @param from what was asked for: a name of the catalogue such as {@code ubuntu:24.04}, or a URL
   * @param arch of its guests, such as {@code x86_64}; null when a URL was asked for without it
   * @param url of the file that {@code from} stood for
   * @param insecure whether a file that nothing vouches for was to be taken
   */
  public record PullSource(String from, @Nullable String arch, String url, boolean insecure) {}

  /** What vouches for a pulled file. */
  public enum Verification implements WireName {
    /** Sums that the publisher signed, with a key whose fingerprint Kelvin was given. */
    SIGNATURE("signature"),
    /** A checksum that the user gave. */
    CHECKSUM("checksum"),
    /** Sums that the publisher serves over HTTPS without a signature. */
    SUMS("sums"),
    /** HTTPS alone: the file is what the server sent. */
    TRANSPORT("transport"),
    /** Nothing; that was asked for. */
    NONE("none");

    private final String wire;

    Verification(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  /**
   * What was verified of a pulled file.
   *
   * @param checksum of the file as it was served, such as {@code sha512:…}; null when there was
   *     none to hold it against
   * @param signer the fingerprint of the key that signed the sums, null without a signature
   */
  public record Provenance(
      Verification verification, @Nullable String checksum, @Nullable String signer) {}

  /**
   * A distribution's image made from its packages.
   *
   * @param distribution {@code debian}
   * @param suite such as {@code bookworm}
   * @param size of the disk; the guest's root grows to the disk of the VM at first boot
   * @param packages to install besides the ones every image has
   * @param mirror of the packages; null for the host's own
   */
  public record BuildRecipe(
      String distribution,
      String suite,
      ByteSize size,
      List<String> packages,
      @Nullable String mirror) {
    public BuildRecipe {
      distribution = distribution == null ? "debian" : distribution;
      suite = suite == null ? "bookworm" : suite;
      size = size == null ? ByteSize.ofGiB(3) : size;
      packages = packages == null ? List.of() : List.copyOf(packages);
    }
  }

  public enum ImagePhase implements WireName {
    MAKING("making"),
    READY("ready"),
    DELETING("deleting");

    private final String wire;

    ImagePhase(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  /**
   * What is known of the file.
   *
   * @param digest SHA-256 of the stored file in hexadecimal; the file's name
   * @param format of the stored file: {@code qcow2}, or {@code iso}
   * @param virtualSize what a guest sees
   * @param fileSize what it takes on the host
   * @param usedBy names of the VMs that have a disk or CD from it
   * @param provenance what was verified of a pulled one, otherwise null
   * @param warnings what may be wrong with the file that it was made of, for people; the image is
   *     ready all the same
   */
  public record ImageStatus(
      ImagePhase phase,
      @Nullable String digest,
      @Nullable Format format,
      ByteSize virtualSize,
      ByteSize fileSize,
      List<String> usedBy,
      @Nullable Instant readyAt,
      @Nullable Provenance provenance,
      List<String> warnings) {
    public ImageStatus {
      warnings = warnings == null ? List.of() : List.copyOf(warnings);
      virtualSize = virtualSize == null ? new ByteSize(0) : virtualSize;
      fileSize = fileSize == null ? new ByteSize(0) : fileSize;
      usedBy = usedBy == null ? List.of() : List.copyOf(usedBy);
    }

    /** An image of which nothing is there yet. */
    public static ImageStatus making() {
      return new ImageStatus(
          ImagePhase.MAKING,
          null,
          null,
          new ByteSize(0),
          new ByteSize(0),
          List.of(),
          null,
          null,
          List.of());
    }

    public ImageStatus withPhase(ImagePhase newPhase) {
      return new ImageStatus(
          newPhase, digest, format, virtualSize, fileSize, usedBy, readyAt, provenance, warnings);
    }

    public ImageStatus withUsedBy(List<String> newUsedBy) {
      return new ImageStatus(
          phase, digest, format, virtualSize, fileSize, newUsedBy, readyAt, provenance, warnings);
    }
  }
}
