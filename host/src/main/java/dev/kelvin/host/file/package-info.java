/**
 * Files that must be there after a crash, files and sockets that somebody hostile may swap, and
 * descriptors, which go from process to process.
 */
@NullMarked
package dev.kelvin.host.file;

import org.jspecify.annotations.NullMarked;
