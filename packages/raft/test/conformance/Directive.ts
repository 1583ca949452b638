/**
 * Reads the data-driven test format of cockroachdb/datadriven, in which the traces of etcd-io/raft are
 * written: blocks of a command line, optional lines of input, `----`, and the expected output.
 *
 *   deliver-msgs 1 drop=(2,3) type=MsgApp
 *   ----
 *   output, up to a blank line; between two pairs of `----` when it holds blank lines itself
 *
 * Lines that start with `#` are comments, and a command that ends with `\` goes on in the next line.
 */

export interface Argument {
  readonly key: string
  /** `drop=(2,3)` has two, `type=MsgApp` one, a bare `1` none. */
  readonly values: ReadonlyArray<string>
}

export interface Directive {
  /** Of the command, from 1: how a difference is named. */
  readonly line: number
  readonly command: string
  readonly args: ReadonlyArray<Argument>
  readonly input: string
  readonly expected: string
}

/** A file that is not in the format (`line` says where), or a command whose arguments make no sense. */
export class BadTrace extends Error {
  override readonly name = "BadTrace"
  readonly line: number
  constructor(message: string, line = 1) {
    super(message)
    this.line = line
  }
}

const separator = "----"
const argument = /([^\s=]+)=\(([^)]*)\)|([^\s=]+)=(\S+)|(\S+)/g

export const parseDirectives = (text: string): ReadonlyArray<Directive> => {
  const lines = text.split(/\r?\n/)
  const directives: Array<Directive> = []
  let at = 0
  const until = (ends: () => boolean): string => {
    const from = at
    while (at < lines.length && !ends()) at++
    return lines.slice(from, at).join("\n")
  }
  const isSeparator = (offset: number): boolean => lines[at + offset]?.trimEnd() === separator
  while (at < lines.length) {
    if (lines[at]!.trim() === "" || lines[at]!.startsWith("#")) {
      at++
      continue
    }
    const line = at + 1
    let header = lines[at++]!.trimEnd()
    while (header.endsWith("\\")) header = `${header.slice(0, -1)} ${(lines[at++] ?? "").trim()}`
    const input = until(() => isSeparator(0))
    if (at === lines.length) throw new BadTrace(`no ${separator} after the command`, line)
    at++
    const isLong = isSeparator(0)
    if (isLong) at++
    const expected = until(() =>
      isLong ? isSeparator(0) && isSeparator(1) : lines[at]!.trim() === ""
    )
    if (isLong && at === lines.length) throw new BadTrace("the output has no end", line)
    if (isLong) at += 2
    const [command, ...rest] = header.split(/\s+/)
    directives.push({
      line,
      command: command!,
      args: parseArguments(rest.join(" ")),
      input: input.trim(),
      expected
    })
  }
  if (directives.length === 0) throw new BadTrace("no command in the file")
  return directives
}

/** Values in parentheses are separated by commas, blanks or both. */
const parseArguments = (text: string): ReadonlyArray<Argument> =>
  Array.from(text.matchAll(argument), ([, listKey, list, key, value, bare]) =>
    listKey !== undefined
      ? { key: listKey, values: list!.split(/[,\s]+/).filter((item) => item !== "") }
      : key !== undefined
        ? { key, values: [value!] }
        : { key: bare!, values: [] }
  )

/** The arguments without values: most often the nodes that are meant. */
export const bare = (directive: Directive): ReadonlyArray<string> =>
  directive.args.filter(({ values }) => values.length === 0).map(({ key }) => key)

export const valuesOf = (directive: Directive, key: string): ReadonlyArray<string> =>
  directive.args.filter((arg) => arg.key === key).flatMap(({ values }) => values)

export const valueOf = (directive: Directive, key: string): string | undefined =>
  valuesOf(directive, key)[0]

export const isSet = (directive: Directive, key: string): boolean =>
  valueOf(directive, key) === "true"

export const wholeNumber = (text: string | undefined): number => {
  if (text === undefined || !/^\d+$/.test(text)) throw new BadTrace(`not a number: ${text}`)
  return Number(text)
}
