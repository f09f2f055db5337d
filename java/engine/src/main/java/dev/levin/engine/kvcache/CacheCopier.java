package dev.levin.engine.kvcache;

/** Copies cache contents on the device; done, or queued before any later step, on return. */
public interface CacheCopier {
  /** Copies a page in all layers. */
  void copyPage(int from, int to);

  /** Copies the recurrent state of one slot to another in all layers. */
  void copyState(int fromSlot, int toSlot);
}
