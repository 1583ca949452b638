import { assert, it } from "@effect/vitest"
import {
  behind,
  findRecord,
  headerBytes,
  readHeader,
  seal,
  type Kind
} from "../../../../src/log/storage/pure/Record.ts"
import { scanSegment } from "../../../../src/log/storage/pure/scanSegment.ts"
import { pageBytes } from "../../../../src/log/storage/pure/SegmentPage.ts"

const salt = 0x5eed5eed

/** A segment with records of these bodies, and three pages of zeros behind them. */
const segmentOf = (...bodies: ReadonlyArray<Uint8Array>) => {
  let bytes = new Uint8Array(pageBytes)
  let previous = 0
  bodies.forEach((body, at) => {
    const length = body.length
    const record = new Uint8Array(Math.ceil((headerBytes + length) / pageBytes) * pageBytes)
    record.set(body, headerBytes)
    const kind: Kind = at === 0 ? "head" : "batches"
    previous = seal(record, salt, { kind, number: at + 1, length, previous })
    bytes = Uint8Array.of(...bytes, ...record)
  })
  return Uint8Array.of(...bytes, ...new Uint8Array(3 * pageBytes))
}

/** Bytes without a zero, so that no sector of them looks unwritten. */
const body = (length: number) => Uint8Array.from({ length }, (_, at) => 1 + (at % 255))

const outcome = (bytes: Uint8Array) => {
  const { found, ending } = scanSegment(bytes, salt)
  return `${found.length} ${ending._tag} ${ending.at / pageBytes}`
}

it("[WA3] records stand on pages of their own, each tied to the one before", () => {
  const bytes = segmentOf(body(10), body(5000), body(1))
  const { found, ending } = scanSegment(bytes, salt)
  assert.deepStrictEqual(
    found.map(({ at, header, body: { length } }) => [at / pageBytes, header.number, length]),
    [
      [1, 1, 10],
      [2, 2, 5000],
      [4, 3, 1]
    ]
  )
  assert.deepStrictEqual(ending, { _tag: "End", at: 5 * pageBytes })
  assert.strictEqual(found[2]!.header.previous, found[1]!.header.checksum)
})

it("[WA3] another salt makes no record of the same bytes", () => {
  assert.deepStrictEqual(scanSegment(segmentOf(body(10)), salt + 1), {
    found: [],
    ending: { _tag: "Damaged", at: pageBytes }
  })
})

it("[WA4] zeros where a header should be end the log, with no record behind them only", () => {
  const bytes = segmentOf(body(10), body(10), body(10))
  assert.strictEqual(outcome(bytes), "3 End 4")
  // What a torn record left behind its first sector is nothing.
  bytes.fill(7, 4 * pageBytes + 512, 4 * pageBytes + 2000)
  assert.strictEqual(outcome(bytes), "3 End 4")
  bytes.fill(0, 2 * pageBytes, 3 * pageBytes)
  assert.strictEqual(outcome(bytes), "1 Damaged 2")
})

it("[WA5] the last record is torn where a sector of it is still zero", () => {
  for (const sector of [1, 5, 9]) {
    const bytes = segmentOf(body(10), body(5000))
    bytes.fill(0, 2 * pageBytes + sector * 512, 2 * pageBytes + (sector + 1) * 512)
    assert.strictEqual(outcome(bytes), "1 Torn 2", `sector ${sector}`)
  }
})

it("[WA6] a record with whole records behind it is damaged, with a zero sector, too", () => {
  const bytes = segmentOf(body(10), body(5000), body(10))
  bytes.fill(0, 2 * pageBytes + 512, 2 * pageBytes + 1024)
  assert.strictEqual(outcome(bytes), "1 Damaged 2")
})

it("[WA6] a flipped byte anywhere is damage, or stands where nobody reads", () => {
  const bytes = segmentOf(body(10), body(1000), body(600))
  const lengths = scanSegment(bytes, salt).found.map(({ header }) => headerBytes + header.length)
  for (let at = pageBytes; at < bytes.length; at++) {
    bytes[at]! ^= 1
    const found = outcome(bytes)
    bytes[at]! ^= 1
    const page = Math.floor(at / pageBytes)
    const inPage = at % pageBytes
    // Behind the last record, only what stands in the place of a header would be taken for one.
    const isRead = inPage < (lengths[page - 1] ?? (page === 4 ? headerBytes : 0))
    assert.strictEqual(found, isRead ? `${page - 1} Damaged ${page}` : "3 End 4", `byte ${at}`)
  }
})

it("[WA5] a torn record is found out whatever of its sectors a crash leaves", () => {
  const whole = segmentOf(body(10), body(2000))
  const sectors = Math.ceil((headerBytes + 2000) / 512)
  for (let mask = 0; mask < 2 ** sectors - 1; mask++) {
    const bytes = whole.slice()
    for (let sector = 0; sector < sectors; sector++) {
      const at = 2 * pageBytes + sector * 512
      if ((mask & (1 << sector)) === 0) bytes.fill(0, at, at + 512)
    }
    assert.match(outcome(bytes), /^1 (End|Torn) 2$/, `sectors ${mask.toString(2)}`)
  }
})

it("[WA3] a header says what follows, and where the next one is", () => {
  const bytes = segmentOf(body(5000))
  const header = readHeader(bytes, pageBytes, salt)!
  assert.include(header, { format: 1, kind: "head", number: 1, length: 5000, previous: 0 })
  assert.strictEqual(behind(pageBytes, header), 3 * pageBytes)
  assert.strictEqual(findRecord(bytes, 0, salt), pageBytes)
  assert.isUndefined(findRecord(bytes, 2 * pageBytes, salt))
})

it("[WA1] numbers of records go on past 32 bits", () => {
  const record = new Uint8Array(pageBytes)
  const number = 2 ** 40 + 3
  seal(record, salt, { kind: "compact", number, length: 0, previous: 9 })
  assert.include(readHeader(record, 0, salt), { kind: "compact", number, previous: 9 })
})
