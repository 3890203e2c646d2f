/**
 * Work on many bytes: checksums and unpacking. The daemon has only the first of the JVM's
 * compilers, and shall not be in one process with what reads files of strangers: so a worker does
 * it, a process of the same program that is given the files, says how far it is, and ends.
 */
@NullMarked
package dev.kelvin.image.bulk;

import org.jspecify.annotations.NullMarked;
