/**
 * Porcupine's recorded histories, which not every checkout has: `expected.tsv` with a file and its verdict
 * per line, `jepsen/*.log` and `kv/*.txt`.
 */
import { existsSync, readFileSync } from "node:fs"
import * as Linearizability from "../../../src/checker/Linearizability.ts"
import * as JepsenLog from "./jepsenLog.ts"
import * as KeyValueLog from "./keyValueLog.ts"

export interface Recording {
  readonly file: string
  readonly expected: string
  readonly operations: number
  readonly judge: () => Linearizability.Report<unknown, unknown, unknown>
}

/** Where they are, unless told otherwise: in the folder that DISTRI_DATA names. */
export const standard = `${process.env["DISTRI_DATA"] ?? "data"}/porcupine`

export const isThere = (directory: string): boolean => existsSync(`${directory}/expected.tsv`)

/** The verdict in the words of `expected.tsv`. */
export const verdictOf = ({ _tag }: { readonly _tag: string }): string =>
  _tag === "NotLinearizable" ? "not-linearizable" : _tag.toLowerCase()

const recording = (directory: string, row: string): Recording => {
  const [file = "", expected = ""] = row.split("\t")
  const text = readFileSync(`${directory}/${file}`, "utf8")
  if (file.startsWith("jepsen/")) {
    const history = JepsenLog.parse(text)
    const judge = () => Linearizability.check(JepsenLog.model, history)
    return { file, expected, operations: history.length, judge }
  }
  const history = KeyValueLog.parse(text)
  const judge = () => Linearizability.check(KeyValueLog.model, history)
  return { file, expected, operations: history.length, judge }
}

/** None when `expected.tsv` names none. */
export const recordings = (directory: string): ReadonlyArray<Recording> =>
  readFileSync(`${directory}/expected.tsv`, "utf8")
    .split("\n")
    .filter((row) => row.trim() !== "")
    .map((row) => recording(directory, row))
