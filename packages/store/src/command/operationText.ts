/**
 * The text of an operation, the same for equal ones: without ids that were made up, and whatever
 * the order of keys. Member by member, since each has names and a depth of its own.
 */
import * as Canonical from "../value/Canonical.ts"
import { sortedNames } from "../value/Compare.ts"
import type { Value } from "../value/Value.ts"
import type { Operation } from "./Command.ts"

export const operationText = (operation: Operation): string => {
  const members = operation as unknown as { readonly [name: string]: Value | undefined }
  let text = ""
  for (const name of sortedNames(operation)) {
    const member = members[name]
    if (name === "newId" || member === undefined) continue
    if (operation._tag === "Batch" && name === "operations") {
      text += `${name}:[${operation.operations.map(operationText).join(",")}] `
      continue
    }
    const canonical = Canonical.ofFilter(member)
    text += `${name}:${canonical._tag === "Canonical" ? canonical.text : ""} `
  }
  return text
}
