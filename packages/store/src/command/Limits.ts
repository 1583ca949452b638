/**
 * The limits that applying a command must know. They belong to language version 1, so every node
 * has the same; a node's configuration may only be stricter, before it proposes.
 */

/** Canonical size of a document. @category configuration */
export const documentMaxBytes = 512 * 1024
/** Levels of arrays and objects in a value. @category configuration */
export const depthMax = 100
/** Bytes of a command in the log. @category configuration */
export const commandMaxBytes = 900 * 1024
/** @category configuration */
export const batchMax = 100
/** @category configuration */
export const collectionsMax = 1000
/** Of one collection. @category configuration */
export const indexesMax = 16
/** Paths of one index. @category configuration */
export const indexKeysMax = 4
/** Entries of one document in one index: each is a change of a tree, while others wait. @category configuration */
export const indexEntriesMax = 1000
/** Documents in a collection that is given an index: building it holds up all other commands. @category configuration */
export const indexBuildMax = 100_000
/** Documents that `DeleteDocuments` without a limit deletes. @category configuration */
export const matchesMax = 10_000
/** Documents that one `ExpireDocuments` removes. @category configuration */
export const expireMax = 1000
/** Keys, and sessions with their results, that one `ExpireSessions` forgets. @category configuration */
export const forgetMax = 10_000
/** Results that a session may leave unacknowledged. @category configuration */
export const unacknowledgedMax = 1024
/** Canonical size of a filter. @category configuration */
export const filterMaxBytes = 16 * 1024
/** @category configuration */
export const filterDepthMax = 20
/** @category configuration */
export const filterClausesMax = 200
/** Values of `$in`, `$nin` and `$all`. @category configuration */
export const filterListMax = 1000
/** Segments of a path. @category configuration */
export const pathMax = 16
/** Documents on a page, at most; the default is 100. @category configuration */
export const pageMax = 1000
/** @category configuration */
export const pageDefault = 100
/** Bytes of a page: it must fit into a message. @category configuration */
export const pageMaxBytes = 768 * 1024
/** Documents that are sorted without an index. @category configuration */
export const sortMax = 10_000
/** Characters of one key of an index, but for that of a whole array. @category configuration */
export const indexKeyMax = 4 * 1024
/** Bytes of one document's keys in one index. @category configuration */
export const indexEntriesMaxBytes = 256 * 1024
/** Entries of an index that is built of what is there. @category configuration */
export const indexBuildEntriesMax = 1_000_000
/** Bytes of its keys. @category configuration */
export const indexBuildMaxBytes = 256 * 1024 * 1024
