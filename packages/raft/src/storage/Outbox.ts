import type { IncarnationId } from "../IncarnationId.ts"
import type { LogIndex, Term } from "../LogIndex.ts"
import type { Message } from "../Message.ts"
import type { Output, RefusalReason } from "../Output.ts"
import { Pile } from "./Pile.ts"

/**
 * What piles up between two `take`s. A message either leaves at once (`send`) or promises something that
 * the disk must hold first (`promise`). A node answers itself as it answers others: its own vote, and its
 * own acknowledgement of entries, are promises that never leave it and count when the batch is durable.
 */
export class Outbox {
  readonly messages = new Pile<Message>()
  readonly promises = new Pile<Message>()
  readonly answersToSelf = new Pile<Message>()
  readonly proposed = new Pile<Output["proposed"][number]>()
  readonly reads = new Pile<Output["reads"][number]>()
  readonly refused = new Pile<Output["refused"][number]>()

  send(message: Message): void {
    this.messages.push(message)
  }

  promise(message: Message): void {
    if (message.to === message.from) this.answersToSelf.push(message)
    else this.promises.push(message)
  }

  accept(token: number, first: LogIndex, last: LogIndex, term: Term): void {
    this.proposed.push({ token, first, last, term })
  }

  refuse(token: number, leader: IncarnationId | undefined, reason: RefusalReason): void {
    this.refused.push({ token, leader, reason })
  }

  get hasPromises(): boolean {
    return !this.promises.isEmpty || !this.answersToSelf.isEmpty
  }

  get isEmpty(): boolean {
    return (
      this.messages.isEmpty &&
      !this.hasPromises &&
      this.proposed.isEmpty &&
      this.reads.isEmpty &&
      this.refused.isEmpty
    )
  }
}
