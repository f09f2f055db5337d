/** The model that ships with Levin. */
package dev.levin.demo;
