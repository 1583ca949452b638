/**
 * A client that writes and reads registers, one operation at a time. An operation without an answer is sent
 * again, to another node and with the same sequence number: the sessions of the machine make one effect of
 * it (RA12). After ten attempts it is given up, and its outcome stays unknown.
 */
import { Random } from "../random/Random.ts"
import type { Cloud } from "./Cloud.ts"
import type { Operation } from "./History.ts"
import { registersMax } from "./Machine.ts"
import type { Process } from "./Process.ts"
import type { Answer } from "./process/Requests.ts"
import { leaderOf, oldestLeader } from "./quorums.ts"

const attemptsMax = 10

export class Client {
  private readonly cloud: Cloud
  private readonly number: number
  private readonly random: Random
  private operation: Operation | undefined = undefined
  private lastKind: Operation["kind"] = "read"
  private seq = 0
  /** Counts over all operations: an answer to an older attempt must not start a retry. */
  private attempt = 0
  private attemptsLeft = 0
  private believedLeader: Process | undefined = undefined
  private isStopped = false

  constructor(cloud: Cloud, number: number) {
    this.cloud = cloud
    this.number = number
    this.random = new Random(cloud.seed, `client/${number}`)
    this.think()
  }

  stop(): void {
    this.isStopped = true
  }

  private after(ms: number, task: () => void): void {
    this.cloud.heap.set(this.cloud.nowMs + ms, task)
  }

  private think(): void {
    this.operation = undefined
    this.after(this.random.next() * this.cloud.profile.thinkMaxMs, () => this.call())
  }

  private call(): void {
    if (this.isStopped) return
    const { random, cloud, number } = this
    const mayRead = cloud.isFaulty || this.lastKind !== "read"
    const isRead = random.chance(cloud.profile.readRatio) && mayRead
    const isSet = random.chance(0.25)
    const operation = cloud.history.call({
      client: number,
      session: number + 1,
      seq: isRead ? 0 : ++this.seq,
      kind: isRead ? "read" : isSet ? "compareAndSet" : "write",
      key: random.below(registersMax),
      // Values are told apart over the whole run, so that a read names the write it saw.
      value: isRead ? 0 : 1_000 * this.seq + number + 1,
      expected: this.lastSeen()
    })
    this.operation = operation
    this.lastKind = operation.kind
    this.attemptsLeft = attemptsMax
    cloud.emit({ _tag: "Called", operation })
    this.send(operation)
  }

  /** Some value that may be in a register now. */
  private lastSeen(): number {
    const { operations } = this.cloud.history
    return this.random.chance(0.3) ? 0 : (operations.at(-1 - this.random.below(8))?.value ?? 0)
  }

  private send(operation: Operation): void {
    if (this.attemptsLeft-- === 0) return this.think()
    const { random, cloud } = this
    const attempt = ++this.attempt
    const prefersLeader = random.chance(operation.kind === "read" ? 0.4 : 0.9)
    const anyone = random.pick(cloud.nodes)
    // When all is well again the question is whether writes commit, not whether clients find the leader.
    const leader = cloud.isFaulty ? this.believedLeader : leaderOf(cloud)
    // Who still talks to a deposed leader is the one that can be told the past.
    const deposed =
      operation.kind === "read" && random.chance(0.2) ? oldestLeader(cloud) : undefined
    const target = deposed ?? (prefersLeader ? leader : undefined) ?? anyone
    const paddingBytes = random.below(cloud.profile.paddingMaxBytes + 1)
    const reply = (answer: Answer) => this.onReply(operation, attempt, target, answer)
    const isLost = random.chance(0.01) && cloud.isFaulty
    const delayMs = random.between(0.2, 5)
    if (!isLost) {
      this.after(delayMs, () =>
        target.run(() => target.requests.add({ operation, paddingBytes, reply }))
      )
    }
    this.after(cloud.profile.clientTimeoutMs, () => {
      if (this.attempt !== attempt || this.operation !== operation) return
      this.believedLeader = undefined
      this.send(operation)
    })
  }

  private onReply(operation: Operation, attempt: number, from: Process, answer: Answer): void {
    const { random, cloud } = this
    if (random.chance(0.01) && cloud.isFaulty) return
    this.after(random.between(0.2, 5), () => {
      if (this.operation !== operation) return
      if (answer._tag === "Done") {
        cloud.history.answer(operation, answer.result, answer.index)
        cloud.emit({ _tag: "Answered", operation })
        if (operation.kind !== "read") this.believedLeader = from
        this.think()
      } else if (this.attempt === attempt) {
        const { leader } = answer
        this.believedLeader = leader === undefined ? undefined : cloud.named(leader)
        this.attempt++
        this.after(random.between(20, 200), () => {
          if (this.operation === operation) this.send(operation)
        })
      }
    })
  }
}
