import type { Storage } from "../programs.ts"

/** The `storage` in a contender's address: each module serves both. */
export const storageOf = (module: string): Storage =>
  new URL(module).searchParams.get("storage") === "memory" ? "memory" : "disk"
