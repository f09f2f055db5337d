package dev.levin.formats.template;

import java.util.Iterator;

/**
 * A sequence that is computed while it is walked, once, as the filters {@code map} and {@code
 * select} give it. Always true, without length or index, as in Python.
 */
record Generator(Iterator<Object> iterator) {}
