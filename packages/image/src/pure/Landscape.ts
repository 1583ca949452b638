/**
 * Paints a soft landscape: sky, sun, hills that fade into haze, and the grain of a camera.
 *
 * It is the cover of a node that was given none, so nobody has to ship or license a photograph.
 * The same seed gives the same picture. A generator, since large ones take tens of milliseconds.
 */
import type { Size } from "./CoverSize.ts"

/** @category models */
export interface LandscapeOptions extends Size {
  readonly seed: number
  /** How far grain moves a sample, in levels of 255. */
  readonly grain: number
}

type Colour = readonly [red: number, green: number, blue: number]

const skyTop: Colour = [74, 122, 178]
const skyLow: Colour = [246, 214, 178]
const sun: Colour = [255, 244, 214]
const haze: Colour = [204, 196, 196]
const near: Colour = [38, 62, 46]
const hills = 5

/** 0 to 1, the same for the same two whole numbers. */
const noise = (x: number, y: number): number => {
  let mixed = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 0x1_0000_0000
}

const smooth = (t: number) => t * t * (3 - 2 * t)

/** A curve that wanders between 0 and 1: four octaves of noise with soft steps between. */
const curve = (x: number, seed: number): number => {
  let value = 0
  for (let octave = 0; octave < 4; octave++) {
    const scaled = x * 2 ** octave
    const cell = Math.floor(scaled)
    const t = smooth(scaled - cell)
    const [left, right] = [noise(cell, seed + octave), noise(cell + 1, seed + octave)]
    value += (left + (right - left) * t) * 0.5 ** (octave + 1)
  }
  return value
}

const mix = (from: number, to: number, t: number) => from + (to - from) * t

/** Paints one row per step. @category functions */
export function* landscape(options: LandscapeOptions): Generator<void, Uint8Array> {
  const { grain, height, seed, width } = options
  const samples = new Uint8Array(width * height * 3)
  const ridges = Array.from({ length: hills }, (_, hill) =>
    Float64Array.from(
      { length: width },
      (_, x) => 0.48 + hill * 0.1 - 0.2 * curve((x / width) * (2 + hill), seed + hill * 31)
    )
  )
  const sunX = 0.25 + 0.5 * noise(seed, 7)
  for (let y = 0; y < height; y++) {
    const v = y / height
    for (let x = 0; x < width; x++) {
      const glow = Math.exp(-40 * ((x / width - sunX) ** 2 + (v - 0.3) ** 2))
      let hill = hills - 1
      while (hill >= 0 && v < ridges[hill]![x]!) hill--
      const distance = 1 - (hill + 1) / hills
      const texture =
        hill < 0 ? 0 : (noise(x >> 1, (y >> 1) + seed) - 0.5) * 3 * grain * (hill / hills)
      for (let channel = 0; channel < 3; channel++) {
        const sky = mix(skyTop[channel]!, skyLow[channel]!, smooth(Math.min(1, v * 2)))
        const base =
          hill < 0
            ? mix(sky, sun[channel]!, glow)
            : mix(near[channel]!, haze[channel]!, distance) + texture
        const speck = (noise(x * 3 + channel, y + seed * 131) - 0.5) * 2 * grain
        samples[(y * width + x) * 3 + channel] = Math.max(0, Math.min(255, base + speck))
      }
    }
    yield
  }
  return samples
}
