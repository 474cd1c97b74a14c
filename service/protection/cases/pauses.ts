import type { AttackCase } from '../attackCase.ts'
import { hold, holdStatuses } from '../attackOutcome.ts'

/** What makes the gate pause somebody: last, so that nothing else is tried from there. */
export const pauseCases: readonly AttackCase[] = [
  {
    id: 'rotating-forwarded-for',
    title: 'Guessing on and on under another claimed address each time',
    holes: ['S-2', 'A63'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const statuses: number[] = []
      for (let at = 1; at <= 6; at += 1) {
        const headers = { 'x-forwarded-for': `203.0.113.${at}`, 'x-real-ip': `198.51.100.${at}` }
        const body = { username: `nobody ${at}`, password: 'not the password of anybody' }
        const answer = await gate.ask('/gatehouse/api/v1/session', { method: 'POST', headers, body })
        statuses.push(answer.status)
        if (answer.status === 429) hold(Number(answer.headers['retry-after']) > 0, 'it is not said for how long')
      }
      hold(statuses.includes(429) || statuses.includes(403), `6 tries were answered with ${statuses.join(', ')}`)
      const queue = await gate.ask('/queue', { headers: standIn.key('creator') })
      hold(queue.status === 200, `a key from the same address was answered with ${queue.status}`)
      return `${holdStatuses([{ what: 'the last', status: statuses.at(-1) ?? 0 }], [403, 429])} Keys from there go on working.`
    },
  },
]
