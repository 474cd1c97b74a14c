import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import { goodPassword } from '../../support/storesFixture.ts'

const api = '/gatehouse/api/v1'
const newPassword = 'a river of seven lamps'

function readFolder(directory: string): Buffer[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
}

describe('known secrets', () => {
  it('are in no file of the data folder, no log line and no answer after everything was done with them', async ({
    stores,
    application,
    dataDirectory,
    logger,
  }) => {
    const owner = await stores.ownerSessions.openOwnerSession('Anna')
    const canvas = await stores.ownerSessions.openCanvasSession()
    const asOwner = { listener: 'owner' as const, session: owner.token }
    const answers: string[] = []
    const ask = async (...args: Parameters<typeof application.ask>) => {
      const answer = await application.ask(...args)
      answers.push(answer.text)
      return answer
    }
    await ask('POST', `${api}/users`, { ...asOwner, body: { name: 'Mia', role: 'creator', password: goodPassword } })
    const mia = await stores.accounts.getByName('Mia')
    const signedIn = await ask('POST', `${api}/session`, { body: { username: 'Mia', password: goodPassword } })
    const session = /gatehouse_session=([\w-]{43})/.exec(signedIn.headers['set-cookie']?.[0] ?? '')?.[1] ?? ''
    const made = await application.ask('POST', `${api}/keys`, {
      session,
      body: { name: 'tool', password: goodPassword },
    })
    const key: string = made.json.key
    await ask('GET', `${api}/account`, { session })
    await ask('GET', `${api}/keys`, { session })
    await ask('GET', `${api}/sessions`, { session })
    await ask('GET', `${api}/session`, { key })
    await ask('GET', `${api}/keys`, asOwner)
    await ask('POST', `${api}/session`, { body: { username: newPassword, password: newPassword } })
    await ask('PUT', `${api}/account/password`, { session, body: { currentPassword: goodPassword, newPassword } })
    await ask('PUT', `${api}/users/${mia.id}/password`, { ...asOwner, body: { password: goodPassword } })
    const asked = { userName: 'Mia', password: goodPassword, clientAddress: '192.168.1.30', secure: false }
    const jwt = (await stores.signIns.openToken({ ...asked, userAgent: undefined, use: 'api', lifetimeMs: 3_600_000 }))
      .text
    await ask('GET', `${api}/session`, { key: jwt })
    const invitations = []
    for (const body of [
      { kind: 'account', role: 'user' },
      { kind: 'password', accountId: mia.id },
    ]) {
      invitations.push((await application.ask('POST', `${api}/invitations`, { ...asOwner, body })).json.token)
    }
    const [joined, renewed]: string[] = invitations
    await ask('POST', '/gatehouse/invite', { body: { token: joined } })
    await ask('POST', '/gatehouse/invite', { body: { token: joined, name: 'Leo', password: goodPassword } })
    await ask('POST', '/gatehouse/invite', { body: { token: renewed, password: newPassword } })
    await ask('POST', '/gatehouse/invite', { body: { token: renewed, password: newPassword } })
    await ask('GET', `${api}/session`, { key: jwt })
    await ask('GET', `${api}/invitations`, asOwner)
    await stores.keys.revoke(made.json.id, commandLine)
    await stores.usage.flush()
    await stores.audit.flush()

    const pepper = readFileSync(join(dataDirectory, 'secrets.json'), 'utf8')
    const files = readFolder(dataDirectory).filter((content) => content.toString('utf8') !== pepper)
    const known = [goodPassword, newPassword, key, key.slice(16, 102), session, owner.token, canvas.token]
    known.push(jwt, jwt.split('.')[2] ?? '', ...invitations)
    known.push(...Object.values(JSON.parse(pepper) as Record<string, string>))
    expect(key).toHaveLength(111)
    expect(session).toHaveLength(43)
    expect(jwt.split('.')[2]).toHaveLength(43)
    expect(await stores.accounts.findByName('Leo')).toBeDefined()
    expect(invitations.map((token) => token.length)).toEqual([43, 43])
    expect(files.length).toBeGreaterThan(1)
    for (const secret of known) {
      expect(files.some((content) => content.includes(secret))).toBe(false)
      expect(logger.lines.some((line) => line.includes(secret))).toBe(false)
      expect(answers.some((answer) => answer.includes(secret))).toBe(false)
    }
  })
})
