import { assert, it } from "@effect/vitest"
import { Heard } from "../../../../src/log/raft/internal/heard.ts"

it("[LM6] who is no member and said nothing for ten minutes is forgotten", () => {
  const heard = new Heard()
  heard.set("member/1", 0)
  heard.set("gone/1", 0)
  heard.set("gone/2", 1)
  heard.forgetGone((id) => id === "member/1", 600_001)
  assert.deepStrictEqual(
    ["member/1", "gone/1", "gone/2"].map((id) => heard.get(id)),
    [0, undefined, 1]
  )
})
