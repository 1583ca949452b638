/** The two pure parts of the Web platform that every runtime has and TypeScript's ES library lacks. */
declare global {
  class TextEncoder {
    encode(text: string): Uint8Array<ArrayBuffer>
  }
  class TextDecoder {
    constructor(label?: string, options?: { readonly fatal?: boolean })
    decode(bytes: Uint8Array): string
  }
}

export {}
