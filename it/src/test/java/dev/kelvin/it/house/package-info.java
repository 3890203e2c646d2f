/**
 * The rules of the house, as tests: which module may use which, budgets of size, no static state,
 * no monitors, no reflection, documents whose links lead somewhere. Each check is itself tested on
 * a sample that breaks its rule.
 */
@NullMarked
package dev.kelvin.it.house;

import org.jspecify.annotations.NullMarked;
