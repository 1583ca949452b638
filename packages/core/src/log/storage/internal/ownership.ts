/**
 * Whose folder it is. A folder that is damaged gets a new owner in one step, the new file `identity`,
 * and only then are the files of the old one moved away: a crash in between never leaves an empty log
 * under an incarnation that voted.
 */
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import { decodeIdentity, encodeIdentity, type Identity } from "../pure/Identity.ts"
import { format } from "../pure/Preamble.ts"
import { hex } from "../pure/SnapshotLayout.ts"
import { ForeignFolder, NewerFormat } from "../StorageRefusal.ts"
import {
  damagedNumber,
  isPart,
  isSegment,
  isSnapshot,
  pathOf,
  readFile,
  replaceFile,
  type Folder
} from "./folder.ts"

/** Whose it should be: a node of a cloud. */
export type Owner = Pick<Identity, "cluster" | "node">

const fileName = "identity"

/** Undefined: there is none, or it is damaged. */
export const readIdentity = Effect.fnUntraced(function* (folder: Folder, owner: Owner) {
  const bytes = yield* readFile(folder, fileName)
  const identity = bytes === undefined ? undefined : decodeIdentity(bytes)
  if (identity === undefined) return undefined
  const { directory } = folder
  if ("newer" in identity) {
    const file = pathOf(folder, fileName)
    return yield* new NewerFormat({ file, found: identity.newer, known: format })
  }
  const { cluster, node } = identity
  if (cluster !== owner.cluster) {
    const expected = owner.cluster
    return yield* new ForeignFolder({ directory, of: "cloud", expected, found: cluster })
  }
  if (node !== owner.node) {
    return yield* new ForeignFolder({ directory, of: "node", expected: owner.node, found: node })
  }
  return identity
})

/** Draws an incarnation, and writes it down. */
export const own = Effect.fnUntraced(function* (folder: Folder, owner: Owner, settingAside = 0) {
  const random = yield* SecureRandom.SecureRandom
  const incarnation = hex(yield* random.randomBytes(8))
  const identity: Identity = { ...owner, incarnation, settingAside }
  yield* replaceFile(folder, fileName, encodeIdentity(identity))
  return identity
})

/** Moves all files into a folder `damaged-<n>`. What comes back owns an empty folder. */
export const setAside = Effect.fnUntraced(function* (
  folder: Folder,
  owner: Owner,
  names: ReadonlyArray<string>
) {
  const number = 1 + Math.max(0, ...names.map(damagedNumber))
  const old = yield* readFile(folder, fileName)
  yield* folder.disk.makeDirectory(damagedFolder(folder, number).directory)
  if (old !== undefined) yield* replaceFile(damagedFolder(folder, number), fileName, old)
  return yield* finishSettingAside(folder, yield* own(folder, owner, number))
})

/** Goes on with it where a process ended before it was done. */
export const finishSettingAside = Effect.fnUntraced(function* (folder: Folder, identity: Identity) {
  const aside = damagedFolder(folder, identity.settingAside)
  for (const name of yield* folder.disk.list(folder.directory)) {
    if (isSegment(name) || isSnapshot(name) || isPart(name)) {
      yield* folder.disk.rename(pathOf(folder, name), pathOf(aside, name))
    }
  }
  yield* folder.disk.syncDirectory(aside.directory)
  yield* folder.disk.syncDirectory(folder.directory)
  const settled: Identity = { ...identity, settingAside: 0 }
  yield* replaceFile(folder, fileName, encodeIdentity(settled))
  return settled
})

const damagedFolder = ({ disk, directory }: Folder, number: number): Folder => ({
  disk,
  directory: `${directory}/damaged-${number}`
})
