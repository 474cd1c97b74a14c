import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { AttackCase } from '../attackCase.ts'
import { hold, holdStatuses } from '../attackOutcome.ts'
import type { Tried } from '../attackOutcome.ts'
import { sessionCookieOf } from '../attackTarget.ts'
import type { AttackTarget } from '../attackTarget.ts'
import type { StandIn } from '../standIn.ts'
import { until } from '../waiting.ts'

const api = '/gatehouse/api/v1'
const session = `${api}/session`

/** Passwords, sessions and keys: getting one, keeping one too long, finding one. */
export const signInCases: readonly AttackCase[] = [
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
    id: 'json-and-form',
    title: 'Signing in by JSON, which once failed, and by form',
    holes: ['S-27'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const { name: username, password } = standIn.people.creator
      const byJson = await standIn.tryPassword(gate, username, password)
      const byForm = await gate.ask('/login', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ username, password }).toString(),
      })
      hold(byJson.status === 200 && sessionCookieOf(byJson) !== undefined, `by JSON: ${byJson.status}`)
      hold(byForm.status < 400 && byForm.cookies.length > 0, `by form: ${byForm.status}`)
      return 'Both work.'
    },
  },
  {
    id: 'almost-the-password',
    title: 'Almost the password: without its odd characters, without its spaces, escaped, cut short',
    holes: ['S-28', 'S-31'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const odd = 'Heron <w>5q; & | `javascript:` weir'
      const long = `${randomBytes(60).toString('hex')}tail`
      const tried: Tried[] = []
      for (const [password, ...almost] of [
        [odd, 'Heron <w>5q   javascript: weir', ' Heron <w>5q; & | `javascript:` weir '],
        [odd, 'Heron &lt;w&gt;5q; &amp; | `javascript:` weir', 'heron <w>5q; & | `javascript:` weir'],
        [long, long.slice(0, 72), `${long.slice(0, -4)}liat`],
      ] as const) {
        const person = await standIn.addPerson(gate, 'viewer', password)
        // Wrong tries are counted by address, too.
        const from = gate.elsewhere()
        await standIn.signIn(from, person)
        for (const one of almost) {
          tried.push({
            what: 'almost the password',
            status: (await standIn.tryPassword(from, person.name, one)).status,
          })
        }
      }
      return holdStatuses(tried, [401])
    },
  },
  {
    id: 'endless-password',
    title: 'A password of a thousand, or a hundred thousand, characters',
    holes: ['S-31'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const tried: Tried[] = []
      for (const length of [73, 1024, 1025, 100_000]) {
        const { status } = await standIn.tryPassword(gate, 'nobody of this name', 'x'.repeat(length))
        tried.push({ what: `${length} characters`, status })
      }
      return holdStatuses(tried, [400, 401, 413, 422, 429])
    },
  },
  {
    id: 'missing-fields',
    title: 'Signing in without a name or password, which once emptied the only account',
    holes: ['L-2', 'L-13'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const tried: Tried[] = []
      for (const body of [{}, { password: 'x' }, { username: 'x' }, { username: null, password: null }, [], 'x']) {
        tried.push({ what: JSON.stringify(body), status: (await gate.ask(session, { method: 'POST', body })).status })
      }
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      for (const body of ['', 'password=x', 'username=x', 'a=b']) {
        tried.push({
          what: `form "${body}"`,
          status: (await gate.ask('/login', { method: 'POST', headers, body })).status,
        })
      }
      const seen = holdStatuses(tried, [400, 401, 415, 422])
      await standIn.signIn(gate, standIn.people.creator)
      return `${seen} People can sign in as before.`
    },
  },
  {
    id: 'hash-is-key',
    title: 'Using what the database holds instead of a password as a key or password',
    holes: ['L-4', 'A61'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const [hash = ''] = standIn.passwordHashes
      hold(hash.startsWith('$argon2id$'), 'the database does not hold what it should')
      hold(new Set(standIn.passwordHashes).size === standIn.passwordHashes.length, 'two hashes are the same')
      const { name } = standIn.people.administrator
      const tried: Tried[] = []
      for (const authorization of [`Bearer ${hash}`, `Basic ${Buffer.from(`${name}:${hash}`).toString('base64')}`]) {
        tried.push({ what: 'as a key', status: (await gate.ask('/queue', { headers: { authorization } })).status })
      }
      tried.push({ what: 'as a password', status: (await standIn.tryPassword(gate, name, hash)).status })
      return holdStatuses(tried, [401])
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
  {
    id: 'find-names',
    title: 'Finding out which names exist by how long, or in what words, signing in fails',
    holes: ['S-32'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const { name } = standIn.people.viewer
      const tookMs: number[] = []
      const texts = new Set<string>()
      // Each from an address of its own: how many tries are left is said, too.
      for (const username of [name, `nobody ${randomBytes(6).toString('hex')}`]) {
        const begin = process.hrtime.bigint()
        const { text, status } = await standIn.tryPassword(gate.elsewhere(), username, 'not the password of anybody')
        tookMs.push(Number(process.hrtime.bigint() - begin) / 1e6)
        texts.add(`${status} ${text}`)
      }
      hold(texts.size === 1, `the answers differ: ${[...texts].join(' — ')}`)
      const [known = 0, unknown = 0] = tookMs
      hold(
        unknown > known * 0.4,
        `${known.toFixed(0)} ms for a name that exists, ${unknown.toFixed(0)} ms for one that does not`,
      )
      return `The same words, and as long (${known.toFixed(0)} and ${unknown.toFixed(0)} ms).`
    },
  },
  {
    id: 'sign-in-freezes-all',
    title: 'Signing in so that everybody else waits while the password is checked',
    holes: ['S-30', 'L-9'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      let isOver = false
      const signIn = standIn.signIn(gate, standIn.people.creator).finally(() => (isOver = true))
      let answered = 0
      await until(async () => {
        await gate.ask('/queue', { headers: standIn.key('creator') })
        answered += isOver ? 0 : 1
        return isOver
      }, 'signing in came to its end')
      await signIn
      hold(answered >= 2, `${answered} requests of others were answered meanwhile`)
      return `${answered} requests of others were answered meanwhile.`
    },
  },
  {
    id: 'secrets-in-files',
    title: 'Finding passwords, keys, sessions, tokens and invitations in the database, the log and every other file',
    holes: ['S-5', 'L-5', 'L-18', 'A28', 'A61'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const { name } = standIn.people.user
      await standIn.tryPassword(gate, name, 'typed-wrong-s5-password')
      await standIn.tryPassword(gate, 'typed-as-name-s5', 'typed-wrong-s5-password')
      await gate.ask('/queue?token=sent-in-address-s5')
      const cookie = await standIn.signIn(gate, standIn.people.creator)
      const token = cookie.split('=')[1] ?? ''
      const people = Object.values(standIn.people).flatMap(({ password, key }) => [password, key, key.slice(16, 100)])
      const typed = ['typed-wrong-s5-password', 'typed-as-name-s5', 'sent-in-address-s5']
      const [jwt, invitation] = [await takeToken(gate, standIn), await takeInvitation(gate, standIn)]
      const secrets = [...people, ...typed, token, jwt, jwt.split('.')[2] ?? jwt, invitation]
      const found = secrets.flatMap((secret) => standIn.findInFiles(secret))
      hold(found.length === 0, `found in ${[...new Set(found)].join(', ')}`)
      return `${secrets.length} secrets; none stands in any file.`
    },
  },
]

/** A token of ComfyUI-Sentinel's kind, used once. */
async function takeToken(gate: AttackTarget, { people }: StandIn): Promise<string> {
  const { name: username, password } = people.user
  const { json } = await gate.ask('/generate_token', { method: 'POST', body: { username, password } })
  const { jwt_token: text } = z.object({ jwt_token: z.string() }).parse(json)
  await gate.ask('/queue', { headers: { authorization: `Bearer ${text}` } })
  return text
}

/** The secret of an invitation's link, looked at once. */
async function takeInvitation(gate: AttackTarget, { people }: StandIn): Promise<string> {
  const headers = { authorization: `Bearer ${people.administrator.key}` }
  const body = { kind: 'account', role: 'user' }
  const { json } = await gate.ask(`${api}/invitations`, { method: 'POST', headers, body })
  const { token } = z.object({ token: z.string() }).parse(json)
  await gate.ask('/gatehouse/invite', { method: 'POST', body: { token } })
  return token
}
