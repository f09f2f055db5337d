package dev.levin.cli;

import dev.levin.core.backend.Availability;
import dev.levin.core.backend.Backends;
import dev.levin.core.backend.DeviceInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists backends and their devices; absent ones with the reason. */
@Command(
    name = "devices",
    description = "Lists the backends and devices, and why the absent ones are absent.",
    mixinStandardHelpOptions = true)
final class DevicesCommand implements Callable<Integer> {
  private final CommandIo io;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  DevicesCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    List<Backends.Status> statuses = Backends.list();
    if (json) {
      io.writeLine(Json.pretty(toMap(statuses)));
    } else {
      for (Backends.Status status : statuses) {
        print(status);
      }
      io.writeLine("chosen by -D" + Backends.PROPERTY + ": " + Backends.configured());
    }
    return ExitCode.OK;
  }

  private void print(Backends.Status status) throws IOException {
    String name = String.format("%-8s", status.name());
    switch (status.availability()) {
      case Availability.Absent absent -> io.writeLine(name + "absent: " + absent.reason());
      case Availability.Ready ready -> {
        for (DeviceInfo device : status.devices()) {
          print(name, device);
        }
      }
    }
  }

  private void print(String name, DeviceInfo device) throws IOException {
    StringBuilder line = new StringBuilder(name).append("ready: ").append(device.name());
    if (device.memoryBytes() > 0) {
      line.append(", ").append(Units.bytes(device.memoryBytes()));
    }
    device.properties().forEach((key, value) -> line.append(", ").append(key + " " + value));
    io.writeLine(line.toString());
  }

  private static Map<String, Object> toMap(List<Backends.Status> statuses) {
    List<Map<String, Object>> backends = new ArrayList<>();
    for (Backends.Status status : statuses) {
      Map<String, Object> backend = new LinkedHashMap<>();
      backend.put("name", status.name());
      switch (status.availability()) {
        case Availability.Ready ready -> {
          backend.put("available", true);
          backend.put("score", ready.score());
        }
        case Availability.Absent absent -> {
          backend.put("available", false);
          backend.put("reason", absent.reason());
        }
      }
      backend.put("devices", status.devices().stream().map(DevicesCommand::toMap).toList());
      backends.add(backend);
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("configured", Backends.configured());
    result.put("backends", backends);
    return result;
  }

  private static Map<String, Object> toMap(DeviceInfo device) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("index", device.index());
    fields.put("name", device.name());
    fields.put("memory_bytes", device.memoryBytes());
    fields.put("properties", device.properties());
    return fields;
  }
}
