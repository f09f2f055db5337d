package dev.levin.opencl;

import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Tuning;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The sizes of one device that may be searched. */
final class OpenClTuning implements Tuning {
  private final OpenClDevice device;
  private final TuningFile file;

  OpenClTuning(OpenClDevice device, TuningFile file) {
    this.device = device;
    this.file = file;
  }

  @Override
  public List<Knob> knobs() {
    return LaunchSizes.knobs(device);
  }

  @Override
  public Map<String, Integer> current() {
    Map<String, Integer> all = file.sizes(device).values();
    Map<String, Integer> tuned = new LinkedHashMap<>();
    knobs().forEach(knob -> tuned.put(knob.name(), all.get(knob.name())));
    return tuned;
  }

  private LaunchSizes sizes(Map<String, Integer> values) {
    return file.sizes(device).with(values);
  }

  @Override
  public boolean isPossible(Map<String, Integer> values) {
    return sizes(values).fits(device);
  }

  @Override
  public Backend open(Map<String, Integer> values) {
    return OpenClBackend.open(device, sizes(values), BinaryCache.configured(device));
  }

  @Override
  public String store(Map<String, Integer> values) throws IOException {
    return file.store(device, sizes(values)).toString();
  }
}
