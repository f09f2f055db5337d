package dev.levin.core.backend;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;

/** Providers that are found as real ones are and open backends that know their own name only. */
public final class FakeProviders {
  private FakeProviders() {}

  private abstract static class Fake implements BackendProvider {
    private final String name;
    private final Availability availability;

    Fake(String name, Availability availability) {
      this.name = name;
      this.availability = availability;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Availability probe() {
      return availability;
    }

    @Override
    public List<DeviceInfo> devices() {
      return List.of(
          new DeviceInfo(0, name + " device", 0, Map.of()),
          new DeviceInfo(1, name + " other device", 0, Map.of()));
    }

    @Override
    public Backend open(DeviceInfo device) {
      return (Backend)
          Proxy.newProxyInstance(
              Backend.class.getClassLoader(),
              new Class<?>[] {Backend.class},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "name" -> name;
                    case "device" -> device;
                    case "close" -> null;
                    default -> throw new UnsupportedOperationException(method.getName());
                  });
    }
  }

  /** Ready, with a low score. */
  public static final class Slow extends Fake {
    public Slow() {
      super("slow", new Availability.Ready(1));
    }
  }

  /** Ready, with the best score. */
  public static final class Fast extends Fake {
    public Fast() {
      super("fast", new Availability.Ready(7));
    }
  }

  /** Ready, but never chosen by itself. */
  public static final class OnRequest extends Fake {
    public OnRequest() {
      super("on-request", new Availability.Ready(0));
    }
  }

  /** Never ready, under the name of a backend that Levin knows. */
  public static final class Broken extends Fake {
    public Broken() {
      super("cuda", new Availability.Absent("the driver is from another century"));
    }
  }
}
