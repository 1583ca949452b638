/**
 * One client of a running cloud: encrypts a picture, opens it again, writes and reads a document.
 */
import { Client } from "@distri/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as path from "node:path"
import * as Documents from "./Documents.ts"
import * as Encryption from "./Encryption.ts"
import type { Addresses } from "./Flags.ts"
import * as Nodes from "./Nodes.ts"
import * as Picture from "./Picture.ts"
import { unusable } from "./Program.ts"
import { Screen } from "./Screen.ts"

export interface Options {
  readonly ips: Addresses
  readonly image: Option.Option<string>
  /** Where the sealed picture goes. None: a new temporary folder. */
  readonly out: Option.Option<string>
  readonly report: boolean
}

const collection = "pictures"

export const run = Effect.fnUntraced(
  function* ({ image, ips, out, report }: Options) {
    const screen = yield* Screen
    const picture = yield* Picture.load(image)
    const start = yield* Clock.monotonicTimeNanos
    const sealed = yield* Encryption.encrypt(picture)
    const tookMs = Number((yield* Clock.monotonicTimeNanos) - start) / 1e6
    // Nothing is left behind when there was nothing to save.
    const file = yield* sealedFile(out, picture)
    const fs = yield* FileSystem.FileSystem
    yield* fs
      .writeFile(file, sealed.file, { flag: "wx" })
      .pipe(Effect.catch(({ message }) => unusable(`cannot write ${file}: ${message}`)))
    yield* Encryption.check(picture, { ...sealed, file: yield* fs.readFile(file) })
    yield* screen.say(
      `Encrypted  ${picture.name}, ${picture.bytes.length} bytes, in ${tookMs.toFixed(1)} ms`
    )
    yield* screen.say(`Saved      ${file}, ${sealed.file.length} bytes (its key is not saved)`)
    yield* screen.say(`Opened     the saved file again: identical, bit for bit`)

    // The collection may be there from an earlier run.
    yield* Effect.ignore(Documents.createCollection(collection))
    const id = yield* Documents.add(collection, {
      name: picture.name,
      bytes: picture.bytes.length
    })
    const [document] = yield* Documents.find(collection, { _id: id })
    if (document?.["name"] !== picture.name) {
      return yield* unusable(`the document ${id} was written and is not found in ${collection}`)
    }
    yield* screen.say(`Document   ${JSON.stringify(document)} in ${collection}, read back`)

    if (report) yield* screen.say(`\n${Nodes.render(yield* Nodes.reports(ips))}`)
    yield* screen.result({
      ok: true,
      file,
      bytes: picture.bytes.length,
      sealedBytes: sealed.file.length,
      encryptMs: tookMs,
      document: id
    })
  },
  (effect, { ips }) => effect.pipe(Effect.provide([Encryption.layer, Client.layer({ seeds: ips })]))
)

/** A file that does not exist yet: nothing of the user's is ever replaced. */
const sealedFile = Effect.fnUntraced(function* (
  out: Option.Option<string>,
  picture: Picture.Picture
) {
  const fs = yield* FileSystem.FileSystem
  const folder = Option.isSome(out)
    ? yield* fs.makeDirectory(out.value, { recursive: true }).pipe(
        Effect.as(out.value),
        Effect.catch(() => unusable(`cannot make the folder ${out.value}; name another with --out`))
      )
    : yield* fs.makeTempDirectory({ prefix: "image-cloud-" })
  const kind = Picture.optionsFor(picture).carrier === "none" ? "dst" : "sealed.png"
  const file = path.join(folder, `${path.parse(picture.name).name}.${kind}`)
  if (yield* fs.exists(file)) {
    return yield* unusable(`${file} exists; remove it, or name another folder with --out`)
  }
  return file
})
