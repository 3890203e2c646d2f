/**
 * The processes of a VM: how helpers are started and served, how processes of VMs are found and
 * ended. What they need of the host is in the packages below: files, ports, shared directories.
 */
@NullMarked
package dev.kelvin.machine.launch;

import org.jspecify.annotations.NullMarked;
