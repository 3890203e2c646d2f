/** Tests of CPU models, on documents and tables; the real QEMU is asked elsewhere. */
@NullMarked
package dev.kelvin.qemu.cpu;

import org.jspecify.annotations.NullMarked;
