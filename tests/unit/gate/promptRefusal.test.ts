import { describe, expect, it } from 'vitest'
import { GateError } from '../../../proxy/contract/errorCodes.ts'
import { describeRefusal } from '../../../proxy/http/problem.ts'

/** As ComfyUI's page writes a refusal into its dialog. */
function shown(error: GateError): string {
  const { message, details } = JSON.parse(describeRefusal(error, 'prompt', '/prompt').body).error
  return `${message}: ${details}`
}

const quota = (words: string) => new GateError('QUOTA_EXCEEDED', words)

describe('a refused prompt in the dialog of ComfyUI’s page', () => {
  it.each([
    [
      'Your 20 GB are full: 20.1 GB used. Remove pictures you do not need.',
      'Your 20 GB are full: 20.1 GB used. Remove pictures you do not need.',
    ],
    ['Your 1 MB is full. Remove pictures you do not need.', 'Your 1 MB is full: Remove pictures you do not need.'],
    [
      'Your minutes are used up. There are new ones at 00:00.',
      'Your minutes are used up: There are new ones at 00:00.',
    ],
    [
      'A workflow of yours may have 3 nodes, this one has 5.',
      'A workflow of yours may have 3 nodes, this one has 5: It was not put in line.',
    ],
    ['This asks for 1.5 megapixels.', 'This asks for 1.5 megapixels: It was not put in line.'],
  ])('reads as a sentence: %s', (words, dialog) => {
    expect(shown(quota(words))).toBe(dialog)
  })

  it('keeps the details that are known', () => {
    const details = { promptError: 'not_allowed', promptDetails: 'Node #3' }
    expect(shown(new GateError('BAD_REQUEST', 'A file name is not allowed.', { details }))).toBe(
      'A file name is not allowed: Node #3',
    )
  })

  it('leaves the words of our own pages whole', () => {
    const body = JSON.parse(describeRefusal(quota('It is full. Remove some.'), 'api', '/api').body)
    expect(body.detail).toBe('It is full. Remove some.')
  })
})
