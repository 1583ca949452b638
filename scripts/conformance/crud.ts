/**
 * Runs the CRUD specification tests of MongoDB that fit the store.
 *
 *   pnpm conformance:crud DIR      DIR holds the unified test files, `*.json`
 *
 * The tests are by the MongoDB project (github.com/mongodb/specifications, source/crud/tests/unified)
 * and are not part of this one. Their ids are numbers; here they become texts of equal order.
 */
import { existsSync, globSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import type { Fields, Value } from "@distri/store/value/Value"
import { noCounts, Driver, Refusal, type Change, type Counts, type Find } from "./Driver.ts"

interface Operation {
  readonly name: string
  readonly object: string
  readonly arguments?: Fields
  readonly expectResult?: Value
  readonly expectError?: Fields
}

interface Test {
  readonly description: string
  readonly runOnRequirements?: ReadonlyArray<Fields>
  readonly operations: ReadonlyArray<Operation>
  readonly outcome?: ReadonlyArray<{ readonly documents: ReadonlyArray<Fields> }>
}

interface File {
  readonly createEntities?: ReadonlyArray<Fields>
  readonly initialData?: ReadonlyArray<{ readonly documents: ReadonlyArray<Fields> }>
  readonly tests: ReadonlyArray<Test>
}

/** Why a test is left out: the first of these words in it, and what the store has instead. */
const leftOut: ReadonlyArray<readonly [pattern: RegExp, reason: string]> = [
  [/"collation"/, "collation: strings are ordered by UTF-16 code unit"],
  [/"hint"/, "hint: the planner chooses"],
  [/"(let|\$expr)"/, "variables and expressions in filters"],
  [/"rawData"/, "raw data of time series"],
  [/"arrayFilters"/, "array filters"],
  [/"pipeline"|"update":\[/, "aggregation pipelines"],
  [/"name":"(aggregate|distinct)"/, "aggregation"],
  [/"name":"(clientBulkWrite)"/, "client bulk writes: commands over several databases"],
  [
    /"name":"(failPoint|modifyCollection|createCollection|createIndex)"/,
    "errors of a MongoDB server"
  ],
  [
    /"comment"|"allowDiskUse"|"maxTimeMS"|"bypassDocumentValidation"/,
    "options of a MongoDB server"
  ],
  [/"skip"/, "skip: pages begin at a cursor, not at an offset"],
  [/"writeConcern"/, "unacknowledged writes: every write is acknowledged"],
  [/"name":"bulkWrite".*"sort"/, "sorted writes in a bulk"],
  [/\$db|\$out|\$merge/, "aggregation"]
]

const directory = process.argv[2]
if (directory === undefined || !existsSync(directory)) {
  const why = directory === undefined ? "no folder was given" : `there is no folder ${directory}`
  console.log(`skipped: ${why}. Usage: pnpm conformance:crud DIR (with the unified test files)`)
} else run(directory)

function run(folder: string) {
  const reasons = new Map<string, number>()
  let passed = 0
  let failed = 0
  for (const path of globSync(join(folder, "*.json")).toSorted()) {
    const file: File = JSON.parse(readFileSync(path, "utf8"))
    const line = { passed: 0, failed: 0, left: 0 }
    for (const test of file.tests) {
      const reason = reasonToLeaveOut(basename(path), file, test)
      if (reason !== undefined) {
        line.left += 1
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
        continue
      }
      const issue = issueOf(file, test)
      if (issue === undefined) line.passed += 1
      else {
        line.failed += 1
        console.log(`FAILED ${basename(path)}: ${test.description}\n  ${issue}`)
      }
    }
    passed += line.passed
    failed += line.failed
    if (line.passed + line.failed > 0)
      console.log(
        `${basename(path)}: ${line.passed} passed, ${line.failed} failed, ${line.left} left out`
      )
  }
  const left = [...reasons.values()].reduce((sum, count) => sum + count, 0)
  console.log(`\n${passed + failed} ran: ${passed} passed, ${failed} failed. ${left} left out:`)
  for (const [reason, count] of [...reasons].toSorted(([, a], [, b]) => b - a))
    console.log(`  ${String(count).padStart(4)}  ${reason}`)
  if (failed > 0 || passed === 0) process.exitCode = 1
}

function reasonToLeaveOut(name: string, { createEntities, initialData = [] }: File, test: Test) {
  if (name.includes("dots_and_dollars")) return "field names with dots and dollar signs"
  if (name === "create-null-ids.json") return "ids that are null: an id is a text"
  const text = JSON.stringify({ operations: test.operations })
  const found = leftOut.find(([pattern]) => pattern.test(text))
  if (found !== undefined) return found[1]
  if (JSON.stringify(createEntities).includes(`"w":0`))
    return "unacknowledged writes: every write is acknowledged"
  if (test.runOnRequirements?.some((needs) => "maxServerVersion" in needs) === true)
    return "what older MongoDB servers lack"
  const [first, ...others] = (createEntities ?? []).flatMap(({ collection }) =>
    collection === undefined ? [] : [(collection as Fields)["id"]]
  )
  if (test.operations.some(({ object }) => others.includes(object)))
    return `other collections than the first, or none: CollectionNotFound`
  return first === undefined || initialData.length > 1 ? "several collections at once" : undefined
}

/** What went otherwise than the test says. */
function issueOf({ initialData = [] }: File, test: Test): string | undefined {
  const driver = new Driver((initialData[0]?.documents ?? []).map(withTextId))
  for (const { arguments: args = {}, expectError, expectResult, name } of test.operations) {
    let result: unknown
    let error: Refusal | undefined
    try {
      result = perform(driver, name, args)
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown
      error = thrown
    }
    if (expectError !== undefined) {
      if (error === undefined) return `${name} was to fail, and gave ${JSON.stringify(result)}`
      const done = expectError["expectResult"]
      if (done !== undefined && !matches(done, error.done))
        return `${name} had done ${JSON.stringify(error.done)}, not ${JSON.stringify(done)}`
    } else if (error !== undefined) return `${name}: ${error.message}`
    else if (expectResult !== undefined && !matches(expectResult, result))
      return `${name} gave ${JSON.stringify(result)}, not ${JSON.stringify(expectResult)}`
  }
  const [outcome] = test.outcome ?? []
  const expected = outcome?.documents.map(withTextId)
  return expected === undefined || isDeepStrictEqual(driver.all(), expected)
    ? undefined
    : `the collection is ${JSON.stringify(driver.all())}, not ${JSON.stringify(expected)}`
}

function perform(driver: Driver, name: string, args: Fields): unknown {
  const find = findOf(args)
  switch (name) {
    case "find":
      return driver.find(find)
    case "findOne":
      return driver.find({ ...find, limit: 1 })[0] ?? null
    case "count":
    case "countDocuments":
      return driver.count(find.filter)
    case "estimatedDocumentCount":
      return driver.count({})
    case "insertOne":
      return { insertedId: driver.insert(withTextId(args["document"] as Fields)) }
    case "insertMany":
      return bulk(
        driver,
        (args["documents"] as ReadonlyArray<Fields>).map((document) => ({
          insertOne: { document }
        })),
        args["ordered"] !== false
      )
    case "bulkWrite":
      return bulk(driver, args["requests"] as ReadonlyArray<Fields>, args["ordered"] !== false)
    case "findOneAndDelete": {
      const [first] = driver.find({ ...find, limit: 1 })
      driver.delete(find, false)
      return first ?? null
    }
    case "findOneAndReplace":
    case "findOneAndUpdate": {
      const [before] = driver.find({ ...find, limit: 1, projection: undefined })
      const { upserted } = driver.change(find, changeOf(args), { upsert: args["upsert"] === true })
      const id = before?.["_id"] ?? upserted
      const after = args["returnDocument"] === "After"
      if (!after) return before === undefined ? null : shown(before, find)
      return id === undefined ? null : (driver.find({ ...find, filter: { _id: id } })[0] ?? null)
    }
    default: {
      const counts = noCounts()
      one(driver, { [name]: args }, 0, counts)
      const { upsertedIds, ...rest } = counts
      return "0" in upsertedIds ? { ...rest, upsertedId: upsertedIds["0"] } : rest
    }
  }
}

/** A projected document, without asking again: it has changed since. */
function shown(document: Fields, { projection }: Find): Fields {
  return projection === undefined
    ? document
    : Object.fromEntries(Object.entries(document).filter(([field]) => projection[field] === 1))
}

function bulk(driver: Driver, requests: ReadonlyArray<Fields>, ordered: boolean): Counts {
  const counts = noCounts()
  let refused: Refusal | undefined
  for (const [at, request] of requests.entries()) {
    try {
      one(driver, request, at, counts)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refused = new Refusal(JSON.parse(error.message), counts)
      if (ordered) break
    }
  }
  if (refused !== undefined) throw refused
  return counts
}

function one(driver: Driver, request: Fields, at: number, counts: Counts): void {
  const [[name, value] = ["", {}]] = Object.entries(request)
  const args = value as Fields
  const find = findOf(args)
  if (name === "insertOne") {
    counts.insertedIds[at] = driver.insert(withTextId(args["document"] as Fields))
    counts.insertedCount += 1
  } else if (name.startsWith("delete")) {
    counts.deletedCount += driver.delete(find, name === "deleteMany")
  } else {
    const options = { many: name === "updateMany", upsert: args["upsert"] === true }
    const change = changeOf(args)
    if ((name === "replaceOne") !== "replacement" in change) throw new Refusal({ _tag: "NoChange" })
    const { matched, modified, upserted } = driver.change(find, change, options)
    counts.matchedCount += matched
    counts.modifiedCount += modified
    if (upserted === undefined) return
    counts.upsertedCount += 1
    counts.upsertedIds[at] = upserted
  }
}

function findOf(args: Fields): Find {
  return {
    filter: withTextId((args["filter"] ?? {}) as Fields),
    sort: args["sort"] as Fields | undefined,
    limit: args["limit"] as number | undefined,
    projection: args["projection"] as Fields | undefined
  }
}

function changeOf(args: Fields): Change {
  return "replacement" in args
    ? { replacement: withTextId(args["replacement"] as Fields) }
    : { update: args["update"] as Fields }
}

/** A number that is an id as a text that sorts alike; also inside `{$gt: 1}` and lists. */
function textId(value: Value): Value {
  if (typeof value === "number") return String(value).padStart(8, "0")
  if (Array.isArray(value)) return value.map(textId)
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, textId(inner as Value)]))
    : value
}

function withTextId(fields: Fields): Fields {
  return "_id" in fields ? { ...fields, _id: textId(fields["_id"]!) } : fields
}

/** Whether `actual` is what a unified test expects: more fields than expected do no harm. */
function matches(expected: Value, actual: unknown, path = ""): boolean {
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, at) => matches(item, actual[at]))
    )
  if (typeof expected !== "object" || expected === null) {
    const isId = path === "_id" || path === "insertedId" || path === "upsertedId"
    const inIds = path.endsWith("Ids")
    return isDeepStrictEqual(isId || inIds ? textId(expected) : expected, actual)
  }
  const fields = expected as Fields
  if ("$$unsetOrMatches" in fields)
    return actual === undefined || matches(fields["$$unsetOrMatches"]!, actual, path)
  if ("$$type" in fields) return actual !== undefined
  if (typeof actual !== "object" || actual === null) return false
  return Object.entries(fields).every(([field, value]) =>
    matches(value, (actual as Record<string, unknown>)[field], path.endsWith("Ids") ? path : field)
  )
}
