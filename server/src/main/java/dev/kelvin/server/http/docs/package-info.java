/**
 * What the daemon tells about its API, made of the OpenAPI document when somebody asks: a web page
 * and the JSON Schema of VM documents.
 */
@NullMarked
package dev.kelvin.server.http.docs;

import org.jspecify.annotations.NullMarked;
