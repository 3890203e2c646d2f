package dev.kelvin.it.product;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;

/**
 * Reads what a text screen says from its picture, cell by cell, by the font that drew it: only
 * pixels that are exactly those of a letter are that letter, all others are {@code ~}.
 */
final class ScreenText {
  private static final int ROWS = 25;
  private static final int COLUMNS = 80;
  private static final int HEIGHT = 16;
  private static final int GLYPHS = 256;

  /** The A of VGA's own font, by which a table of its glyphs is found within a program. */
  private static final byte[] LETTER_A = {
    0,
    0,
    0x10,
    0x38,
    0x6c,
    (byte) 0xc6,
    (byte) 0xc6,
    (byte) 0xfe,
    (byte) 0xc6,
    (byte) 0xc6,
    (byte) 0xc6,
    (byte) 0xc6,
    0,
    0,
    0,
    0
  };

  private final byte[] font;

  private ScreenText(byte[] font) {
    this.font = font;
  }

  /** By the font within a VGA BIOS, or within a program that brings its own. */
  static ScreenText withFontOf(Path program) throws IOException {
    byte[] all = Files.readAllBytes(program);
    for (int at = 'A' * HEIGHT; at + (GLYPHS - 'A') * HEIGHT <= all.length; at++) {
      if (Arrays.equals(all, at, at + HEIGHT, LETTER_A, 0, HEIGHT)) {
        int start = at - 'A' * HEIGHT;
        return new ScreenText(Arrays.copyOfRange(all, start, start + GLYPHS * HEIGHT));
      }
    }
    throw new AssertionError("there is no font in " + program);
  }

  /**
   * The lines of a screen of 25 rows of 80 letters, 8 or 9 pixels wide, which is in the middle of a
   * higher picture.
   *
   * @param png such as the product's screenshot
   */
  String read(byte[] png) throws IOException {
    BufferedImage picture = ImageIO.read(new ByteArrayInputStream(png));
    int width = picture.getWidth() / COLUMNS;
    int top = (picture.getHeight() - ROWS * HEIGHT) / 2;
    if (top < 0 || width < 8) {
      return "";
    }
    var text = new StringBuilder();
    for (int row = 0; row < ROWS; row++) {
      for (int column = 0; column < COLUMNS; column++) {
        text.append(letter(picture, column * width, top + row * HEIGHT));
      }
      text.append('\n');
    }
    return text.toString();
  }

  private char letter(BufferedImage picture, int left, int top) {
    int first = picture.getRGB(left, top);
    byte[] cell = new byte[HEIGHT];
    byte[] inverse = new byte[HEIGHT];
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < 8; x++) {
        if (picture.getRGB(left + x, top + y) != first) {
          cell[y] |= (byte) (0x80 >> x);
        }
      }
      inverse[y] = (byte) ~cell[y];
    }
    // The first pixel is almost always the background's; where it is the letter's, all is inverted.
    char found = find(cell);
    return found == '~' ? find(inverse) : found;
  }

  private char find(byte[] cell) {
    for (int code = ' '; code < 0x7f; code++) {
      if (Arrays.equals(font, code * HEIGHT, (code + 1) * HEIGHT, cell, 0, HEIGHT)) {
        return (char) code;
      }
    }
    return '~';
  }
}
