/** What goes wrong: daemons killed at every write, lost stores, full disks, hung guests. */
@NullMarked
package dev.kelvin.it.fault;

import org.jspecify.annotations.NullMarked;
