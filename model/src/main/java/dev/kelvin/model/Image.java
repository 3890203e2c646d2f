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

  public String ref() {
    return "image/" + metadata.name();
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
    IMPORT("import");

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
    VHDX("vhdx"),
    VDI("vdi"),
    ISO("iso");

    private final String wire;

    Format(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  /**
   * How the image is made.
   *
   * @param build the recipe of a built one, null for an imported one
   * @param sourceFormat the format of the imported file, null for a built one
   */
  public record ImageSpec(
      Origin origin, @Nullable BuildRecipe build, @Nullable Format sourceFormat) {}

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
   */
  public record ImageStatus(
      ImagePhase phase,
      @Nullable String digest,
      @Nullable Format format,
      ByteSize virtualSize,
      ByteSize fileSize,
      List<String> usedBy,
      @Nullable Instant readyAt) {
    public ImageStatus {
      virtualSize = virtualSize == null ? new ByteSize(0) : virtualSize;
      fileSize = fileSize == null ? new ByteSize(0) : fileSize;
      usedBy = usedBy == null ? List.of() : List.copyOf(usedBy);
    }
  }
}
