import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const simulate = (...options: ReadonlyArray<string>) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--no-warnings", fileURLToPath(new URL("./simulate.ts", import.meta.url)), ...options],
    { encoding: "utf8" }
  )
  return { status, stdout, stderr }
}

const failure = (text: string) => text.slice(text.indexOf("npx "))

describe("simulate", () => {
  it("says what it can do", () => {
    const { status, stdout } = simulate("raft", "--help")
    assert.strictEqual(status, 0)
    for (const option of ["--seeds", "--seed", "--nodes", "--break", "--shrink", "--faults"]) {
      assert.include(stdout, option)
    }
    assert.include(stdout, "voteTwice")
  }, 30_000)

  it("runs seeds in several processes, and is content when no rule breaks", () => {
    const { status, stdout } = simulate("raft", "--seeds", "12", "--seconds", "3", "--jobs", "2")
    assert.strictEqual(status, 0, stdout)
    assert.match(stdout, /^12 of 12 seeds, .* simulated hours, /m)
  }, 30_000)

  it("[SIM9] fails with the first broken rule, and its line repeats it", () => {
    const found = simulate("raft", "--seeds", "3", "--break", "voteTwice")
    assert.strictEqual(found.status, 1)
    const line = found.stdout
      .split("\n")
      .find((text) => text.startsWith("npx -y pnpm@12 simulate "))
    assert.isDefined(line)
    const again = simulate(...line!.split(" ").slice(4))
    assert.strictEqual(again.status, 1)
    assert.strictEqual(failure(again.stdout), failure(found.stdout))
  }, 30_000)
})
