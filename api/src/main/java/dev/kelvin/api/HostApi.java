package dev.kelvin.api;

import static dev.kelvin.api.Exchange.get;
import static dev.kelvin.api.Exchange.post;

import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.Task;
import dev.kelvin.model.cpu.CpuBaseline;
import dev.kelvin.model.cpu.CpuModels;
import dev.kelvin.model.cpu.HostCpu;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the API says of the daemon's host, and does to it. */
public final class HostApi {
  private final Exchange exchange;

  HostApi(Exchange exchange) {
    this.exchange = exchange;
  }

  public DoctorReport doctor() {
    return exchange.read(get("/v1/doctor").quiet(Exchange.SLOW), DoctorReport.class);
  }

  /** The CPU models that guests can have; null for the usual architecture and accelerator. */
  public CpuModels cpuModels(@Nullable String architecture, @Nullable String accelerator) {
    return exchange.read(
        get("/v1/cpu/models" + guests(architecture, accelerator)).quiet(Exchange.SLOW),
        CpuModels.class);
  }

  /** The CPU that the host can give, to carry to another one. */
  public HostCpu cpu(@Nullable String architecture, @Nullable String accelerator) {
    return exchange.read(
        get("/v1/cpu" + guests(architecture, accelerator)).quiet(Exchange.SLOW), HostCpu.class);
  }

  private static String guests(@Nullable String architecture, @Nullable String accelerator) {
    var query = new Query();
    if (architecture != null) {
      query.with("architecture", architecture);
    }
    if (accelerator != null) {
      query.with("accelerator", accelerator);
    }
    return query.toString();
  }

  /** The largest CPU that runs on each of these hosts. */
  public CpuBaseline cpuBaseline(List<HostCpu> hosts) {
    return exchange.read(
        post("/v1/cpu/baseline", Map.of("hosts", hosts)).quiet(Exchange.SLOW), CpuBaseline.class);
  }

  public Task examine() {
    return exchange.task(post("/v1/doctor"));
  }

  public Task installPackages(List<String> packages) {
    return exchange.task(post("/v1/packages", Map.of("packages", packages)));
  }
}
