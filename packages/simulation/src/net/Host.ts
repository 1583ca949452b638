/** A machine, as the network knows it. */
export interface Host {
  readonly name: string
  /** The part of an address before the port. */
  readonly ip: string
  /** Lost with all that ran on it: it answers nothing, not even that nobody listens. */
  isDark: boolean
}
