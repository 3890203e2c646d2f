/** One run: its options, its daemon, and what that takes. */
@NullMarked
package dev.kelvin.bench.session;

import org.jspecify.annotations.NullMarked;
