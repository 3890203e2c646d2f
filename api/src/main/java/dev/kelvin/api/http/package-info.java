/**
 * HTTP/1.1, WebSocket and server-sent events as the client needs them: over a Unix socket by hand,
 * because the JDK's HTTP client knows no Unix sockets and costs the command line 400 ms of start;
 * over TLS through that client.
 */
@NullMarked
package dev.kelvin.api.http;

import org.jspecify.annotations.NullMarked;
