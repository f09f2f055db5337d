package dev.levin.core.backend;

import dev.levin.core.DeviceException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** The only place where backends are looked up. */
public final class Backends {
  /** System property that chooses a backend by name, or {@code auto}. */
  public static final String PROPERTY = "levin.backend";

  /** Environment variable read when the property is not set. */
  public static final String VARIABLE = "LEVIN_BACKEND";

  /** Lets the best available backend be chosen. */
  public static final String AUTO = "auto";

  private static final List<String> KNOWN = List.of("cpu", "opencl", "cuda");

  /** A backend's name, whether it can run here, and its devices when it can. */
  public record Status(String name, Availability availability, List<DeviceInfo> devices) {}

  private Backends() {}

  /** Every backend Levin knows of, absent ones with the reason. */
  public static List<Status> list() {
    Map<String, BackendProvider> providers = providers();
    List<String> names = new ArrayList<>(KNOWN);
    providers.keySet().stream().filter(name -> !KNOWN.contains(name)).forEach(names::add);
    List<Status> statuses = new ArrayList<>();
    for (String name : names) {
      BackendProvider provider = providers.get(name);
      Availability availability = provider == null ? notOnClassPath(name) : provider.probe();
      boolean ready = availability instanceof Availability.Ready;
      statuses.add(new Status(name, availability, ready ? provider.devices() : List.of()));
    }
    return statuses;
  }

  /** The backend that property and environment ask for; {@link #AUTO} when they are silent. */
  public static String configured() {
    String name = System.getProperty(PROPERTY, "");
    if (name.isBlank()) {
      name = Optional.ofNullable(System.getenv(VARIABLE)).orElse("");
    }
    return name.isBlank() ? AUTO : name.strip();
  }

  /** Opens {@link #configured()}. */
  public static Backend open() {
    return open(configured());
  }

  /**
   * Opens a backend on its first device.
   *
   * @param name a backend's name, forced: if it is absent that is an error; or {@link #AUTO}
   * @throws DeviceException of kind UNAVAILABLE that says what was found
   */
  public static Backend open(String name) {
    Map<String, BackendProvider> providers = providers();
    if (name.equals(AUTO)) {
      return providers.values().stream()
          .filter(provider -> score(provider) > 0)
          .max(Comparator.comparingInt(Backends::score))
          .map(provider -> provider.open(provider.devices().getFirst()))
          .orElseThrow(() -> unavailable("no backend can run here: " + describe()));
    }
    if (!KNOWN.contains(name) && !providers.containsKey(name)) {
      throw unavailable("unknown backend '" + name + "'; known are " + KNOWN + " and " + AUTO);
    }
    BackendProvider provider = require(name, providers);
    return provider.open(provider.devices().getFirst());
  }

  /**
   * What can be tuned on a backend's first device.
   *
   * @throws DeviceException of kind UNAVAILABLE when the backend is absent
   */
  public static Optional<Tuning> tuning(String name) {
    BackendProvider provider = require(name, providers());
    return provider.tuning(provider.devices().getFirst());
  }

  private static BackendProvider require(String name, Map<String, BackendProvider> providers) {
    BackendProvider provider = providers.get(name);
    Availability availability = provider == null ? notOnClassPath(name) : provider.probe();
    if (availability instanceof Availability.Absent absent) {
      throw unavailable("backend '" + name + "' is not available: " + absent.reason());
    }
    return provider;
  }

  private static int score(BackendProvider provider) {
    return provider.probe() instanceof Availability.Ready ready ? ready.score() : 0;
  }

  private static Availability notOnClassPath(String name) {
    return new Availability.Absent("no provider named '" + name + "' on the class path");
  }

  private static DeviceException unavailable(String message) {
    return new DeviceException(DeviceException.Kind.UNAVAILABLE, message);
  }

  private static String describe() {
    StringBuilder text = new StringBuilder();
    for (Status status : list()) {
      text.append(text.isEmpty() ? "" : "; ").append(status.name());
      if (status.availability() instanceof Availability.Absent absent) {
        text.append(": ").append(absent.reason());
      }
    }
    return text.toString();
  }

  private static Map<String, BackendProvider> providers() {
    Map<String, BackendProvider> providers = new LinkedHashMap<>();
    try {
      for (BackendProvider provider : ServiceLoader.load(BackendProvider.class)) {
        providers.putIfAbsent(provider.name(), provider);
      }
    } catch (ServiceConfigurationError e) {
      throw new DeviceException(
          DeviceException.Kind.UNAVAILABLE,
          "a backend provider does not load: " + e.getMessage(),
          e);
    }
    return providers;
  }
}
