/**
 * Tests of typed documents, {@link dev.kelvin.state.store.StoreConformance}, which every store
 * passes, and stores that fail in chosen ways.
 */
@NullMarked
package dev.kelvin.state.store;

import org.jspecify.annotations.NullMarked;
