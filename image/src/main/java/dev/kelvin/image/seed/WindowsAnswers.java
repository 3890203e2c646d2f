package dev.kelvin.image.seed;

import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.WindowsSetup;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.jspecify.annotations.Nullable;

/**
 * Writes the answers for Windows' installer in the form of Microsoft's "Unattended Windows Setup
 * Reference": the whole first disk becomes Windows', nothing is asked.
 */
final class WindowsAnswers {
  private static final String NAMESPACE = "urn:schemas-microsoft-com:unattend";
  private static final String CONFIG = "http://schemas.microsoft.com/WMIConfig/2002/State";

  /** CD drives: which letter the drivers' has is not known before. */
  private static final List<String> DRIVES = List.of("D", "E", "F", "G", "H");

  /** The directories of virtio-win for what a new VM has: disks and cards. */
  private static final List<String> DRIVERS = List.of("viostor", "vioscsi", "NetKVM");

  /** Windows 11 and Server 2022, in virtio-win's words. */
  private static final List<String> RELEASES = List.of("w11", "2k22");

  private final StringWriter text = new StringWriter();
  private final XMLStreamWriter xml;

  private WindowsAnswers() throws XMLStreamException {
    xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
  }

  static String text(WindowsSetup setup, FirmwareType firmware) {
    try {
      var answers = new WindowsAnswers();
      answers.document(setup, firmware == FirmwareType.UEFI);
      return answers.text.toString();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("a text in memory can always be written to", e);
    }
  }

  private void document(WindowsSetup setup, boolean uefi) throws XMLStreamException {
    xml.writeStartDocument("utf-8", "1.0");
    xml.writeStartElement("unattend");
    xml.writeDefaultNamespace(NAMESPACE);
    xml.writeNamespace("wcm", CONFIG);
    pass("windowsPE");
    component("Microsoft-Windows-International-Core-WinPE");
    start("SetupUILanguage");
    leaf("UILanguage", setup.locale());
    end();
    locales(setup.locale());
    end();
    if (setup.drivers() != null) {
      drivers();
    }
    installation(setup, uefi);
    end();
    specialize(setup);
    welcome(setup);
    xml.writeEndElement();
    xml.writeEndDocument();
  }

  private void drivers() throws XMLStreamException {
    component("Microsoft-Windows-PnpCustomizationsWinPE");
    start("DriverPaths");
    var paths = new ArrayList<String>();
    for (String drive : DRIVES) {
      for (String driver : DRIVERS) {
        for (String release : RELEASES) {
          paths.add(drive + ":\\" + driver + "\\" + release + "\\amd64");
        }
      }
    }
    for (int i = 0; i < paths.size(); i++) {
      xml.writeStartElement("PathAndCredentials");
      xml.writeAttribute("wcm", CONFIG, "action", "add");
      xml.writeAttribute("wcm", CONFIG, "keyValue", Integer.toString(i + 1));
      leaf("Path", paths.get(i));
      end();
    }
    end();
    end();
  }

  private void installation(WindowsSetup setup, boolean uefi) throws XMLStreamException {
    component("Microsoft-Windows-Setup");
    start("DiskConfiguration");
    leaf("WillShowUI", "OnError");
    add("Disk");
    leaf("DiskID", "0");
    leaf("WillWipeDisk", "true");
    partitions(uefi);
    end();
    end();
    start("ImageInstall");
    start("OSImage");
    if (setup.edition() != null) {
      start("InstallFrom");
      add("MetaData");
      leaf("Key", "/IMAGE/NAME");
      leaf("Value", setup.edition());
      end();
      end();
    }
    start("InstallTo");
    leaf("DiskID", "0");
    leaf("PartitionID", uefi ? "3" : "2");
    end();
    leaf("WillShowUI", "OnError");
    end();
    end();
    start("UserData");
    leaf("AcceptEula", "true");
    start("ProductKey");
    if (setup.productKey() != null) {
      leaf("Key", setup.productKey());
    }
    leaf("WillShowUI", "OnError");
    end();
    end();
    end();
  }

  /**
   * A partition to make.
   *
   * @param size in MiB; null for the rest of the disk
   * @param format null for none
   */
  private record Partition(String type, @Nullable String size, @Nullable String format) {}

