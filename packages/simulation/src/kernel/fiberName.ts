import type * as Fiber from "effect/Fiber"

export const unnamed = "a fiber without a name"

/** What a fiber is doing, in words of its program: its span, or the function that `Effect.fn` named. */
export const fiberName = ({ cache }: Fiber.Fiber<unknown, unknown>): string => {
  const { span, stackFrame } = cache
  if (span !== undefined && span._tag === "Span") return `"${span.name}"`
  return stackFrame === undefined ? unnamed : `"${stackFrame.name}"`
}
