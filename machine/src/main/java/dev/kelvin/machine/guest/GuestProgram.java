package dev.kelvin.machine.guest;

import java.time.Duration;
import java.util.List;

/**
 * A program to run in a guest.
 *
 * @param command the program and its arguments; no shell reads it
 * @param environment {@code NAME=value}, which it gets beside what the agent itself has
 * @param input for its standard input
 * @param timeout how long it may run
 */
@SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
public record GuestProgram(
    List<String> command, List<String> environment, byte[] input, Duration timeout) {}
