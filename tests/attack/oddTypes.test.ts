import { describe, expect } from 'vitest'
import { sendRaw } from '../support/rawHttpClient.ts'
import { wholeGateTest as it } from '../support/wholeGate.ts'

const asking = [
  ['POST', '/gatehouse/api/v1/session'],
  ['POST', '/gatehouse/api/v1/session/knock'],
  ['POST', '/gatehouse/invite'],
] as const
const odd = ['application/json;\xff', 'application/json;', 'application/json; =', 'application/json; charset=utf-8;;']

/** Each fault of our own is a stack in the log, and whoever is no one must not write there as they like. */
describe('a type of body that no parser understands', () => {
  it.for(asking.flatMap(([method, path]) => odd.map((type) => [method, path, type] as const)))(
    'is refused, and is no fault of the gate: %s %s as %j',
    async ([method, path, type], { whole, logger }) => {
      const lines = [
        `${method} ${path} HTTP/1.1`,
        'Host: localhost',
        `Content-Type: ${type}`,
        'Content-Length: 2',
        'Connection: close',
      ]

      const answer = await sendRaw(whole.port, Buffer.from(`${lines.join('\r\n')}\r\n\r\n{}`, 'latin1'))

      expect(answer.statuses).toEqual([415])
      expect(logger.lines).toEqual([])
    },
  )
})
