/**
 * One node: the core decides, this shell does. What a real one does with files and sockets is done here
 * with a list of batches and a queue, in the order that the core demands: write first, then promise.
 */
import {
  type Batch,
  defaults,
  type Event,
  founding,
  hasOutput,
  make,
  type Message,
  type RaftView,
  step,
  take,
  view,
  withVoters
} from "@distri/raft"

export class Machine {
  /** What the log said so far: the state machine of this program is a list of words. */
  readonly words: Array<string> = []
  /** A real shell writes these to a file and syncs it. */
  readonly disk: Array<Batch> = []
  readonly #raft
  readonly #send: (message: Message) => void
  readonly #env: { readonly random: () => number }

  constructor(
    id: string,
    ids: ReadonlyArray<string>,
    send: (message: Message) => void,
    random: () => number
  ) {
    this.#raft = make({ ...defaults, id }, founding(withVoters(ids)))
    this.#send = send
    this.#env = { random }
  }

  get view(): RaftView {
    return view(this.#raft)
  }

  handle(event: Event): void {
    step(this.#raft, event, this.#env)
    while (hasOutput(this.#raft)) this.#carryOut()
  }

  #carryOut(): void {
    const { messages, persist, commits } = take(this.#raft)
    for (const message of messages) this.#send(message)
    if (persist !== undefined) {
      this.disk.push(persist)
      for (const promise of persist.afterPersist) this.#send(promise)
      step(this.#raft, { _tag: "Persisted", batch: persist.batch }, this.#env)
    }
    for (const { kind, data, index } of commits) {
      if (kind === "command") this.words.push(new TextDecoder().decode(data))
      step(this.#raft, { _tag: "Applied", index }, this.#env)
    }
  }
}
