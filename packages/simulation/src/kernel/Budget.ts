/** What a run may cost before it is stopped: a run that does not end is a failure with a name. */

/**
 * @category configuration
 * @since 0.1.0
 */
export interface Budget {
  /** Tasks and timers of the whole run. Default 10,000,000. */
  readonly eventsMax: number
  /** Tasks at one instant of simulated time. Default 1,000,000: more is a program that loops. */
  readonly instantMax: number
  /** Real milliseconds. Default 60 s. */
  readonly realMs: number
}

export const defaultBudget: Budget = {
  eventsMax: 10_000_000,
  instantMax: 1_000_000,
  realMs: 60_000
}
