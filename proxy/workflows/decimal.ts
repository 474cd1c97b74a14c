/** A number as JSON writes it, exactly: `digits` × 10 ^ `exponent`, without zeros at the end of the digits. */
export interface Decimal {
  readonly digits: bigint
  readonly exponent: number
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
/** Twice what a double holds: `1e-99999999` would take all memory there is as soon as it is written out. */
const MAX_EXPONENT = 800
const ZERO: Decimal = { digits: 0n, exponent: 0 }

/** undefined for what is no number of JSON, and for what lies beyond every number of use. */
export function parseDecimal(text: string): Decimal | undefined {
  const [, sign, whole, fraction = '', power = '0'] = NUMBER.exec(text) ?? []
  if (sign === undefined || whole === undefined) return undefined
  const all = (whole + fraction).replace(/^0+/, '')
  const kept = all.replace(/0+$/, '')
  if (kept === '') return ZERO
  const exponent = Number(power) - fraction.length + all.length - kept.length
  if (Math.abs(exponent) > MAX_EXPONENT || kept.length > MAX_EXPONENT) return undefined
  return { digits: BigInt(sign + kept), exponent }
}

/** Below zero: the first is smaller; above: the second. */
export function compareDecimals(one: Decimal, other: Decimal): number {
  const [a, b] = scale(one, other)
  return a < b ? -1 : Number(a > b)
}

/** Whether `value` is reached from `start` in whole steps. */
export function isOnStep(value: Decimal, start: Decimal, step: Decimal): boolean {
  const [a, b, c] = scale(value, start, step)
  return c !== 0n && (a - b) % c === 0n
}

/** Whole numbers of one common power of ten. */
function scale(one: Decimal, other: Decimal, third: Decimal = ZERO): readonly [bigint, bigint, bigint] {
  const least = Math.min(one.exponent, other.exponent, third.exponent)
  const whole = ({ digits, exponent }: Decimal): bigint => digits * 10n ** BigInt(exponent - least)
  return [whole(one), whole(other), whole(third)]
}
