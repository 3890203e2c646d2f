/** The user's own files: read, and replaced only by whole ones. */
@NullMarked
package dev.kelvin.cli.file;

import org.jspecify.annotations.NullMarked;
