/** The bytes of what the core knows of a snapshot, in messages and records. */
import { compareIds, type IncarnationId } from "../IncarnationId.ts"
import type { Configuration } from "../membership/Configuration.ts"
import type { SnapshotMeta } from "../SnapshotMeta.ts"
import type { Reader } from "./Reader.ts"
import type { Writer } from "./Writer.ts"

export const writeSnapshot = (writer: Writer, snapshot: SnapshotMeta): void => {
  writer.number(snapshot.index)
  writer.number(snapshot.term)
  writer.number(snapshot.time)
  writeConfiguration(writer, snapshot.configuration)
  writer.text(snapshot.reference)
  writer.number(snapshot.bytes)
  writer.text(snapshot.digest)
}

export const readSnapshot = (reader: Reader): SnapshotMeta => ({
  index: reader.number(),
  term: reader.number(),
  time: reader.number(),
  configuration: readConfiguration(reader),
  reference: reader.text(),
  bytes: reader.number(),
  digest: reader.text()
})

export const writeConfiguration = (writer: Writer, configuration: Configuration): void => {
  writeIds(writer, configuration.voters)
  writeIds(writer, configuration.votersOutgoing)
  writeIds(writer, configuration.learners)
  writeIds(writer, configuration.learnersNext)
  writer.flag(configuration.autoLeave)
}

const readConfiguration = (reader: Reader): Configuration => ({
  voters: readIds(reader),
  votersOutgoing: readIds(reader),
  learners: readIds(reader),
  learnersNext: readIds(reader),
  autoLeave: reader.flag()
})

const writeIds = (writer: Writer, ids: ReadonlyArray<IncarnationId>): void => {
  writer.number(ids.length)
  for (const id of ids) writer.text(id)
}

const readIds = (reader: Reader): ReadonlyArray<IncarnationId> => {
  const ids: Array<IncarnationId> = []
  for (let left = reader.count(1); left > 0 && reader.problem === undefined; left--) {
    const id = reader.text()
    const last = ids.at(-1)
    if (last !== undefined && compareIds(last, id) >= 0) reader.fail("ids are not in order")
    ids.push(id)
  }
  return ids
}
