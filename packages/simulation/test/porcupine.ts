/**
 * Judges Porcupine's recorded histories, and compares with their known verdicts.
 *
 * Run by `node packages/simulation/test/porcupine.ts DIR`. Without DIR, in a checkout without the
 * recordings, it skips.
 */
import { isThere, recordings, standard, verdictOf } from "./checker/porcupine/recordings.ts"

const slowMs = 2_000

const print = (line: string) => process.stdout.write(`${line}\n`)

/** Time is told and judges nothing: a busy machine makes no verdict wrong. */
const judgeAll = (directory: string): void => {
  let wrong = 0
  let operations = 0
  let slowest = { file: "none", ms: 0 }
  const all = recordings(directory)
  for (const recording of all) {
    const started = process.hrtime.bigint()
    const verdict = verdictOf(recording.judge())
    const ms = Number(process.hrtime.bigint() - started) / 1e6
    const isRight = verdict === recording.expected
    if (!isRight) wrong++
    operations += recording.operations
    if (ms >= slowest.ms) slowest = { file: recording.file, ms }
    print(
      `${isRight ? (ms < slowMs ? "ok   " : "slow ") : "WRONG"} ${recording.file}: ${verdict}, expected ` +
        `${recording.expected}, ${recording.operations} operations, ${ms.toFixed(1)} ms`
    )
  }
  if (all.length === 0) print(`no recordings: ${directory}/expected.tsv names none`)
  else {
    print(
      `${all.length} histories, ${operations} operations, ${wrong} wrong; ` +
        `slowest ${slowest.file}, ${slowest.ms.toFixed(1)} ms`
    )
  }
  if (wrong > 0 || all.length === 0) process.exitCode = 1
}

const given = process.argv[2]
const directory = given ?? standard
if (isThere(directory)) judgeAll(directory)
else if (given === undefined) print(`skipped: no recordings in ${directory}`)
else {
  print(`no recordings: ${directory}/expected.tsv does not exist`)
  process.exitCode = 1
}
