/**
 * Decides which snapshots stay: the last two that the log names, and of those that were completed and
 * are not named yet the last few, since the record that names one comes after it.
 */

/** Two that are on their way here, one of our own, and one to spare. */
const unnamedMax = 4

export interface NamedSnapshots {
  /** References, the newest first. */
  readonly named: ReadonlyArray<string>
  /** The newest last. */
  readonly unnamed: ReadonlyArray<string>
}

export const completed = (
  { named, unnamed }: NamedSnapshots,
  reference: string
): NamedSnapshots => ({
  named,
  unnamed: [...without(unnamed, [reference, ...named]), ...without([reference], named)].slice(
    -unnamedMax
  )
})

/** The log names `references` from now on, and no others. */
export const renamed = (
  { unnamed }: NamedSnapshots,
  references: ReadonlyArray<string>
): NamedSnapshots => ({ named: references, unnamed: without(unnamed, references) })

/** Those that were there `before`, and are not kept any more. */
export const dropped = (before: NamedSnapshots, after: NamedSnapshots): ReadonlyArray<string> =>
  without([...before.named, ...before.unnamed], [...after.named, ...after.unnamed])

const without = (references: ReadonlyArray<string>, gone: ReadonlyArray<string>) =>
  references.filter((reference) => !gone.includes(reference))
