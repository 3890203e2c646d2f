/**
 * Images: the catalogue of files by their digest, images built from a distribution's packages,
 * imported ones, and the seeds from which cloud-init sets a guest up.
 */
@NullMarked
package dev.kelvin.image;

import org.jspecify.annotations.NullMarked;
