import { accountNameSchema } from '../contract/accounts.ts'
import { GateError } from '../contract/errorCodes.ts'

/**
 * A stranger's text: without what steers or hides, in one line, at most 40 characters.
 * @throws GateError VALIDATION_FAILED when nothing is left
 */
export function cleanKnockName(text: string): string {
  const cleaned = text
    .normalize('NFC')
    .replace(
      /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Co}\u115f\u1160\u2800\u3164\uffa0:"\u201c\u201d\u201e\u00ab\u00bb]/gu,
      ' ',
    )
    .replace(/\p{M}{3,}/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
  const parsed = accountNameSchema.safeParse(Array.from(cleaned).slice(0, 40).join(''))
  if (parsed.success) return parsed.data
  throw new GateError('VALIDATION_FAILED', 'Type your name.')
}
