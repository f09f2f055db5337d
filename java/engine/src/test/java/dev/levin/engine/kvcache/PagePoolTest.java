package dev.levin.engine.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PagePoolTest {
  @Test
  void handsOutEveryPageOnce() {
    PagePool pool = new PagePool(5);
    Set<Integer> pages = new HashSet<>();
    for (int i = 0; i < 5; i++) {
      pages.add(pool.allocate());
    }
    assertEquals(Set.of(0, 1, 2, 3, 4), pages);
    assertFalse(pool.canAllocate(1));
    assertThrows(IllegalStateException.class, pool::allocate);
  }

  @Test
  void sharedPageIsFreedByItsLastHolder() {
    PagePool pool = new PagePool(1);
    int page = pool.allocate();
    pool.share(page);
    assertEquals(2, pool.references(page));
    pool.release(page);
    assertEquals(0, pool.freePages());
    pool.release(page);
    assertEquals(1, pool.freePages());
    assertTrue(pool.canAllocate(1));
  }

  @Test
  void refusesPagesNotInUse() {
    PagePool pool = new PagePool(2);
    assertThrows(IllegalStateException.class, () -> pool.release(0));
    assertThrows(IllegalStateException.class, () -> pool.share(1));
  }
}
