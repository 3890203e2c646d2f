package dev.kelvin.image.seed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Programs;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.WindowsSetup;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

/** The answers for Windows' installer, read back as XML. */
class WindowsAnswersTest {
  private static final WindowsSetup FULL =
      new WindowsSetup(
          "WEB-1",
          "p<a>s&\"s",
          "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE",
          "Windows Server 2022 SERVERSTANDARD",
          "de-DE",
          "W. Europe Standard Time",
          "virtio-win");

  private static final WindowsSetup LEAST =
      new WindowsSetup(null, null, null, null, "en-US", "UTC", null);

  @TempDir Path directory;

  private static Document parsed(WindowsSetup setup, FirmwareType firmware) throws Exception {
    var factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    String text = SeedIso.answers(setup, firmware);
    return factory.newDocumentBuilder().parse(new InputSource(new StringReader(text)));
  }

  private static List<String> texts(Document document, String name) {
    var found = document.getElementsByTagNameNS("*", name);
    return IntStream.range(0, found.getLength())
        .mapToObj(i -> found.item(i).getTextContent())
        .toList();
  }

  @Test
  void everythingOfTheFormIsInTheAnswers() throws Exception {
    Document answers = parsed(FULL, FirmwareType.UEFI);
    assertThat(answers.getDocumentElement().getNamespaceURI())
        .isEqualTo("urn:schemas-microsoft-com:unattend");
    assertThat(texts(answers, "ComputerName")).containsExactly("WEB-1");
    assertThat(texts(answers, "TimeZone")).containsExactly("W. Europe Standard Time");
    assertThat(texts(answers, "UILanguage")).containsOnly("de-DE");
    assertThat(texts(answers, "Key")).contains("/IMAGE/NAME", "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE");
    assertThat(texts(answers, "Value").getFirst()).isEqualTo("Windows Server 2022 SERVERSTANDARD");
    byte[] password = Base64.getDecoder().decode(texts(answers, "Value").getLast());
    assertThat(new String(password, StandardCharsets.UTF_16LE))
        .isEqualTo("p<a>s&\"sAdministratorPassword");
    assertThat(texts(answers, "Path"))
        .contains("E:\\viostor\\w11\\amd64", "E:\\NetKVM\\2k22\\amd64", "D:\\vioscsi\\w11\\amd64");
    assertThat(texts(answers, "Type")).containsExactly("EFI", "MSR", "Primary");
    assertThat(texts(answers, "PartitionID")).endsWith("3");
  }

  @Test
  void whatIsNotGivenIsLeftToWindows() throws Exception {
    Document answers = parsed(LEAST, FirmwareType.BIOS);
    assertThat(texts(answers, "ComputerName")).containsExactly("*");
    assertThat(texts(answers, "DriverPaths")).isEmpty();
    assertThat(texts(answers, "UserAccounts")).isEmpty();
    assertThat(texts(answers, "InstallFrom")).isEmpty();
    assertThat(texts(answers, "Key")).isEmpty();
    assertThat(texts(answers, "Type")).containsExactly("Primary", "Primary");
    assertThat(texts(answers, "Active")).containsExactly("true");
  }

  @Test
  void theyAreOnACdThatOnlyItsOwnerReads() throws Exception {
    Assumptions.assumeTrue(
        Programs.find("genisoimage").isPresent(), "genisoimage is not installed");
    Path iso = directory.resolve("answers.iso");
    String text = SeedIso.answers(FULL, FirmwareType.UEFI);
    new SeedIso(new Commands()).writeAnswers(iso, text);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(iso)))
        .isEqualTo("rw-------");
    var read =
        new Commands()
            .run(
                Commands.Command.of(
                    "isoinfo", "-J", "-i", iso.toString(), "-x", "/autounattend.xml"));
    assertThat(read.stdout()).isEqualTo(text);
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(iso);
    }
  }
}
