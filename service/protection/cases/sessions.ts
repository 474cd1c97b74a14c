import type { AttackCase } from '../attackCase.ts'
import { hold, holdStatuses } from '../attackOutcome.ts'
import type { Tried } from '../attackOutcome.ts'
import { sessionCookieOf } from '../attackTarget.ts'

const api = '/gatehouse/api/v1'
const session = `${api}/session`

/** Sessions and keys: stealing one, and going on with one too long. */
export const sessionCases: readonly AttackCase[] = [
  {
    id: 'signed-out-session',
    title: 'Going on with a session after signing out, from a copy of its cookie',
    holes: ['S-17', 'L-10'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const tried: Tried[] = []
      for (const [method, path] of [
        ['DELETE', session],
        ['POST', '/logout'],
      ] as const) {
        const cookie = await standIn.signIn(gate, standIn.people.creator)
        const before = await gate.ask('/queue', { headers: { cookie } })
        hold(before.status === 200, `the session was not let in: ${before.status}`)
        await gate.ask(path, { method, headers: { cookie } })
        tried.push({
          what: `after ${method} ${path}`,
          status: (await gate.ask('/queue', { headers: { cookie } })).status,
        })
      }
      return holdStatuses(tried, [401])
    },
  },
  {
    id: 'old-password',
    title: 'Going on with a session or password after the password was changed',
    holes: ['S-17', 'S-21', 'L-20', 'L-10'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const person = await standIn.addPerson(gate, 'creator')
      const cookie = await standIn.signIn(gate, person)
      const password = 'another long password of mine'
      await standIn.administer(gate, 'PUT', `/users/${person.id}/password`, { password })
      const old = await gate.ask('/queue', { headers: { cookie } })
      const before = await standIn.tryPassword(gate, person.name, person.password)
      await standIn.signIn(gate, { name: person.name, password })
      return holdStatuses(
        [
          { what: 'the old session', status: old.status },
          { what: 'the old password', status: before.status },
        ],
        [401],
      )
    },
  },
  {
    id: 'session-in-script',
    title: 'Reading the session out of the answer or by script in the page',
    holes: ['S-22', 'L-10', 'A42'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const { name, password } = standIn.people.creator
      const answer = await standIn.tryPassword(gate, name, password)
      const cookie = sessionCookieOf(answer) ?? ''
      const token = (cookie.split(';')[0] ?? '').split('=')[1] ?? ''
      hold(token.length >= 43, 'the session is not random enough')
      hold(!answer.text.includes(token), 'the answer’s body repeats the session')
      const wanted = ['; HttpOnly', '; SameSite=Lax', '; Path=/', '; Max-Age=']
      const missing = wanted.filter((part) => !cookie.includes(part))
      hold(missing.length === 0, `the cookie lacks ${missing.join(', ')}`)
      hold(!/; *domain=/i.test(cookie), 'the cookie is sent to other names')
      return 'It stands in a cookie that no script reads and no other site sends.'
    },
  },
  {
    id: 'key-signs-in',
    title: 'Making a key that then signs the browser in for a year',
    holes: ['S-23'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const cookie = await standIn.signIn(gate, standIn.people.creator)
      const body = { name: 's23', expiresInDays: 365, password: standIn.people.creator.password }
      const answer = await gate.ask(`${api}/keys`, { method: 'POST', headers: { cookie }, body })
      hold(answer.status === 201, `making a key was answered with ${answer.status}`)
      hold(answer.cookies.length === 0, 'the answer sets a cookie')
      const withoutPassword = await gate.ask(`${api}/keys`, {
        method: 'POST',
        headers: { cookie },
        body: { name: 's23' },
      })
      hold(withoutPassword.status === 403, `without the password it was answered with ${withoutPassword.status}`)
      return 'The key comes in the answer alone, no cookie is set, and the password is asked for.'
    },
  },
  {
    id: 'get-signs-out',
    title: 'A link or picture that signs its visitor out, and a sign-in page that does',
    holes: ['S-24'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const cookie = await standIn.signIn(gate, standIn.people.creator)
      const browser = { 'accept-language': 'en', accept: 'text/html' }
      for (const headers of [
        browser,
        { ...browser, 'sec-fetch-site': 'cross-site' },
        { ...browser, referer: 'http://evil.example/' },
      ]) {
        for (const path of ['/logout', '/login', '/generate_token', '/register'])
          await gate.ask(path, { headers: { ...headers, cookie } })
      }
      const after = await gate.ask('/queue', { headers: { cookie } })
      hold(after.status === 200, 'the session has ended')
      return '12 links; the session went on.'
    },
  },
  {
    id: 'claimed-https',
    title: 'Claiming to come over HTTPS or from elsewhere, to change how the cookie is made',
    holes: ['S-25', 'S-2'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const { name: username, password } = standIn.people.creator
      const headers = {
        'x-forwarded-proto': 'https',
        forwarded: 'proto=https',
        'x-forwarded-ssl': 'on',
        'x-forwarded-for': '203.0.113.9',
      }
      const answer = await gate.ask(session, { method: 'POST', headers, body: { username, password } })
      hold(answer.status === 200, `answered with ${answer.status}`)
      const cookie = sessionCookieOf(answer) ?? ''
      hold(cookie.startsWith('gatehouse_session=') && !/; *secure/i.test(cookie), 'the claim was believed')
      const { text } = await gate.ask(`${api}/sessions`, { headers: { cookie: cookie.split(';')[0] ?? '' } })
      hold(!text.includes('203.0.113.9'), 'the claimed address is kept as where it came from')
      return 'How the connection really came counts, whatever is claimed.'
    },
  },
  {
    id: 'key-with-origin',
    title: 'A tool with a key, with and without the headers of a browser, which once stopped working',
    holes: ['L-14'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      for (const headers of [{}, { origin: 'http://tool.example' }, { 'sec-fetch-site': 'cross-site' }]) {
        const { status } = await gate.ask('/queue', { headers: { ...standIn.key('creator'), ...headers } })
        hold(status === 200, `with ${JSON.stringify(headers)} it was answered with ${status}`)
      }
      return 'It works with each.'
    },
  },
]
