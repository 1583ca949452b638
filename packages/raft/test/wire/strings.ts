import * as fc from "fast-check"

/** Any string, with halves of surrogate pairs in all positions. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({
    unit: fc
      .constantFrom("a", "\0", "\u007f", "\u0080", "é", "\u07ff", "\u0800", "\uffff")
      .chain((plain) =>
        fc.constantFrom(plain, "\ud800", "\udbff", "\udc00", "\udfff", "😀", "\u{10ffff}")
      ),
    maxLength: 12
  })
)
