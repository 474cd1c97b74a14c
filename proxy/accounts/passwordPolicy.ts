import { GateError } from '../contract/errorCodes.ts'
import { commonPasswords, commonWords } from './commonPasswords.ts'

export const minPasswordCharacters = 12
export const maxPasswordBytes = 1024

/** Rows of keys on common layouts and the alphabet: what fingers and first ideas walk along. */
const walks = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890123456789',
  'qwertyuiop[]\\',
  "asdfghjkl;'",
  'zxcvbnm,./',
  'qwertzuiopü+',
  'asdfghjklöä#',
  'yxcvbnm,.-',
  'azertyuiop',
  'qsdfghjklm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/',
  '!@#$%^&*()_+',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
].flatMap((walk) => [walk, walk.split('').reverse().join('')])

/**
 * Length first, then what attackers try first: a password is refused when, after everything guessable in it is taken
 * away, too little is left.
 * @throws GateError PASSWORD_TOO_WEAK in words
 */
export function checkPassword(password: string, accountName: string): void {
  if (Buffer.byteLength(password) > maxPasswordBytes) {
    throw weak(`A password has at most ${maxPasswordBytes} bytes.`)
  }
  if (Array.from(password).length < minPasswordCharacters) {
    throw weak(
      `Use at least ${minPasswordCharacters} characters. Four or five words that do not belong together are good.`,
    )
  }
  if (isCommon(password)) throw weak('This password is one of the first that people try. Choose another one.')
  if (isRepetition(password)) throw weak('This password repeats itself too much. Choose another one.')
  if (/^\d{0,19}$/.test(password)) throw weak('Numbers alone are tried quickly. Add words, or use 20 digits or more.')
  if (countUnguessable(password, accountName) < MIN_UNGUESSABLE) {
    throw weak('This password is too easy to guess: it is made of a name, a very common word or neighbouring keys.')
  }
}

/** Characters that must be left when names, common words, walks, years and repeated characters are taken away. */
const MIN_UNGUESSABLE = 5

const weak = (message: string): GateError => new GateError('PASSWORD_TOO_WEAK', message)

const isCommon = (password: string): boolean => commonPasswords.has(password.normalize('NFKC').toLowerCase())

/** `abcabcabcabc`, `aaaaaaaaaaaa`, or only three different characters. */
function isRepetition(password: string): boolean {
  const text = password.toLowerCase()
  const isDoubled = (text + text).indexOf(text, 1) < text.length
  return isDoubled || new Set(text).size <= 4
}

const unleet: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
  '€': 'e',
  '|': 'l',
}

function countUnguessable(password: string, accountName: string): number {
  const plain = password.normalize('NFKC').toLowerCase()
  const characters = plain.split('')
  const letters = characters.map((character) => unleet[character] ?? character).join('')
  const names = accountName
    .toLowerCase()
    .split(/\s+/u)
    .filter((part) => part.length >= 3)
  const taken = new Array<boolean>(characters.length).fill(false)
  for (const text of [plain, letters]) {
    for (const word of [...commonWords, ...names, 'gatehouse', 'comfyui', 'comfy']) markAll(text, word, taken)
  }
  markWalks(characters, taken)
  markYears(plain, taken)
  return countRemaining(characters, taken)
}

function markAll(text: string, word: string, taken: boolean[]): void {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) taken.fill(true, at, at + word.length)
}

/** Runs of four or more that go along a walk. */
function markWalks(characters: readonly string[], taken: boolean[]): void {
  for (let start = 0; start < characters.length; start += 1) {
    let end = start + 4
    while (end <= characters.length && walks.some((walk) => walk.includes(characters.slice(start, end).join(''))))
      end += 1
    if (end - 1 - start >= 4) taken.fill(true, start, end - 1)
  }
}

function markYears(text: string, taken: boolean[]): void {
  for (const match of text.matchAll(/(?:19|20)\d\d/g)) taken.fill(true, match.index, match.index + 4)
}

/** Each different character counts once more at most: `!!!!!!` after a word is one idea, not six. */
function countRemaining(characters: readonly string[], taken: readonly boolean[]): number {
  const remaining = characters.filter((_, index) => taken[index] !== true)
  return new Set(remaining).size + Math.floor((remaining.length - new Set(remaining).size) / 2)
}
