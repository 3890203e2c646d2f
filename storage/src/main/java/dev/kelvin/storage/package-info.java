/**
 * Volumes: where the writable disks of VMs are kept. One interface that every kind of storage
 * implements, one conformance suite, and the driver for a directory of qcow2 files.
 */
@NullMarked
package dev.kelvin.storage;

import org.jspecify.annotations.NullMarked;
