package dev.kelvin.machine.guest;

import dev.kelvin.model.GuestInfo;

/** What there is to tell of a guest's agent. */
public sealed interface GuestNews {
  /** What it said, which differs from what it said before. */
  record Told(GuestInfo info) implements GuestNews {}

  /** It broke the rules of its protocol, and is asked again only after a while. */
  record Misbehaves(String how) implements GuestNews {}

  /** It keeps to the rules again. */
  record Behaves() implements GuestNews {}
}
