package dev.kelvin.cli.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measurements in Prometheus' text format (exposition format 0.0.4). */
record PrometheusText(List<Sample> samples) {
  /** One measured value. */
  record Sample(String name, Map<String, String> labels, double value) {}

  static PrometheusText parse(String text) {
    var samples = new ArrayList<Sample>();
    text.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .forEach(line -> samples.add(sample(line)));
    return new PrometheusText(List.copyOf(samples));
  }

  private static Sample sample(String line) {
    int brace = line.indexOf('{');
    int blank = line.indexOf(' ');
    Map<String, String> labels = new LinkedHashMap<>();
    int end;
    String name;
    if (brace >= 0 && (blank < 0 || brace < blank)) {
      name = line.substring(0, brace);
      end = labels(line, brace + 1, labels);
    } else {
      name = blank < 0 ? line : line.substring(0, blank);
      end = Math.max(0, blank);
    }
    String rest = line.substring(end).strip();
    int second = rest.indexOf(' ');
    return new Sample(name, labels, number(second < 0 ? rest : rest.substring(0, second)));
  }

  /** Reads {@code a="b",c="d"} and the brace that ends it; returns where that is over. */
  private static int labels(String line, int start, Map<String, String> labels) {
    int at = start;
    while (at < line.length() && line.charAt(at) != '}') {
      int equals = line.indexOf('=', at);
      if (equals < 0 || equals + 1 >= line.length()) {
        return line.length();
      }
      var value = new StringBuilder();
      int quote = equals + 2;
      while (quote < line.length() && line.charAt(quote) != '"') {
        if (line.charAt(quote) == '\\' && quote + 1 < line.length()) {
          quote++;
          value.append(line.charAt(quote) == 'n' ? '\n' : line.charAt(quote));
        } else {
          value.append(line.charAt(quote));
        }
        quote++;
      }
      labels.put(line.substring(at, equals).strip(), value.toString());
      at = quote + 1;
      if (at < line.length() && line.charAt(at) == ',') {
        at++;
      }
    }
    return Math.min(line.length(), at + 1);
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text.replace("+Inf", "Infinity").replace("-Inf", "-Infinity"));
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /** The sum of a measurement over everything that a VM has; 0 when it has none. */
  double ofVm(String name, String vm) {
    return samples.stream()
        .filter(one -> one.name.equals(name) && vm.equals(one.labels.get("vm")))
        .mapToDouble(Sample::value)
        .sum();
  }

  /** The names of the VMs that have a process. */
  List<String> running() {
    return samples.stream()
        .filter(one -> one.name.equals("kelvin_vm_up") && one.value > 0)
        .map(one -> one.labels.getOrDefault("vm", ""))
        .sorted()
        .toList();
  }

  /** A measurement of the node; 0 when there is none. */
  double ofNode(String name) {
    return samples.stream().filter(one -> one.name.equals(name)).mapToDouble(Sample::value).sum();
  }
}
