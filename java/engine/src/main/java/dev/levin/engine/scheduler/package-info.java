/** Who runs in the next step, with how many tokens; ints only, no device. */
package dev.levin.engine.scheduler;
