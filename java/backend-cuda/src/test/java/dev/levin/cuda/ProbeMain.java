package dev.levin.cuda;

import dev.levin.core.backend.Availability;

/**
 * Prints what the provider says of this process: a library is loaded once, so others need another.
 */
final class ProbeMain {
  private ProbeMain() {}

  public static void main(String[] arguments) {
    System.out.println(
        switch (new CudaBackendProvider().probe()) {
          case Availability.Absent absent -> "absent: " + absent.reason();
          case Availability.Ready ready -> "ready: " + ready.score();
        });
  }
}
