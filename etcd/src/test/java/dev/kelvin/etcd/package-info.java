/** Tests of the etcd store against the real etcd of the distribution. */
@NullMarked
package dev.kelvin.etcd;

import org.jspecify.annotations.NullMarked;
