/**
 * What the processes of a VM need of the host, and what serves them: files, ports, shared
 * directories, helpers; and how processes of VMs are found and ended.
 */
@NullMarked
package dev.kelvin.machine.launch;

import org.jspecify.annotations.NullMarked;
