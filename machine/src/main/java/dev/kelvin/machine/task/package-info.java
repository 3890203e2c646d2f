/**
 * The durable tasks that users start: what each does in which steps, and how each step is undone. A
 * step asks the supervisor of its VM; it does nothing to a process by itself.
 */
@NullMarked
package dev.kelvin.machine.task;

import org.jspecify.annotations.NullMarked;
