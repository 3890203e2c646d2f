package dev.kelvin.cli.complete;

/**
 * What a word may become.
 *
 * @param word the whole word
 * @param description one line for shells that show it; may be empty
 */
public record Candidate(String word, String description) {
  public Candidate {
    description = description.replace('\t', ' ').replace('\n', ' ').strip();
  }
}
