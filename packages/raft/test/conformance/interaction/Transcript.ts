/** The output of one directive: lines, nested ones indented. `log-level none` silences all but errors. */
export class Transcript {
  isQuiet = false
  #lines: Array<string> = []
  #indent = ""

  write(text: string): void {
    if (!this.isQuiet) this.error(text)
  }

  error(text: string): void {
    for (const line of text.split("\n")) this.#lines.push(this.#indent + line)
  }

  nested(write: () => void): void {
    const outer = this.#indent
    this.#indent = `${outer}  `
    try {
      write()
    } finally {
      this.#indent = outer
    }
  }

  /** What was written since the last time. */
  drain(): string {
    const text = this.#lines.join("\n")
    this.#lines = []
    return text === "" ? "ok" : text
  }
}
