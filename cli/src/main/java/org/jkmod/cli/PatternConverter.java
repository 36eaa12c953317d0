package org.jkmod.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A pattern of modules' names. An empty one matches none: most likely a variable of a script that is not set. */
final class PatternConverter implements ITypeConverter<String> {
    @Override
    public String convert(String value) {
        if (value.isEmpty()) {
            throw new TypeConversionException("a pattern must not be empty");
        }
        return value;
    }
}
