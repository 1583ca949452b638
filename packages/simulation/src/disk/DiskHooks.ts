import { type Disk, DiskFailed, type DiskFile } from "@distri/core/log/storage/Disk"
import * as Effect from "effect/Effect"
import type { Life } from "./DiskImage.ts"

/**
 * What a process asks of its disk.
 *
 * @category models
 * @since 0.1.0
 */
export type DiskOperation = keyof Disk["Service"] | keyof DiskFile

/**
 * What a simulation does to the disk of a process.
 *
 * @category models
 * @since 0.1.0
 */
export interface DiskHooks {
  /** Before the operation. To crash here, end the processes of the image, and never succeed. */
  readonly delay?: (operation: DiskOperation, path: string) => Effect.Effect<void>
  /** Why it fails. What a failed sync should have kept is lost; a failed write wrote nothing. */
  readonly fault?: (operation: DiskOperation, path: string) => DiskFailed["reason"] | undefined
}

/** One operation, under the hooks. Once the life is over nothing is answered any more (SIM3). */
export const answer = <A>(
  { hooks, life }: { readonly hooks: DiskHooks; readonly life: Life },
  operation: DiskOperation,
  path: string,
  body: () => Effect.Effect<A, DiskFailed>,
  onFault?: () => void
): Effect.Effect<A, DiskFailed> =>
  Effect.andThen(hooks.delay?.(operation, path) ?? Effect.void, () => {
    if (life.isOver) return Effect.never
    const reason = hooks.fault?.(operation, path)
    if (reason === undefined) return body()
    onFault?.()
    return failed(operation, path, reason)
  })

export const failed = (operation: DiskOperation, path: string, reason: DiskFailed["reason"]) =>
  Effect.fail(new DiskFailed({ operation, path, reason }))
