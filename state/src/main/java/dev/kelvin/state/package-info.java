/**
 * What Kelvin remembers: a key-value store with the semantics of etcd v3 (revisions, transactions,
 * watches, leases), typed documents in it, and tasks that survive crashes.
 */
@NullMarked
package dev.kelvin.state;

import org.jspecify.annotations.NullMarked;
