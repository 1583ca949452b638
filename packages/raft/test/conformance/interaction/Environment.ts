/**
 * Nodes, the network between them, and the loop that lets them work until nothing is left to do. Nothing
 * happens by itself: each message, write and application waits for a command.
 */
import { BadTrace } from "../Directive.ts"
import type { Mail } from "./Mail.ts"
import { appendWorkOf, applyWorkOf, describeReady, mailOfReady, type Ready } from "./Ready.ts"
import type { TracedNode, Work } from "./TracedNode.ts"
import { Transcript } from "./Transcript.ts"

export class Environment {
  readonly transcript = new Transcript()
  nodes: Array<TracedNode> = []
  mail: Array<Mail> = []

  node(id: string | undefined): TracedNode {
    const node = this.nodes.find((candidate) => candidate.id === id)
    if (node === undefined) throw new BadTrace(`there is no node ${id}`)
    return node
  }

  /** The node comes back with what its disk holds. What it had not written, and told itself, is gone. */
  restart(node: TracedNode): void {
    this.nodes = this.nodes.map((other) => (other === node ? node.restarted() : other))
    this.mail = this.mail.filter(({ isLocal, to }) => !isLocal || to !== node.id)
  }

  processReady(node: TracedNode): void {
    const ready = node.take()
    if (ready === undefined) this.transcript.write("<empty Ready>")
    else this.#handle(node, ready)
  }

  #handle(node: TracedNode, ready: Ready): void {
    const { isAsync } = node.options
    const append = isAsync ? appendWorkOf(node, ready) : undefined
    const apply = isAsync ? applyWorkOf(node, ready) : undefined
    const work = [append, apply].filter((each) => each !== undefined)
    const mail = mailOfReady(ready, isAsync)
    this.transcript.write(describeReady(ready, mail, work))
    if (append !== undefined) node.appendWork.push(append)
    if (apply !== undefined) node.applyWork.push(apply)
    this.mail.push(...mail)
    if (isAsync) return
    // The order of the reference: written, applied, and then the node hears of its own answers.
    if (ready.persist !== undefined) node.disk.write(ready.persist)
    node.applied(ready.commits)
    if (ready.persist !== undefined) node.confirm(ready.persist.batch)
  }

  processAppend(node: TracedNode): void {
    this.#process(node.appendWork.shift(), "append")
  }

  processApply(node: TracedNode): void {
    this.#process(node.applyWork.shift(), "apply")
  }

  #process(work: Work | undefined, kind: string): void {
    if (work === undefined) return this.transcript.write(`no ${kind} work to perform`)
    this.transcript.write(`Processing:\n${work.text}`)
    work.run()
    this.transcript.write("Responses:")
    for (const { text } of work.responses) this.transcript.write(text)
    this.mail.push(...work.responses)
  }

  /** Hands over, or loses, what is under way to one node by now. Returns how many. */
  deliver(to: string, type: string | undefined, isLost: boolean): number {
    const isMeant = (mail: Mail): boolean =>
      mail.to === to && !(isLost && mail.isLocal) && (type === undefined || mail.type === type)
    const meant = this.mail.filter(isMeant)
    this.mail = this.mail.filter((mail) => !isMeant(mail))
    for (const { deliver, text } of meant) {
      this.transcript.write(isLost ? `dropped: ${text}` : text)
      if (isLost) continue
      const refusal = deliver(this.node(to))
      if (refusal !== undefined) this.transcript.write(refusal)
    }
    return meant.length
  }

  /** Ready, messages, appends, applications: each for all the nodes, and again until all are at rest. */
  stabilize(nodes: ReadonlyArray<TracedNode>): void {
    for (let isBusy = true; isBusy;) {
      isBusy = false
      const section = (node: TracedNode, title: string, run: () => void): void => {
        this.transcript.write(`> ${node.id} ${title}`)
        this.transcript.nested(run)
        isBusy = true
      }
      for (const node of nodes) {
        const ready = node.take()
        if (ready !== undefined) section(node, "handling Ready", () => this.#handle(node, ready))
      }
      for (const node of nodes) {
        if (!this.mail.some(({ to }) => to === node.id)) continue
        section(node, "receiving messages", () => this.deliver(node.id, undefined, false))
      }
      for (const node of nodes) {
        if (node.appendWork.length === 0) continue
        section(node, "processing append thread", () => {
          while (node.appendWork.length > 0) this.processAppend(node)
        })
      }
      for (const node of nodes) {
        if (node.applyWork.length === 0) continue
        section(node, "processing apply thread", () => {
          while (node.applyWork.length > 0) this.processApply(node)
        })
      }
    }
  }
}
