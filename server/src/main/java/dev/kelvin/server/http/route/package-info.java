/** Which action a request is, a class for each kind of resource. */
@NullMarked
package dev.kelvin.server.http.route;

import org.jspecify.annotations.NullMarked;
