/** Processes and files of a run: waiting for them, going ahead of them, what they leave. */
@NullMarked
package dev.kelvin.bench.process;

import org.jspecify.annotations.NullMarked;