  private static List<Partition> layout(boolean uefi) {
    var windows = new Partition("Primary", null, "NTFS");
    return uefi
        ? List.of(new Partition("EFI", "260", "FAT32"), new Partition("MSR", "16", null), windows)
        : List.of(new Partition("Primary", "500", "NTFS"), windows);
  }

  private void partitions(boolean uefi) throws XMLStreamException {
    List<Partition> all = layout(uefi);
    start("CreatePartitions");
    for (int i = 0; i < all.size(); i++) {
      add("CreatePartition");
      leaf("Order", Integer.toString(i + 1));
      leaf("Type", all.get(i).type());
      String size = all.get(i).size();
      leaf(size == null ? "Extend" : "Size", size == null ? "true" : size);
      end();
    }
    end();
    start("ModifyPartitions");
    for (int i = 0; i < all.size(); i++) {
      add("ModifyPartition");
      leaf("Order", Integer.toString(i + 1));
      leaf("PartitionID", Integer.toString(i + 1));
      String format = all.get(i).format();
      if (format != null) {
        leaf("Format", format);
      }
      if (i == all.size() - 1) {
        leaf("Letter", "C");
      } else if (!uefi) {
        leaf("Active", "true");
      }
      end();
    }
    end();
  }

  private void specialize(WindowsSetup setup) throws XMLStreamException {
    pass("specialize");
    component("Microsoft-Windows-Shell-Setup");
    leaf("ComputerName", setup.computerName() == null ? "*" : setup.computerName());
    leaf("TimeZone", setup.timeZone());
    end();
    if (setup.administratorPassword() != null) {
      // Editions for desktops have the account shut.
      component("Microsoft-Windows-Deployment");
      start("RunSynchronous");
      add("RunSynchronousCommand");
      leaf("Order", "1");
      leaf("Path", "net user Administrator /active:yes");
      end();
      end();
      end();
    }
    end();
  }

  private void welcome(WindowsSetup setup) throws XMLStreamException {
    pass("oobeSystem");
    component("Microsoft-Windows-International-Core");
    locales(setup.locale());
    end();
    component("Microsoft-Windows-Shell-Setup");
    start("OOBE");
    leaf("HideEULAPage", "true");
    leaf("HideOnlineAccountScreens", "true");
    leaf("HideWirelessSetupInOOBE", "true");
    leaf("ProtectYourPC", "3");
    leaf("SkipMachineOOBE", "true");
    leaf("SkipUserOOBE", "true");
    end();
    String password = setup.administratorPassword();
    if (password != null) {
      start("UserAccounts");
      start("AdministratorPassword");
      leaf("Value", hidden(password));
      leaf("PlainText", "false");
      end();
      end();
    }
    end();
    end();
  }

  /** How Windows writes a password that is not plain: that hides it from a glance only. */
  private static String hidden(String password) {
    byte[] text = (password + "AdministratorPassword").getBytes(StandardCharsets.UTF_16LE);
    return Base64.getEncoder().encodeToString(text);
  }

  private void locales(String locale) throws XMLStreamException {
    leaf("InputLocale", locale);
    leaf("SystemLocale", locale);
    leaf("UILanguage", locale);
    leaf("UserLocale", locale);
  }

  private void pass(String name) throws XMLStreamException {
    xml.writeStartElement("settings");
    xml.writeAttribute("pass", name);
  }

  private void component(String name) throws XMLStreamException {
    xml.writeStartElement("component");
    xml.writeAttribute("name", name);
    xml.writeAttribute("processorArchitecture", "amd64");
    xml.writeAttribute("publicKeyToken", "31bf3856ad364e35");
    xml.writeAttribute("language", "neutral");
    xml.writeAttribute("versionScope", "nonSxS");
  }

  private void start(String name) throws XMLStreamException {
    xml.writeStartElement(name);
  }

  /** An entry of a list. */
  private void add(String name) throws XMLStreamException {
    xml.writeStartElement(name);
    xml.writeAttribute("wcm", CONFIG, "action", "add");
  }

  private void leaf(String name, String value) throws XMLStreamException {
    xml.writeStartElement(name);
    xml.writeCharacters(value);
    xml.writeEndElement();
  }

  private void end() throws XMLStreamException {
    xml.writeEndElement();
  }
}
