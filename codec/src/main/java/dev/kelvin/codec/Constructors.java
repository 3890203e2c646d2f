package dev.kelvin.codec;

import java.lang.reflect.Constructor;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.deser.std.StdValueInstantiator;
import tools.jackson.databind.module.SimpleValueInstantiators;

/**
 * Makes records by calling their constructors by reflection. Jackson calls them through method
 * handles, for each of which the JVM spins classes when it is first used: some hundred for one VM,
 * which no AOT cache holds. A command that shows one VM ends long before they have paid.
 */
final class Constructors extends SimpleValueInstantiators {
  private static final long serialVersionUID = 1L;

  @Override
  public ValueInstantiator modifyValueInstantiator(
      DeserializationConfig config, BeanDescription.Supplier type, ValueInstantiator usual) {
    return type.getBeanClass().isRecord() && usual instanceof StdValueInstantiator standard
        ? new OfRecord(standard)
        : usual;
  }

  private static final class OfRecord extends StdValueInstantiator {
    private static final long serialVersionUID = 1L;

    OfRecord(StdValueInstantiator usual) {
      super(usual);
    }

    @Override
    public Object createFromObjectWith(DeserializationContext context, Object[] values) {
      if (_withArgsCreator == null
          || !(_withArgsCreator.getAnnotated() instanceof Constructor<?> constructor)) {
        return super.createFromObjectWith(context, values);
      }
      try {
        return constructor.newInstance(values);
      } catch (ReflectiveOperationException | IllegalArgumentException e) {
        return context.handleInstantiationProblem(
            _valueClass, values, rewrapCtorProblem(context, e));
      }
    }
  }
}
