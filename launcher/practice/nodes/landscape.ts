import { createHash } from 'node:crypto'

type Color = readonly [red: number, green: number, blue: number]

interface Ridge {
  readonly color: Color
  /** Height of the ridge line for `across` in 0..1, as a share of the picture from the top. */
  readonly line: (across: number) => number
}

/** A picture that can be drawn in any size: sky, sun and ridges in the mist. */
export interface Landscape {
  readonly skyTop: Color
  readonly skyBottom: Color
  readonly sun: { readonly across: number; readonly down: number; readonly radius: number; readonly color: Color }
  readonly ridges: readonly Ridge[]
}

/** Numbers in 0..1 that depend on nothing but the key (mulberry32 on a SHA-256 of it). */
export function createDeterministicRandom(key: string): () => number {
  let state = createHash('sha256').update(key).digest().readUInt32LE()
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** The same text and seed always make the same landscape. */
export function createLandscape(text: string, seed: bigint, batchNumber: number): Landscape {
  const mood = createDeterministicRandom(`mood ${text}`)
  const random = createDeterministicRandom(`shape ${text} ${seed} ${batchNumber}`)
  // Skies between turquoise and violet over warm light: anything else looks ill.
  const skyHue = 0.5 + mood() * 0.25 + random() * 0.05
  const glowHue = 0.96 + mood() * 0.17
  const skyBottom = toColor(glowHue, 0.55, 0.82)
  const landHue = 0.4 + mood() * 0.4
  const count = 5
  return {
    skyTop: toColor(skyHue, 0.55, 0.38 + random() * 0.15),
    skyBottom,
    sun: {
      across: 0.2 + random() * 0.6,
      down: 0.22 + random() * 0.25,
      radius: 0.05 + random() * 0.06,
      color: toColor(glowHue, 0.9, 0.93),
    },
    ridges: Array.from({ length: count }, (_, index) => {
      const nearness = (index + 1) / count
      return {
        color: blend(skyBottom, toColor(landHue + nearness * 0.08, 0.45, 0.16), 0.25 + nearness * 0.75),
        line: createRidgeLine(random, 0.46 + nearness * 0.4, 0.16 - nearness * 0.05),
      }
    }),
  }
}

/** Draws rows `from` (inclusive) to `to` (exclusive) into an RGB picture of that size. */
export function drawRows(
  landscape: Landscape,
  picture: Buffer,
  size: { width: number; height: number },
  rows: { from: number; to: number },
): void {
  const { width, height } = size
  const lines = landscape.ridges.map(({ line }) => Array.from({ length: width }, (_, x) => line(x / width) * height))
  for (let y = rows.from; y < rows.to; y++) {
    for (let x = 0; x < width; x++) {
      let color = colorOfSky(landscape, (x + 0.5) / width, (y + 0.5) / height, width / height)
      for (const [index, ridge] of landscape.ridges.entries()) {
        // Half a pixel to each side of the line is mixed, so that edges are smooth.
        const cover = Math.min(1, Math.max(0, y + 0.5 - (lines[index]?.[x] ?? height)))
        if (cover > 0) color = blend(color, ridge.color, cover)
      }
      picture.set(color, (y * width + x) * 3)
    }
  }
}

function colorOfSky({ skyTop, skyBottom, sun }: Landscape, across: number, down: number, aspect: number): Color {
  const sky = blend(skyTop, skyBottom, Math.min(1, down / 0.7))
  const distance = Math.hypot((across - sun.across) * aspect, down - sun.down)
  if (distance < sun.radius) return sun.color
  const glow = Math.exp(-(distance - sun.radius) * 7) * 0.75
  return blend(sky, sun.color, glow)
}

function createRidgeLine(random: () => number, level: number, height: number): (across: number) => number {
  const waves = Array.from({ length: 7 }, (_, octave) => ({
    frequency: 2 ** octave * (0.8 + random() * 0.6),
    phase: random() * Math.PI * 2,
    share: 0.55 ** octave,
  }))
  return (across) => {
    let sum = 0
    for (const { frequency, phase, share } of waves) sum += Math.sin(across * frequency * Math.PI * 2 + phase) * share
    return level - (sum / 2.2) * height
  }
}

function blend(from: Color, to: Color, share: number): Color {
  const mix = (a: number, b: number): number => a + (b - a) * share
  return [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2])]
}

/** HSL, each in 0..1, to 0..255. */
function toColor(hue: number, saturation: number, lightness: number): Color {
  const channel = (shift: number): number => {
    const at = (((hue * 12 + shift) % 12) + 12) % 12
    const span = saturation * Math.min(lightness, 1 - lightness)
    return Math.round(255 * (lightness - span * Math.max(-1, Math.min(at - 3, 9 - at, 1))))
  }
  return [channel(0), channel(8), channel(4)]
}
