import { text, type Doc } from "./Json.ts"

/** Carries what a command is refused with. */
export class Refusal extends Error {
  readonly refused: Doc
  constructor(refused: Doc) {
    super(text(refused))
    this.refused = refused
  }
}
export const refuse = (_tag: string, fields: Doc = {}): never => {
  throw new Refusal({ _tag, ...fields })
}
