/**
 * The API over HTTP: decodes requests into actions, and outcomes into answers. It decides nothing
 * about virtual machines; who may do what and whether it makes sense is decided behind {@link
 * dev.kelvin.server.action.Actions}.
 */
@NullMarked
package dev.kelvin.server.http;

import org.jspecify.annotations.NullMarked;
