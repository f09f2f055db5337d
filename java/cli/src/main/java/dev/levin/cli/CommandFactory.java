package dev.levin.cli;

import java.lang.reflect.Constructor;
import picocli.CommandLine;

/** Hands the streams to commands that have a constructor for them. */
final class CommandFactory implements CommandLine.IFactory {
  private final CommandIo io;

  CommandFactory(CommandIo io) {
    this.io = io;
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      Class<?>[] parameters = constructor.getParameterTypes();
      if (parameters.length == 1 && parameters[0] == CommandIo.class) {
        return type.cast(constructor.newInstance(io));
      }
    }
    return CommandLine.defaultFactory().create(type);
  }
}
