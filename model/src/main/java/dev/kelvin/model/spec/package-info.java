/**
 * What a user wants of a VM. The OpenAPI document describes the same fields for other programs; a
 * test holds the two against each other.
 */
@NullMarked
package dev.kelvin.model.spec;

import org.jspecify.annotations.NullMarked;
