/** The reference of the API as a web page, made of the OpenAPI document when somebody asks. */
@NullMarked
package dev.kelvin.server.http.docs;

import org.jspecify.annotations.NullMarked;
