import { describe, expect, it } from 'vitest'
import { computeProof, judgeAnswer } from '../../../launcher/readinessProbe.ts'

const question = { secret: 'a1'.repeat(32), nonce: '0f'.repeat(16) }
const bootId = '3c'.repeat(16)
const right = {
  ok: true,
  bootId,
  engine: 'comfyui',
  version: '0.3.64',
  patches: { secretCheck: true },
  workerAlive: true,
  proof: computeProof(question.secret, question.nonce, bootId),
}

describe('the proof of an answer', () => {
  it('is the HMAC of the contract', () => {
    // printf 'health\n<nonce>\n<bootId>' | openssl dgst -sha256 -hmac <secret>
    expect(right.proof).toBe('f3180a78b205aecee590eb50c7130e9c40fa06df6425c51b36c84a96b5090223')
  })

  it('makes it ours', () => {
    expect(judgeAnswer(JSON.stringify(right), question)).toMatchObject({
      kind: 'proved',
      health: { bootId, workerAlive: true },
    })
  })

  it.each([
    ['for another question', { proof: computeProof(question.secret, '1'.repeat(32), bootId) }],
    ['with another secret', { proof: computeProof('b'.repeat(64), question.nonce, bootId) }],
    ['of another boot', { bootId: '4d'.repeat(16) }],
    ['that is missing', { proof: undefined }],
    ['in capitals', { proof: right.proof.toUpperCase() }],
    ['with a boot id of another form', { bootId: 'x' }],
    ['beside a refusal', { ok: false }],
    ['of an unknown engine', { engine: 'other' }],
    ['with patches that say nothing clear', { patches: { secretCheck: 'yes' } }],
  ])('%s does not', (_name, change) => {
    expect(judgeAnswer(JSON.stringify({ ...right, ...change }), question).kind).toBe('unproved')
  })

  it.each(['', 'null', '[]', '{', '"ok"'])('is not in %j', (text) => {
    expect(judgeAnswer(text, question).kind).toBe('unproved')
  })
})
