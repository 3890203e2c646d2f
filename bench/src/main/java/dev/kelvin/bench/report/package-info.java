/** What was measured, with what it is to keep to, and the files that it is written to. */
@NullMarked
package dev.kelvin.bench.report;

import org.jspecify.annotations.NullMarked;
