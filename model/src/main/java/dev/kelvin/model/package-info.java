/**
 * The words of Kelvin: documents, specs, states and problems. Pure values, JDK only; every other
 * module speaks in them.
 */
@NullMarked
package dev.kelvin.model;

import org.jspecify.annotations.NullMarked;
