/**
 * Runs traces of Raft against the core, for example those of etcd-io/raft (Apache-2.0, not part of this
 * project):
 *
 *   node packages/raft/test/conformance/main.ts [DIR] [--tier Q,M,A] [--file NAME[:LINE]] [--help]
 */
import { run } from "./cli.ts"
import { defaultFolder } from "./folder.ts"

const print = (line: string): void => void process.stdout.write(`${line}\n`)

process.exitCode = run(process.argv.slice(2), { defaultFolder, print })
