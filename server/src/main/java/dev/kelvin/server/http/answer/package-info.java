/** What an action comes to, as an answer: documents, problems, streams of events. */
@NullMarked
package dev.kelvin.server.http.answer;

import org.jspecify.annotations.NullMarked;
