/**
 * Judges Porcupine's recorded histories, and compares with their known verdicts.
 *
 * Run by `node packages/simulation/test/porcupine.ts DIR`. Without DIR, in a checkout without the
 * recordings, it skips.
 */
import { isThere, recordings, standard, verdictOf } from "./checker/porcupine/recordings.ts"

const slowMs = 2_000

const print = (line: string) => process.stdout.write(`${line}\n`)

const given = process.argv[2]
const directory = given ?? standard
if (isThere(directory)) {
  let wrong = 0
  let operations = 0
  let slowest = { file: "none", ms: 0 }
  const all = recordings(directory)
  for (const recording of all) {
    const started = process.hrtime.bigint()
    const verdict = verdictOf(recording.judge())
    const ms = Number(process.hrtime.bigint() - started) / 1e6
    const right = verdict === recording.expected && ms < slowMs
    if (!right) wrong++
    operations += recording.operations
    if (ms >= slowest.ms) slowest = { file: recording.file, ms }
    print(
      `${right ? "ok   " : "WRONG"} ${recording.file}: ${verdict}, expected ${recording.expected}, ` +
        `${recording.operations} operations, ${ms.toFixed(1)} ms`
    )
  }
  print(
    `${all.length} histories, ${operations} operations, ${wrong} wrong; ` +
      `slowest ${slowest.file}, ${slowest.ms.toFixed(1)} ms`
  )
  if (wrong > 0) process.exitCode = 1
} else if (given === undefined) {
  print(`skipped: no recordings in ${directory}`)
} else {
  print(`no recordings in ${directory}`)
  process.exitCode = 1
}
