/**
 * Tests of the store and of tasks; {@link dev.kelvin.state.StoreConformance}, which every store
 * passes; and {@link dev.kelvin.state.MemoryStore} for the tests of other modules.
 */
@NullMarked
package dev.kelvin.state;

import org.jspecify.annotations.NullMarked;
