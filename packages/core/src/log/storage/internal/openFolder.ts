import * as Effect from "effect/Effect"
import {
  damage,
  isAlone,
  read,
  removeLeftovers,
  restore,
  type Damage,
  type Held
} from "../Recovery.ts"
import { LogDamaged } from "../StorageRefusal.ts"
import type { Ends } from "../WriteAheadLog.ts"
import type { Breaks } from "./breaks.ts"
import { isSegment, isSnapshot, pathOf, type Folder } from "./folder.ts"
import { finishSettingAside, own, readIdentity, setAside, type Owner } from "./ownership.ts"

/** A folder that can be written. `held`: undefined for one that is empty. */
export interface Opened {
  readonly incarnation: string
  readonly held: Held | undefined
  readonly ends: Ends
}

/** Locks the folder, checks that it is ours, and reads it. A damaged one is set aside or refused (WA6). */
export const openFolder = Effect.fnUntraced(function* (
  folder: Folder,
  owner: Owner,
  breaks: Breaks
) {
  const scope = yield* Effect.scope
  yield* folder.disk.makeDirectory(folder.directory)
  yield* folder.disk.lock(folder.directory)
  let identity = yield* readIdentity(folder, owner)
  if (identity !== undefined && identity.settingAside > 0) {
    identity = yield* finishSettingAside(folder, identity)
  }
  const names = yield* folder.disk.list(folder.directory)
  const isUsed = names.some((name) => isSegment(name) || isSnapshot(name))
  let held: Held | Damage | undefined
  if (identity !== undefined) held = yield* read(folder, names, breaks)
  else if (isUsed) held = damage("identity", 0, "it cannot be read")
  if (held?._tag === "Damage") {
    yield* refuseIfAlone(folder, owner, names, held)
    yield* Effect.logError(
      `${pathOf(folder, held.file)} is damaged at byte ${held.offset} (${held.problem}); the folder is set aside, and this node begins anew with what the others have`
    )
    identity = yield* setAside(folder, owner, names)
    held = undefined
  }
  yield* removeLeftovers(folder, yield* folder.disk.list(folder.directory), held)
  const ends = held === undefined ? nothing : yield* restore(folder, scope, held)
  const { incarnation } = identity ?? (yield* own(folder, owner))
  return { incarnation, held, ends } satisfies Opened
})

const nothing: Ends = { number: 0, checksum: 0, sealed: [], active: undefined }

const refuseIfAlone = Effect.fnUntraced(function* (
  folder: Folder,
  { node }: Owner,
  names: ReadonlyArray<string>,
  { file, offset, problem }: Damage
) {
  if (yield* isAlone(folder, names, node)) {
    return yield* new LogDamaged({ file: pathOf(folder, file), offset, problem })
  }
})
