package dev.kelvin.qmp;

import java.time.Instant;
import tools.jackson.databind.JsonNode;

/**
 * Something that QEMU tells unasked.
 *
 * @param name as in QEMU's schema, such as {@code SHUTDOWN}
 * @param data an object; empty when the event has none
 * @param time by the host's clock, as QEMU gives it
 */
public record QmpEvent(String name, JsonNode data, Instant time) {}
