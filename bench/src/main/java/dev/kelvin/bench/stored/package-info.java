/** VMs that are only stored, and commands that read them. */
@NullMarked
package dev.kelvin.bench.stored;

import org.jspecify.annotations.NullMarked;
