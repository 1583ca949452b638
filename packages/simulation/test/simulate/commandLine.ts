/** How the commands of this folder refuse what they are told: one line with cause and remedy, and status 2. */
import { parseArgs, type ParseArgsConfig } from "node:util"

export const complain = (problem: string): never => {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}

/** As `parseArgs`, which would throw. */
export const parsed = <Config extends ParseArgsConfig>(config: Config) => {
  try {
    return parseArgs(config)
  } catch (cause) {
    const { code = "", message } = cause as NodeJS.ErrnoException
    const option = /'(-[^' ]*)/.exec(message)?.[1] ?? "an option"
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
      return complain(`there is no option ${option}; --help lists all`)
    }
    if (code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL") {
      const word = /'([^']*)'/.exec(message)?.[1] ?? "a word"
      return complain(`${JSON.stringify(word)} is not an option; --help lists all`)
    }
    const problem = message.split("\n")[0]!
    return complain(`${problem.replace(/\.$/, "")}; --help says what each option takes`)
  }
}

/** The whole number of `least` or more that an option was given. */
export const wholeOf = (name: string, text: string, least: number): number => {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) && number >= least
    ? number
    : complain(`--${name} takes a whole number of ${least} or more, not ${JSON.stringify(text)}`)
}
