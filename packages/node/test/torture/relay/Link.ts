/** One direction between two places: what becomes of the bytes on the way. */
export class Link {
  private cut = false
  private delay = 0
  private readonly waiting = new Set<() => void>()

  /** Nothing arrives, and nothing is lost: it waits, as it would for TCP to send it again. */
  get isCut(): boolean {
    return this.cut
  }

  get delayMs(): number {
    return this.delay
  }

  set(isCut: boolean, delayMs: number): void {
    this.cut = isCut
    this.delay = delayMs
    for (const changed of this.waiting) changed()
  }

  /** Calls `changed` after every change. What is returned ends that. */
  onChange(changed: () => void): () => void {
    this.waiting.add(changed)
    return () => this.waiting.delete(changed)
  }
}
