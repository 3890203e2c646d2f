/** What tests of this and other modules have in common: awaiting, and a strange program. */
@NullMarked
package dev.kelvin.host.testkit;

import org.jspecify.annotations.NullMarked;
