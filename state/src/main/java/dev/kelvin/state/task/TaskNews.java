package dev.kelvin.state.task;

import dev.kelvin.model.Task;

/**
 * A task as it was at some moment.
 *
 * @param sequence rises with every piece of news of an engine, whatever the task
 * @param revision of the store, at which the task's record was last written; 0 when that is not
 *     known yet
 */
public record TaskNews(Task task, long sequence, long revision) {}
