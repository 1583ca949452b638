import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { build, type Rolldown } from "vite"

it.live("a bundler for the browser accepts core, and finds nothing of Node.js in it", () =>
  Effect.gen(function* () {
    const warnings: Array<string> = []
    const outputs = (yield* Effect.promise(() =>
      build({
        configFile: false,
        logLevel: "silent",
        root: import.meta.dirname,
        build: {
          write: false,
          minify: false,
          lib: { entry: "../src/index.ts", formats: ["es"] },
          rolldownOptions: { onwarn: ({ message }) => void warnings.push(message) }
        }
      })
    )) as ReadonlyArray<Rolldown.RolldownOutput>
    const chunks = outputs
      .flatMap(({ output }) => [...output])
      .flatMap((part) => (part.type === "chunk" ? [part] : []))
    const imports = chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])
    const modules = chunks.flatMap((chunk) => Object.keys(chunk.modules))
    assert.deepStrictEqual(imports, [])
    assert.isTrue(modules.some((module) => module.endsWith("client/Client.ts")))
    // Where a bundler meets a module of Node.js, it puts a stand-in that breaks when it is used.
    assert.deepStrictEqual(
      modules.filter((module) => module.includes("external")),
      []
    )
    assert.deepStrictEqual(warnings, [])
  })
)
