import { execFileSync } from "node:child_process"
import { assert, it } from "vitest"

it("three cores elect, agree, lose their leader and go on", () => {
  const printed = execFileSync(process.execPath, [`${import.meta.dirname}/main.ts`], {
    encoding: "utf8"
  })
  const lines = printed.trim().split("\n")
  assert.match(lines[0]!, /leads term 2/)
  assert.match(lines[1]!, /is gone/)
  assert.match(lines[2]!, /leads term 3/)
  assert.strictEqual(lines.filter((line) => line.endsWith(": hello world again")).length, 2)
})
