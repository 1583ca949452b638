/**
 * Carries what one socket receives to another, through a link: bytes, the end, and a reset.
 *
 * While the link is cut all of it waits, the end and the reset too: a real cut hides them as well.
 * What waits is bounded; then nothing more is read, and the sender feels it.
 */
import type { Socket } from "node:net"
import type { Link } from "./Link.ts"

type Piece = { readonly dueMs: number } & ({ readonly bytes: Buffer } | { readonly ends: boolean })

const heldMax = 1024 * 1024

/** Carries until either socket is gone. */
export const start = (from: Socket, to: Socket, link: Link): void => {
  const pump = new Pump(from, to, link)
  pump.run()
}

class Pump {
  private readonly pieces: Array<Piece> = []
  private held = 0
  private timer: NodeJS.Timeout | undefined
  private isFull = false
  private readonly forget: () => void
  private readonly from: Socket
  private readonly to: Socket
  private readonly link: Link

  constructor(from: Socket, to: Socket, link: Link) {
    this.from = from
    this.to = to
    this.link = link
    this.forget = link.onChange(() => this.carry())
  }

  run(): void {
    const { from, to } = this
    let hasEnded = false
    from.on("data", (bytes: Buffer) => {
      this.held += bytes.length
      if (this.held > heldMax) from.pause()
      this.queue({ bytes })
    })
    from.once("end", () => {
      hasEnded = true
      this.queue({ ends: true })
    })
    // An error is always followed by this.
    from.on("error", () => {})
    from.once("close", () => {
      if (!hasEnded) this.queue({ ends: false })
    })
    to.on("drain", () => {
      this.isFull = false
      this.carry()
    })
    to.once("close", () => this.stop())
    from.resume()
  }

  private queue(what: { readonly bytes: Buffer } | { readonly ends: boolean }): void {
    this.pieces.push({ ...what, dueMs: performance.now() + this.link.delayMs })
    this.carry()
  }

  private carry(): void {
    clearTimeout(this.timer)
    while (!this.link.isCut && !this.isFull) {
      const piece = this.pieces[0]
      if (piece === undefined) break
      const leftMs = piece.dueMs - performance.now()
      if (leftMs > 0) {
        this.timer = setTimeout(() => this.carry(), leftMs)
        return
      }
      this.pieces.shift()
      this.hand(piece)
    }
    if (this.held <= heldMax && this.from.isPaused()) this.from.resume()
  }

  private hand(piece: Piece): void {
    if ("bytes" in piece) {
      this.held -= piece.bytes.length
      this.isFull = !this.to.write(piece.bytes)
    } else if (piece.ends) this.to.end()
    else this.to.resetAndDestroy()
  }

  private stop(): void {
    clearTimeout(this.timer)
    this.forget()
    this.pieces.length = 0
    this.held = 0
    this.from.resume()
  }
}
