/** From a row of logits to the next token. */
package dev.levin.engine.sampling;
