package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people type who know other programs. */
@Timeout(60)
class OtherWordsTest extends OnFakeDaemon {
  @Test
  void wordsThatMeanTheSameAreCommandsThatThereAre() {
    OtherWords.all()
        .forEach((word, command) ->
            assertThat(Catalog.find(List.of(command.split(" ", -1))))
                .as("%s stands for %s", word, command)
                .isPresent());
    assertThat(OtherWords.all().keySet())
        .as("no word of Kelvin's own is taken for another")
        .doesNotContainAnyElementsOf(Catalog.names());
  }

  @ParameterizedTest
  @CsvSource({"list", "ps", "vm ls", "vm list"})
  void aListIsAList(String words) throws IOException {
    daemon.on(FlowTest.ALL_VMS, Reply.json(200, Things.page(Things.vm("web1", Phase.STOPPED))));
    Result result = cli.run(words.split(" ", -1));
    assertThat(result.code()).isZero();
    assertThat(result.out()).contains("web1");
  }

  @Test
  void groupsHaveThemToo() throws IOException {
    daemon.on("GET /v1/images?limit=500", Reply.json(200, Things.page(Things.image("debian-12"))));
    assertThat(cli.run("image", "list").out()).contains("debian-12");
    assertThat(cli.run("images").out()).contains("debian-12");
    assertThat(cli.run("help", "volume", "delete").out()).startsWith("Usage: kelvin volume rm");
  }

  @ParameterizedTest
  @CsvSource({
    "destroy web1,kelvin stop VM",
    "destroy web1,kelvin rm VM",
    "undefine web1,--keep-disks",
    "reboot web1,kelvin reset VM",
    "dumpxml web1,kelvin get vm VM -o yaml",
    "snapshot web1,no snapshots yet",
    "lss,did you mean \"\"kelvin ls\"\""
  })
  void whatMeansSeveralThingsIsExplained(String words, String advice) throws IOException {
    Result result = cli.run(words.split(" ", -1));
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains(advice.replace("\"\"", "\""));
  }

  @ParameterizedTest
  @CsvSource({
    "create --mem 2GiB,did you mean --memory?",
    "create --cores 2,did you mean --cpus?",
    "create --cdrom x.iso,did you mean --iso?",
    "rm -f web1,did you mean --force?",
    "ls --json,did you mean -o json?",
    "ls --all,lists all VMs",
    "ls -v,KELVIN_DEBUG=1"
  })
  void optionsOfOthersAreKnown(String words, String advice) throws IOException {
    Result result = cli.run(words.split(" ", -1));
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains(advice);
  }

  @Test
  void aSmallVAsksForTheVersion() throws IOException {
    daemon.on("GET /v1/info", Reply.problem(Problem.of(Code.UNAVAILABLE, "It is not to be asked")));
    assertThat(cli.run("-v").out()).isEqualTo(cli.run("version").out()).startsWith("kelvin");
  }
}
