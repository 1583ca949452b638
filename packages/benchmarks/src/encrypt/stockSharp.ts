/**
 * The pipeline one writes first: decode the cover, seal, put two bits into each sample, and let
 * sharp write the whole cover as a PNG.
 */
import { landscape } from "@distri/image/pure/Landscape"
import { samplePicture } from "@distri/image/samplePicture"
import * as Effect from "effect/Effect"
import { createCipheriv, randomBytes } from "node:crypto"
import sharp from "sharp"
import type { Contender } from "../Benchmark.ts"
import { withPromises } from "../closedLoop.ts"

const coverSize = { width: 960, height: 640 }

export const connect: Contender["connect"] = async () => {
  const picture = await Effect.runPromise(samplePicture)
  const cover = await paintCover()
  const encrypt = async () => {
    const { data: samples, info } = await sharp(cover)
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    embed(samples, seal(picture))
    const { channels, height, width } = info
    return sharp(samples, { raw: { width, height, channels } })
      .png({ compressionLevel: 6 })
      .toBuffer()
  }
  const resultBytes = (await encrypt()).length
  const drive = withPromises(encrypt)
  return async (load) => ({ ...(await drive(load)), resultBytes })
}

const seal = (content: Uint8Array): Uint8Array => {
  const cipher = createCipheriv("aes-256-gcm", randomBytes(32), randomBytes(12))
  return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()])
}

const embed = (samples: Uint8Array, sealed: Uint8Array) => {
  for (let at = 0; at < sealed.length * 4; at++) {
    const bits = (sealed[at >> 2]! >> (6 - 2 * (at & 3))) & 3
    samples[at] = (samples[at]! & 0xfc) | bits
  }
}

const paintCover = async (): Promise<Uint8Array> => {
  const painting = landscape({ ...coverSize, seed: 20, grain: 3 })
  let step = painting.next()
  while (step.done !== true) step = painting.next()
  return sharp(step.value, { raw: { ...coverSize, channels: 3 } })
    .jpeg({ quality: 92 })
    .toBuffer()
}
