/** What a run of the tests says at its end. */
@NullMarked
package dev.kelvin.it.report;

import org.jspecify.annotations.NullMarked;
