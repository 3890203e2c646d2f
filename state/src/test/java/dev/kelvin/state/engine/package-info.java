/**
 * {@link dev.kelvin.state.engine.MemoryStore} for the tests of other modules, and its own tests.
 */
@NullMarked
package dev.kelvin.state.engine;

import org.jspecify.annotations.NullMarked;
