/**
 * What stores of this program have in common: how a transaction is evaluated, leases that run out,
 * recent changes, and those who watch them.
 */
@NullMarked
package dev.kelvin.state.engine;

import org.jspecify.annotations.NullMarked;
