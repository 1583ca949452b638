/** How a sealed body is carried, and by which cover. Every field has a default. */
import * as Schema from "effect/Schema"

/**
 * - `carrier`: `lsb`, a PNG with the body in its low bits (default); `none`, the sealed bytes as
 *   they are, a quarter of the size.
 * - `bits`: low bits of each sample that carry the body. 1 doubles the file; 4 halves it and can
 *   be seen in smooth areas. Default 2.
 * - `cover.bytes`: a JPEG, PNG or WebP file, at most 16 MiB and 24 megapixels. Default: the
 *   cover of whoever hides. Nothing of its metadata is kept; its orientation is applied.
 * - `cover.size`: `crop`, a window of the cover as large as the body needs (default, fastest);
 *   `fit`, the whole cover at that size; `keep`, the cover's own size. Each is enlarged when the
 *   body needs more.
 * - `compression`: `store` writes the rows as they are; `small` gives files 30 % smaller and
 *   takes ten times as long. Default: `store`, or `small` where only that fits.
 *
 * @category schemas
 * @since 0.1.0
 */
export const HideOptions = Schema.Struct({
  carrier: Schema.optionalKey(Schema.Literals(["lsb", "none"])),
  bits: Schema.optionalKey(Schema.Literals([1, 2, 4])),
  cover: Schema.optionalKey(
    Schema.Struct({
      bytes: Schema.optionalKey(Schema.Uint8Array),
      size: Schema.optionalKey(Schema.Literals(["crop", "fit", "keep"]))
    })
  ),
  compression: Schema.optionalKey(Schema.Literals(["store", "small"]))
})

/** @category models */
export type HideOptions = typeof HideOptions.Type
