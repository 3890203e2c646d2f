package dev.kelvin.model;

/** The version of this Kelvin; a test holds it against the build's. */
public final class Version {
  public static final String NUMBER = "0.1.0";

  private Version() {}
}
