/**
 * What can be asked of a daemon, whoever asks: one record for each thing, authorised and executed
 * in one place.
 */
@NullMarked
package dev.kelvin.server.action;

import org.jspecify.annotations.NullMarked;
