import { execFileSync } from "node:child_process"
import { assert, it } from "vitest"

const run = (file: string) =>
  execFileSync(process.execPath, [`${import.meta.dirname}/${file}`], { encoding: "utf8" })

it("a history that one register cannot have is not linearizable", () => {
  assert.match(run("history.ts"), /^not linearizable/)
})

it("three cores elect, agree, lose their leader and go on", () => {
  const lines = run("main.ts").trim().split("\n")
  assert.match(lines[0]!, /leads term 2/)
  assert.match(lines[1]!, /is gone/)
  assert.match(lines[2]!, /leads term 3/)
  assert.strictEqual(lines.filter((line) => line.endsWith(": hello world again")).length, 2)
})
