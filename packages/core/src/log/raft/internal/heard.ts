import type { IncarnationId } from "@distri/raft/IncarnationId"

/** Who is no member and has said nothing for so long does not come back under this name. */
const forgetAfterMs = 600_000

/** When each incarnation was last heard, in monotonic ms. */
export class Heard {
  readonly #atMs = new Map<IncarnationId, number>()

  get(id: IncarnationId): number | undefined {
    return this.#atMs.get(id)
  }

  set(id: IncarnationId, nowMs: number): void {
    this.#atMs.set(id, nowMs)
  }

  /** A node in memory is heard under another name after each of its starts. */
  forgetGone(isMember: (id: IncarnationId) => boolean, nowMs: number): void {
    for (const [id, atMs] of this.#atMs)
      if (nowMs - atMs > forgetAfterMs && !isMember(id)) this.#atMs.delete(id)
  }
}
