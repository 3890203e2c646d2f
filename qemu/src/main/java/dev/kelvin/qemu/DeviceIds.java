package dev.kelvin.qemu;

/** What the ids of devices begin with, before the name that users gave. */
public final class DeviceIds {
  public static final String DISK = "disk-";
  public static final String NIC = "nic-";
  public static final String CD = "cd-";

  private DeviceIds() {}
}
