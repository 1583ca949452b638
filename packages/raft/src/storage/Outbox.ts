import type { IncarnationId } from "../IncarnationId.ts"
import type { LogIndex, Term } from "../LogIndex.ts"
import type { Message } from "../Message.ts"
import type { Output, RefusalReason } from "../Output.ts"

type Mutable<List> = List extends ReadonlyArray<infer Item> ? Array<Item> : never

/**
 * What piles up between two `take`s. A message either leaves at once (`send`) or promises something that
 * the disk must hold first (`promise`). A node answers itself as it answers others: its own vote, and its
 * own acknowledgement of entries, are promises that never leave it and count when the batch is durable.
 */
export class Outbox {
  messages: Array<Message> = []
  promises: Array<Message> = []
  answersToSelf: Array<Message> = []
  proposed: Mutable<Output["proposed"]> = []
  reads: Mutable<Output["reads"]> = []
  refused: Mutable<Output["refused"]> = []

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
    return this.promises.length > 0 || this.answersToSelf.length > 0
  }

  get isEmpty(): boolean {
    return (
      this.messages.length === 0 &&
      !this.hasPromises &&
      this.proposed.length === 0 &&
      this.reads.length === 0 &&
      this.refused.length === 0
    )
  }
}
