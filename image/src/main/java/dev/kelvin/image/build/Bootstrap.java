package dev.kelvin.image.build;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Commands.Result;
import dev.kelvin.image.Namespace;
import dev.kelvin.image.Resources;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs mmdebstrap(1), as root in namespaces of its own: from packages to a directory with a guest's
 * files. The daemon's user needs to be root or to have subordinate ids (subuid(5)), since the files
 * belong to the guest's users.
 */
final class Bootstrap {
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  /**
   * Debian 12's day of release; what reads it during the build is set right when that has ended.
   */
  private static final String BUILD_DATE = "1686355200";

  private static final Pattern ABSENT =
      Pattern.compile(
          "E: (?:Unable to locate package|Package '?|Couldn't find any package by \\w+) ?'?([a-z0-9+.-]+).*");

  private final Commands commands;
  private final Namespace namespace;

  Bootstrap(Commands commands, Namespace namespace) {
    this.commands = commands;
    this.namespace = namespace;
  }

  /**
   * What an installation is known by.
   *
   * @param identity 64 hexadecimal digits; the same for the same packages
   * @param epoch date of the newest file of any package, in seconds since 1970
   */
  record Outcome(String identity, long epoch) {}

  /**
   * Installs.
   *
   * @param tree the directory to fill; empty
   * @throws ProblemException invalid-argument for a package that is not there, unavailable when the
   *     mirror cannot be reached, host-failure
   */
  Outcome run(DebianRecipe recipe, AptSources sources, Path tree, BuildProgress progress)
      throws InterruptedException {
    List<String> argv = new ArrayList<>(namespace.apart());
    argv.addAll(List.of("mmdebstrap", "--verbose"));
    argv.add("--mode=" + namespace.mode());
    argv.addAll(List.of("--variant=minbase", "--format=directory", "--architectures=amd64"));
    argv.add("--include=" + String.join(",", recipe.packages()));
    // A build that the host's power cuts off is made anew: no package needs to be flushed.
    argv.add("--dpkgopt=force-unsafe-io");
    for (String unread : List.of("man", "info", "locale", "doc", "lintian")) {
      argv.add("--dpkgopt=path-exclude=/usr/share/" + unread + "/*");
    }
    argv.add("--dpkgopt=path-include=/usr/share/doc/*/copyright");
    argv.add("--aptopt=Acquire::Languages \"none\"");
    sources.options().forEach(option -> argv.add("--aptopt=" + option));
    argv.add("--setup-hook=" + Resources.text("setup.sh"));
    argv.add("--customize-hook=" + finish(recipe));
    argv.addAll(List.of(recipe.suite(), tree.toString()));
    argv.addAll(sources.lines());
    var result =
        commands.run(
            Command.of(argv)
                .timeout(PATIENCE)
                .maxOutputBytes(256 << 10)
                .environment(Map.of("SOURCE_DATE_EPOCH", BUILD_DATE, "INITRD", "No", "TZ", "UTC")),
            progress::line);
    if (!result.ok()) {
      throw explain(recipe, result);
    }
    return new Outcome(
        value(result, "kelvin-identity: "), Long.parseLong(value(result, "kelvin-epoch: ")));
  }

  private static String finish(DebianRecipe recipe) {
    return Resources.text("finish.sh")
        .replace("@RECIPE@", recipe.key())
        .replace("@SUITE@", recipe.suite())
        // No package was published within the last minute; what the build makes is younger.
        .replace("@START@", "@" + (System.currentTimeMillis() / 1000 - 60));
  }

  private static String value(Result result, String name) {
    // mmdebstrap sends the output of its hooks where its own messages go.
    return Stream.concat(result.stderr().lines(), result.stdout().lines())
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()))
        .findFirst()
        .orElseThrow(() ->
            Problem.of(Code.HOST_FAILURE, "The image cannot be built")
                .on("mmdebstrap")
                .because("it ended well but did not run its last hook: no line " + name)
                .remedy("check that mmdebstrap is of version 1.3 or newer")
                .asException());
  }

  static ProblemException explain(DebianRecipe recipe, Result result) {
    List<String> errors =
        (result.stdout() + "\n" + result.stderr())
            .lines()
            .filter(line -> line.startsWith("E: ") || line.startsWith("Err:"))
            .toList();
    for (String error : errors) {
      var absent = ABSENT.matcher(error);
      if (absent.matches()) {
        int index = recipe.packages().indexOf(absent.group(1));
        return Problem.of(Code.INVALID_ARGUMENT, "A package is not in Debian " + recipe.suite())
            .on(absent.group(1))
            .at("build.packages")
            .because(index < 0 ? error : "no source has a package of this name")
            .remedy("correct its name; packages.debian.org lists them")
            .asException();
      }
    }
    String first = errors.isEmpty() ? result.lastError() : errors.getFirst();
    String all = String.join("\n", errors);
    if (all.contains("subuid") || all.contains("newuidmap") || all.contains("unshare")) {
      return new Problem(
              Code.CAPABILITY_MISSING,
              "An image cannot be built by this user",
              "mmdebstrap",
              null,
              first.replaceFirst("^E: ", ""),
              "run the daemon as root; or install uidmap and give the user subordinate ids: sudo"
                  + " usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER",
              List.of())
          .asException();
    }
    if (all.contains("Failed to fetch") || all.contains("Could not") || all.contains("Err:")) {
      return new Problem(
              Code.UNAVAILABLE,
              "The packages cannot be fetched",
              "mmdebstrap",
              null,
              first,
              "check the network, the host's apt sources and its proxy (apt-get update must work)",
              List.of())
          .asException();
    }
    return Problem.of(Code.HOST_FAILURE, "The image cannot be built")
        .on("mmdebstrap")
        .because(first)
        .remedy("read the cause; \"kelvin doctor\" tells what this host lacks to build images")
        .asException();
  }
}
