package dev.levin.formats.template;

/** Anything a template can call: global functions, methods, macros, recursive loops. */
@FunctionalInterface
interface TemplateFunction {
  Object call(RenderContext context, Arguments arguments);
}
