package dev.kelvin.image.bulk;

/** In the calling thread. */
class OwnThreadTest extends BulkWorkSuite {
  @Override
  BulkWork bulk() {
    return BulkWork.here();
  }
}
