/**
 * The store of a cluster: etcd v3 behind the interface of the module state. Speaks etcd's gRPC API
 * (the "API reference" of etcd.io) with deadlines, fail-over and watches of its own.
 */
@NullMarked
package dev.kelvin.etcd;

import org.jspecify.annotations.NullMarked;
