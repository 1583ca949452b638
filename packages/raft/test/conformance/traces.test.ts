/**
 * The traces of etcd-io/raft, where the folder that DISTRI_RAFT_TRACES names or the default one is there,
 * and those of this project: all that comes out of the core, directive by directive.
 */
import { assert, describe, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { defaultFolder, traceFiles } from "./folder.ts"
import { describeDifference, runTrace } from "./Report.ts"

const own = fileURLToPath(new URL("../traces", import.meta.url))
const named = process.env["DISTRI_RAFT_TRACES"]
const reference = named ?? defaultFolder

const runAll = (folder: string): void => {
  const files = traceFiles(folder)
  it("has files", () => assert.isAbove(files.length, 0))
  for (const file of files) {
    it(`gives what is expected in ${file.path}`, () => {
      const { difference, passed, total } = runTrace(file.text())
      const place = `${file.path}:${difference?.line}: ${difference?.command}`
      assert.isUndefined(difference, difference && `${place}\n${describeDifference(difference)}`)
      assert.strictEqual(passed, total)
    })
  }
}

describe("traces of etcd-io/raft", () => {
  // A folder that somebody named must be there; the default one need not.
  if (named !== undefined || existsSync(reference)) runAll(reference)
  else
    it.skip("(skipped without the folder that DISTRI_DATA or DISTRI_RAFT_TRACES names)", () => {})
})

describe("traces of this project", () => runAll(own))
