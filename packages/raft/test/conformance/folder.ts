import { globSync, readFileSync } from "node:fs"
import { basename, join, resolve } from "node:path"

/** The traces of etcd-io/raft, where DISTRI_DATA names a folder that has them. */
export const defaultFolder = join(process.env["DISTRI_DATA"] ?? "data", "etcd-raft")

export interface TraceFile {
  /** Below the folder that was given. */
  readonly path: string
  /** Without folder and ending. */
  readonly name: string
  readonly text: () => string
}

/** All text files below `folder`, sorted. Of a checkout only those in folders for tests are traces. */
export const traceFiles = (folder: string): ReadonlyArray<TraceFile> => {
  const all = globSync("**/*.txt", { cwd: folder }).toSorted()
  const tests = all.filter((path) => path.split("/").includes("testdata"))
  return (tests.length > 0 ? tests : all).map((path) => ({
    path,
    name: basename(path, ".txt"),
    text: () => readFileSync(join(resolve(folder), path), "utf8")
  }))
}
