/**
 * Bytes that no node of this version writes. `problem` is for a log, not for a program.
 *
 * @category errors
 * @since 0.1.0
 */
export interface Malformed {
  readonly _tag: "Malformed"
  readonly problem: string
}
