/**
 * Asking servers for files by HTTP: one request, those that its redirects lead to, and what comes
 * of them. Everything that a server says may be hostile.
 */
@NullMarked
package dev.kelvin.image.web;

import org.jspecify.annotations.NullMarked;
