package dev.kelvin.cli.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.cli.text.Style;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Audio;
import dev.kelvin.model.spec.AudioModel;
import dev.kelvin.model.spec.Firmware;
import dev.kelvin.model.spec.Graphics;
import dev.kelvin.model.spec.GraphicsType;
import dev.kelvin.model.spec.PortForward;
import dev.kelvin.model.spec.Protocol;
import dev.kelvin.model.spec.Share;
import dev.kelvin.model.spec.ShareCache;
import dev.kelvin.model.spec.Tpm;
import dev.kelvin.model.spec.TpmVersion;
import dev.kelvin.model.spec.VideoModel;
import dev.kelvin.model.spec.VmSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The small parts of commands. */
class PartsTest {
  @Test
  void readsPortForwards() {
    assertThat(Forwards.parse("80")).isEqualTo(PortForward.of(Protocol.TCP, "127.0.0.1", 0, 80));
    assertThat(Forwards.parse("8080:80"))
        .isEqualTo(PortForward.of(Protocol.TCP, "127.0.0.1", 8080, 80));
    assertThat(Forwards.parse("0.0.0.0:53:53/udp"))
        .isEqualTo(PortForward.of(Protocol.UDP, "0.0.0.0", 53, 53));
    assertThat(Forwards.parse("10.0.2.50:80"))
        .isEqualTo(new PortForward(Protocol.TCP, "127.0.0.1", 0, "10.0.2.50", 80));
    assertThat(Forwards.parse("8080:10.0.2.50:80"))
        .isEqualTo(new PortForward(Protocol.TCP, "127.0.0.1", 8080, "10.0.2.50", 80));
    assertThat(Forwards.parse("0.0.0.0:8080:10.0.2.50:80"))
        .isEqualTo(new PortForward(Protocol.TCP, "0.0.0.0", 8080, "10.0.2.50", 80));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "http",
        "80:",
        ":80",
        "1:2:3:4",
        "70000",
        "-1:80",
        "80/sctp",
        "127.0.0.1",
        "[::1]:80:80",
        "127.0.0.1:10.0.2.50:80",
        "::1:80:80",
        "1:127.0.0.1:1:10.0.2.50:80",
        "localhost:80:80"
      })
  void refusesWhatIsNoForward(String text) {
    assertThatThrownBy(() -> Forwards.parse(text)).isInstanceOf(ProblemException.class);
  }

  @Test
  void readsLabels() {
    assertThat(OptionWords.labels(List.of("a=b", "c=d=e", "f=")))
        .isEqualTo(Map.of("a", "b", "c", "d=e", "f", ""));
    assertThatThrownBy(() -> OptionWords.labels(List.of("=x")))
        .isInstanceOf(ProblemException.class);
    assertThatThrownBy(() -> OptionWords.labels(List.of("x"))).isInstanceOf(ProblemException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "abc,abcdef,3",
    "abc,bcde,2",
    "abc,xyz,0",
    "'',abc,0",
    "abc,abc,3",
    "aab,ab,2",
    "abcabc,abc,3"
  })
  void findsWhereALogGoesOn(String last, String next, int overlap) {
    assertThat(LogsCommand.overlap(last.getBytes(UTF_8), next.getBytes(UTF_8))).isEqualTo(overlap);
  }

  @Test
  void readsPrometheusText() {
    PrometheusText metrics =
        PrometheusText.parse(
            """
            # HELP kelvin_vm_up 1 while the VM has a process.
            # TYPE kelvin_vm_up gauge
            kelvin_vm_up{vm="web1"} 1.0
            kelvin_vm_up{vm="db"} 0
            kelvin_vm_disk_read_bytes_total{vm="web1",disk="root"} 1e3
            kelvin_vm_disk_read_bytes_total{disk="d\\"ata",vm="web1"} 24 1700000000
            kelvin_node_cpus 2.0
            kelvin_node_load1 +Inf
            broken{
            alone
            """);
    assertThat(metrics.running()).containsExactly("web1");
    assertThat(metrics.ofVm("kelvin_vm_disk_read_bytes_total", "web1")).isEqualTo(1024);
    assertThat(metrics.ofNode("kelvin_node_cpus")).isEqualTo(2);
    assertThat(metrics.samples()).anyMatch(one -> "d\"ata".equals(one.labels().get("disk")));
  }

  @Test
  void topShowsRates() {
    String form =
        """
        kelvin_vm_up{vm="web1"} 1
        kelvin_vm_cpu_seconds_total{vm="web1"} %s
        kelvin_vm_memory_bytes{vm="web1"} 1073741824
        kelvin_vm_memory_resident_bytes{vm="web1"} 536870912
        kelvin_vm_disk_written_bytes_total{vm="web1",disk="root"} %s
        kelvin_node_cpus 2
        kelvin_node_load1 0.5
        kelvin_node_memory_bytes 4294967296
        kelvin_node_memory_available_bytes 1073741824
        """;
    String text =
        TopCommand.text(
            PrometheusText.parse(form.formatted("10", "0")),
            PrometheusText.parse(form.formatted("13", "2097152")),
            TopHistory.Order.NAME,
            2);
    assertThat(text)
        .contains("Host: 2 CPUs, load 0.50, 3.0 GiB of 4.0 GiB memory used; 1 running")
        .contains("web1  150 %  512 MiB  1.0 GiB  0 B/s  1.0 MiB/s");
  }

  @Test
  void aVmIsShownWithAllThatItHas() {
    VmSpec spec =
        VmSpec.defaults().toBuilder()
            .firmware(Firmware.secure())
            .tpm(new Tpm(TpmVersion.V2_0))
            .graphics(
                Graphics.of(GraphicsType.VNC)
                    .withModel(VideoModel.STD)
                    .withOthers(List.of(VideoModel.VIRTIO)))
            .shares(List.of(new Share("src", "/srv/src", null, true, ShareCache.AUTO)))
            .audio(new Audio(AudioModel.ICH9))
            .build();
    var vm = new Vm(Metadata.named("web1"), spec, VmStatus.initial());
    assertThat(VmText.details(vm, Style.plain()))
        .containsPattern("machine: +x86_64, \\S+, uefi with Secure Boot, for linux\n")
        .containsPattern("tpm: +2.0\n")
        .containsPattern("screens: +std, virtio\n")
        .containsPattern("share src: +/srv/src as src, read-only\n")
        .containsPattern("audio: +ich9");
    var bare =
        new Vm(
            Metadata.named("web1"),
            VmSpec.defaults().toBuilder()
                .graphics(Graphics.of(GraphicsType.NONE))
                .tpm(new Tpm(TpmVersion.NONE))
                .build(),
            VmStatus.initial());
    assertThat(VmText.details(bare, Style.plain()))
        .containsPattern("screens: +none\n")
        .doesNotContain("tpm", "share", "audio", "Secure Boot");
  }
}
