import type { OwnerSessions } from '../../proxy/accounts/ownerSessions.ts'
import { afterEach, beforeEach, describe, expect, vi } from 'vitest'
import type { PresentedCredential } from '../../proxy/pipeline/requestContext.ts'
import { systemClock } from '../../proxy/core/clock.ts'
import { silentLogger } from '../../proxy/core/logger.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { openService } from '../../service/gatehouseService.ts'
import { storesTest as it } from '../support/storesFixture.ts'

const cookie = (token: string): PresentedCredential => ({ kind: 'sessionCookie', token })

describe("a stolen session of the desktop app's own (no password, no expiry)", () => {
  it.for([
    ['ComfyUI’s window', 'public', (sessions: OwnerSessions) => sessions.openCanvasSession()],
    ['the owner’s window', 'owner', (sessions: OwnerSessions) => sessions.openOwnerSession('Anna')],
  ] as const)('of %s does not work from another device', async ([, listener, open], { stores }) => {
    await stores.ownerSessions.openOwnerSession('Anna')
    const { token } = await open(stores.ownerSessions)
    const from = (clientAddress: string) =>
      stores.authenticator.authenticate({ presented: cookie(token), listener, secure: false, clientAddress })

    for (const address of ['192.168.1.20', 'fd00::20', '10.127.0.1']) {
      await expect(from(address)).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    }
    for (const address of ['127.0.0.1', '::1']) await expect(from(address)).resolves.toMatchObject({ name: 'Anna' })
  })

  beforeEach(() => void vi.stubEnv('GATEHOUSE_SECRETS', 'file'))
  afterEach(() => void vi.unstubAllEnvs())

  it('does not outlive a crash of the app in a start without a window', async ({ openAgain, dataDirectory }) => {
    const crashed = await openAgain({ clock: systemClock })
    const tokens = [
      await crashed.ownerSessions.openOwnerSession('Anna'),
      await crashed.ownerSessions.openCanvasSession(),
    ]
    await crashed.close()

    const service = await openService({
      dataDirectory,
      mode: 'headless',
      platform: process.platform,
      nodeCommand: { file: process.execPath, args: [], env: {} },
      paths: {
        pagesDirectory: '',
        practiceEngine: '',
        companionDirectory: '',
        keychainWorker: '',
        pictureWorker: '',
        hashWorker: '',
      },
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      ownerName: '',
      headless: { shareOn: [], extraArguments: [] },
    })

    const stores = await openAgain({ clock: systemClock })
    const found = await Promise.all(tokens.map(({ token }) => stores.sessions.findByToken(token)))
    await service.stop()
    expect(found).toEqual([undefined, undefined])
  })
})
