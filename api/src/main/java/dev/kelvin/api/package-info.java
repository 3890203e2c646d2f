/**
 * The API: its OpenAPI document, which is the truth about it, and a client in Java for the command
 * line and for other programs.
 */
@NullMarked
package dev.kelvin.api;

import org.jspecify.annotations.NullMarked;
