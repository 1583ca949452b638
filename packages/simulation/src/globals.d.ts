/** The part of the Web platform that every runtime has and TypeScript's ES library lacks. */
declare global {
  class TextEncoder {
    encode(text: string): Uint8Array<ArrayBuffer>
  }
}

export {}
