package dev.kelvin.host.check;

import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import java.util.List;

/** Short ways to make a {@link Check}. */
record Checks(String id, String title) {
  Check ok(String proof) {
    return new Check(id, title, CheckState.OK, proof, null);
  }

  Check limited(String proof, String remedy) {
    return new Check(id, title, CheckState.LIMITED, proof, remedy);
  }

  Check absent(String proof, String remedy) {
    return new Check(id, title, CheckState.ABSENT, proof, remedy);
  }

  Check broken(String proof, String remedy) {
    return new Check(id, title, CheckState.BROKEN, proof, remedy);
  }

  Check required(String proof, String remedy) {
    return required(proof, remedy, List.of());
  }

  Check required(String proof, String remedy, List<String> packages) {
    return new Check(id, title, CheckState.REQUIRED, proof, remedy, packages);
  }
}
