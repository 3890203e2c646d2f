/** Executes actions on VMs, volumes, images and what runs in guests. */
@NullMarked
package dev.kelvin.server.local.resource;

import org.jspecify.annotations.NullMarked;
