/**
 * Builds and packs the packages, installs the tarballs in a new folder, and runs a program there.
 *
 * Run by `pnpm check-packages`; it needs the npm registry, so it is no part of the tests.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const run = (command: string, args: ReadonlyArray<string>, cwd: string) => {
  console.log(`${cwd === process.cwd() ? "" : "(outside) "}${command} ${args.join(" ")}`)
  return execFileSync(command, args, {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8"
  })
}

const program = `
import { Address, Client, CloudNode, Envelope } from "@distri/core"
import { Encrypt, ImageServices, openImage, samplePicture, Carrier } from "@distri/image"
import { DistriNode } from "@distri/node"
import { Effect, Layer } from "effect"

const main = Effect.gen(function* () {
  const { address } = yield* CloudNode
  const reply = yield* Effect.gen(function* () {
    const client = yield* Client
    const photo = yield* samplePicture
    const { file, key } = yield* client.call(Encrypt, { data: photo })
    const opened = yield* openImage(file, key)
    return Buffer.compare(photo, opened) === 0
  }).pipe(Effect.provide(Client.layer({ seeds: [address] })))
  console.log(reply ? "identical" : "different")
})
const Node = CloudNode.layer(ImageServices, { listen: "127.0.0.1:0" }).pipe(
  Layer.provide(ImageServices.layer())
)
await Effect.runPromise(
  main.pipe(Effect.provide([Node, Carrier.layer()]), Effect.provide(DistriNode.layer))
)
`

/** Types too: the declarations of the tarballs must be enough for a strict program. */
const types = `
import { Service } from "@distri/core"
import { Effect, Schema } from "effect"
class Shout extends Service.make("Shout", { payload: Schema.String, success: Schema.String }) {}
export const layer = Shout.toLayer((text) => Effect.succeed(text.toUpperCase()))
// @ts-expect-error a number is no string
export const wrong = Shout.toLayer(() => Effect.succeed(1))
`

const folder = mkdtempSync(join(tmpdir(), "distri-packages-"))
try {
  run("pnpm", ["-r", "--filter", "./packages/*", "build"], process.cwd())
  run(
    "pnpm",
    [
      "-r",
      "--filter",
      "./packages/*",
      "--filter",
      "!@distri/benchmarks",
      "exec",
      "pnpm",
      "pack",
      "--pack-destination",
      folder
    ],
    process.cwd()
  )
  const tarballs = readdirSync(folder).filter((file) => file.endsWith(".tgz"))
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }')
  writeFileSync(join(folder, "program.js"), program)
  writeFileSync(join(folder, "types.ts"), types)
  const packages = ["effect@4.1.0", "@effect/platform-node@4.1.0", "typescript@7.0.2"]
  run(
    "npm",
    ["install", "--no-fund", "--no-audit", ...tarballs.map((f) => `./${f}`), ...packages],
    folder
  )
  run(
    process.execPath,
    "node_modules/typescript/bin/tsc --noEmit --strict --skipLibCheck --module nodenext --target es2023 types.ts".split(
      " "
    ),
    folder
  )
  const printed = run(process.execPath, ["program.js"], folder).trim()
  console.log(`${tarballs.join(", ")}: the program outside printed "${printed}"`)
  if (printed !== "identical") process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
