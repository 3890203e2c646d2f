/** The images of this node by name: their documents, and the tasks that make and delete them. */
@NullMarked
package dev.kelvin.image.catalogue;

import org.jspecify.annotations.NullMarked;
