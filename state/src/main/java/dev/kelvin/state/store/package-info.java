/**
 * The store: keys with values that have the semantics of etcd v3 (revisions, transactions, watches,
 * leases), and typed documents in it. What implements it is elsewhere.
 */
@NullMarked
package dev.kelvin.state.store;

import org.jspecify.annotations.NullMarked;
