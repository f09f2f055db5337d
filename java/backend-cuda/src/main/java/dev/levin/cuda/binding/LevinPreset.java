package dev.levin.cuda.binding;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * How JavaCPP reads {@code levin.h}: class {@code Levin} with the functions and a class per struct
 * are generated from it into this package when the module is built. Handles become longs.
 */
@Properties(
    value = @Platform(include = "levin/levin.h", link = "levin_cuda", library = "jnilevin_cuda"),
    target = "dev.levin.cuda.binding",
    global = "dev.levin.cuda.binding.Levin")
public class LevinPreset implements InfoMapper {
  /** Made by JavaCPP. */
  public LevinPreset() {}

  @Override
  public void map(InfoMap map) {
    map.put(new Info("LEVIN_API").cppTypes().annotations());
    map.put(
        new Info("levin_context", "levin_stream", "levin_event", "levin_graph")
            .cast()
            .valueTypes("long")
            .pointerTypes("LongPointer", "long[]"));
    map.put(new Info("levin_context_t", "levin_stream_t", "levin_event_t", "levin_graph_t").skip());
    map.put(new Info("levin_status").cast().valueTypes("int"));
  }
}
