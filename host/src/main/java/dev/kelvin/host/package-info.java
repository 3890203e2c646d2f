/**
 * The Linux side of one host: running other programs within limits, launching processes that
 * outlive the daemon, facts and proofs about what the host can do, and the distribution's packages.
 */
@NullMarked
package dev.kelvin.host;

import org.jspecify.annotations.NullMarked;
