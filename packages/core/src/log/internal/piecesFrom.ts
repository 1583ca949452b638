/** The pieces without the first `offset` bytes. */
export function* piecesFrom(
  pieces: ReadonlyArray<Uint8Array>,
  offset: number
): Generator<Uint8Array> {
  let before = 0
  for (const piece of pieces) {
    if (before + piece.length > offset) yield piece.subarray(Math.max(0, offset - before))
    before += piece.length
  }
}
