import { describe, expect, it } from 'vitest'
import { generatePassword } from '../../../proxy/accounts/generatePassword.ts'
import { checkPassword } from '../../../proxy/accounts/passwordPolicy.ts'
import { systemRandom } from '../../../proxy/core/random.ts'

const refusal = (password: string, name = 'Mia'): string | undefined => {
  try {
    checkPassword(password, name)
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'another error'
  }
}

describe('the password policy', () => {
  it.for([
    ['eleven characters', 'tQ9#vLw2!xZ'],
    ['eleven characters of many bytes', '🦊'.repeat(5) + 'abcdef'],
    ['one character repeated', 'aaaaaaaaaaaaaaaa'],
    ['a word repeated', 'kayakkayakkayak'],
    ['three characters', 'abcabbacabcbacb'],
    ['the alphabet', 'abcdefghijklm'],
    ['a row of keys', 'qwertyuiop[]'],
    ['a German row of keys', 'qwertzuiopü+'],
    ['a French row of keys', 'azertyuiopqs'],
    ['columns of keys', '1qaz2wsx3edc'],
    ['two rows in turn', '1q2w3e4r5t6y'],
    ['numbers', '314159265358979'],
    ['a common word and a year', 'Password2024!'],
    ['a common word in leet', 'P@55w0rd1234'],
    ['a season and a year', 'Summer2026!!'],
    ['love', 'iloveyou12345'],
    ['the product', 'gatehouse-2026'],
    ["the person's own name", 'Wilhelmina2026', 'Wilhelmina'],
    ['one of the most common long ones', 'sonyericsson'],
    ['the famous example', 'correct horse battery staple'],
    ['a common one in capitals', 'NEEDFORSPEED'],
  ] as const)('refuses %s', ([, password, name]) => {
    expect(refusal(password, name)).toBe('PASSWORD_TOO_WEAK')
  })

  it.for([
    ['four words', 'violet kayak orbit lamp'],
    ['twelve random characters', 'tQ9#vLw2!xZp'],
    ['a sentence', 'our cat sleeps on the router'],
    ['another script', 'синий чайник поёт ночью'],
    ['emoji', '🦊🌲🎲🧊🎈🛶🧵🪁🎻🦉🧭🫖'],
    ['twenty-five digits', '8302749165028374650192837'],
  ] as const)('accepts %s', ([, password]) => {
    expect(refusal(password)).toBeUndefined()
  })

  it('refuses more than 1024 bytes (megabytes to hash)', () => {
    expect(refusal('violet kayak orbit lamp'.padEnd(1024, ' x'))).toBeUndefined()
    expect(refusal('violet kayak orbit lamp'.padEnd(1025, ' x'))).toBe('PASSWORD_TOO_WEAK')
    expect(refusal('violet kayak orbit lamp'.padEnd(600, 'ä'))).toBe('PASSWORD_TOO_WEAK')
  })

  it('accepts every password that Gatehouse makes up', () => {
    for (let turn = 0; turn < 500; turn += 1) expect(refusal(generatePassword(systemRandom))).toBeUndefined()
  })
})
