/**
 * Checks that the code in the documents is the code that runs.
 *
 * A block of TypeScript that begins with `// examples/…` quotes that file: its other lines stand
 * there, in the same order. Run by `pnpm test`.
 */
import { existsSync, globSync, readFileSync } from "node:fs"

const problems: Array<string> = []

for (const document of globSync(["*.md", "docs/**/*.md", "examples/*/*.md"])) {
  const text = readFileSync(document, "utf8")
  for (const [, file, code] of text.matchAll(/```ts\n\/\/ (examples\/\S+)\n([^]*?)```/g)) {
    if (!existsSync(file!)) {
      problems.push(`${document} quotes ${file}, which does not exist`)
      continue
    }
    let rest = readFileSync(file!, "utf8").split("\n")
    for (const line of code!.split("\n").filter((line) => line.trim() !== "")) {
      const at = rest.indexOf(line)
      if (at < 0) problems.push(`${document} quotes ${file}, which lacks here: ${line}`)
      rest = rest.slice(at + 1)
    }
  }
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
