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

/** Passwords: signing in with what is almost one or none, finding one, keeping others waiting. */
export const signInCases: readonly AttackCase[] = [
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
