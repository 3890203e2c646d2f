/** What is in a request: its path, its parameters, its body, what it likes to get. */
@NullMarked
package dev.kelvin.server.http.request;

import org.jspecify.annotations.NullMarked;
