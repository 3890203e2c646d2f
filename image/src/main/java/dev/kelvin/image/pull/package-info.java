/**
 * Images that others publish: the catalogue of where they are, downloads that go on after a break,
 * and what is verified of a file before it becomes an image. Everything that comes from the network
 * may be hostile.
 */
@NullMarked
package dev.kelvin.image.pull;

import org.jspecify.annotations.NullMarked;
