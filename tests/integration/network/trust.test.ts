import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { describe, expect } from 'vitest'
import { cards } from '../../support/certificatesFixture.ts'
import { openStolen, run, trustTest as it } from '../../support/trustWorld.ts'

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve))
}

describe('a device that trusts the authority', () => {
  it('reaches the gate by address and by name without a warning', async ({ trust }) => {
    const { port, authorityFile } = trust
    for (const host of ['127.0.0.1', 'localhost', 'gatehouse.local', 'studio-pc']) {
      const to = ['--resolve', `${host}:${port}:127.0.0.1`, `https://${host}:${port}/gatehouse/healthz`]
      const answer = await run('curl', ['-sS', '--cacert', authorityFile, ...to])
      expect([host, answer.out, answer.err, answer.code]).toEqual([host, '{"ok":true}', '', 0])
    }
  })

  it('without having been told is warned', async ({ trust }) => {
    const answer = await run('curl', ['-sS', `https://127.0.0.1:${trust.port}/gatehouse/healthz`])
    expect([answer.code, answer.out]).toEqual([60, ''])
  })

  it('attack: who stole the authority’s key is no other site to it', async ({ trust }) => {
    const stolen = await openStolen(trust, 'example.com')
    const to = ['--resolve', `example.com:${stolen.port}:127.0.0.1`, `https://example.com:${stolen.port}/`]
    const answer = await run('curl', ['-sS', '--cacert', trust.authorityFile, ...to])
    stolen.close()
    expect([answer.code, answer.out]).toEqual([60, ''])
  })

  it('gets the certificate to trust over plain HTTP, and with it nothing else', async ({ trust }) => {
    const answer = await run('curl', ['-sSi', `http://127.0.0.1:${trust.port}/gatehouse/authority.crt?form=pem`])
    expect(answer.out).toContain(readFileSync(trust.authorityFile, 'utf8').trim())
    expect(answer.out).not.toMatch(/PRIVATE|set-cookie/i)
  })
})

describe('a changed address', () => {
  it('renews the certificate of the open listener without a restart; who is inside stays inside', async ({ trust }) => {
    expect((await trust.shake()).subjectaltname).toContain('IP Address:192.168.1.20')
    const ca = readFileSync(trust.authorityFile, 'utf8')
    // A connection that is open goes on: the same one is used before and after.
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca })
    const ask = (): Promise<{ reused: boolean; status: number | undefined }> =>
      new Promise((resolve, reject) => {
        const asked = request(
          { agent, port: trust.port, host: '127.0.0.1', path: '/gatehouse/healthz' },
          (response) => {
            response.resume().on('end', () => resolve({ reused: asked.reusedSocket, status: response.statusCode }))
          },
        )
        asked.on('error', reject).end()
      })
    expect(await ask()).toEqual({ reused: false, status: 200 })
    trust.computer.interfaces = cards('192.168.77.3')
    await until(async () => (await trust.shake()).subjectaltname?.includes('IP Address:192.168.77.3') === true)
    expect((await trust.shake()).subjectaltname).not.toContain('192.168.1.20')
    expect(await ask()).toEqual({ reused: true, status: 200 })
    agent.destroy()
    const answer = await run('curl', [
      ...['-sS', '--cacert', trust.authorityFile, '--connect-to', `::127.0.0.1:${trust.port}`],
      `https://192.168.77.3:${trust.port}/nothing`,
    ])
    expect([answer.code, answer.err]).toEqual([0, ''])
  })
})
