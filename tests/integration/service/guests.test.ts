import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { join, resolve } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { z } from 'zod'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import { systemClock } from '../../../proxy/core/clock.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import { openService } from '../../../service/gatehouseService.ts'
import { findFreePort } from '../../support/engineUnderTest.ts'
import { pictureWorkerFile } from '../../support/outputsFixture.ts'
import { savePrompt } from '../../contract/prompts.ts'
import { addPerson, api, makeKey } from '../../support/apiPeople.ts'
import { storesTest as it } from '../../support/storesFixture.ts'

const itemsSchema = z.object({ items: z.array(z.object({ id: z.string() })) })

describe('a guest of the whole product', () => {
  it('comes in, runs what is public, and is gone with everything within a second of the switch', async ({
    openAgain,
    dataDirectory,
  }) => {
    vi.stubEnv('GATEHOUSE_SECRETS', 'file')
    const prepared = await openAgain({ clock: systemClock })
    const anna = await addPerson(prepared, 'Anna', 'administrator')
    const key = await makeKey(prepared, anna, ['administer', 'run'])
    await prepared.settings.set('guests.allowed', true)
    await prepared.close()
    const port = await findFreePort()
    const service = await openService({
      dataDirectory,
      mode: 'headless',
      platform: process.platform,
      nodeCommand: { file: process.execPath, args: [], env: {} },
      paths: {
        pagesDirectory: '',
        practiceEngine: resolve('launcher/practice/main.ts'),
        companionDirectory: '',
        keychainWorker: '',
        pictureWorker: pictureWorkerFile,
        hashWorker: '',
      },
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      ownerName: '',
      headless: { shareOn: [], extraArguments: [], publicPort: port, engine: { kind: 'practice' } },
    })
    try {
      await service.start()
      const ask = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
        fetch(`http://127.0.0.1:${port}${path}`, {
          method,
          headers: { 'content-type': 'application/json', ...headers },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
      const admin = { authorization: `Bearer ${key}` }
      await expect.poll(async () => (await ask('GET', '/object_info', admin)).status, { timeout: 20_000 }).toBe(200)
      const published = await ask('POST', `${api}/workflows`, admin, {
        name: 'Open',
        prompt: savePrompt(),
        grants: { public: true, roles: [], people: [] },
      })
      expect([published.status, await published.clone().text()]).toEqual([201, expect.any(String)])
      const workflow = z.object({ id: z.string() }).parse(await published.json())

      const entered = await ask('POST', `${api}/session/guest`, {}, {})
      const cookie = { cookie: entered.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
      const { user } = z.object({ user: z.object({ id: z.string() }) }).parse(await entered.json())
      const ran = await ask('POST', `${api}/workflows/${workflow.id}/run`, cookie, { inputs: {} })
      expect([ran.status, await ran.text()]).toEqual([201, expect.any(String)])
      const listOutputs = async () => itemsSchema.parse(await (await ask('GET', `${api}/outputs`, cookie)).json()).items
      await expect.poll(async () => (await listOutputs()).length, { timeout: 20_000 }).toBe(1)
      const [output] = await listOutputs()
      expect((await ask('GET', `${api}/outputs/${output?.id ?? ''}/file`, cookie)).status).toBe(200)
      expect((await ask('POST', '/prompt', cookie, { prompt: savePrompt({ width: 99 }) })).status).toBe(400)
      const streamEnded = new Promise<void>((ended) => {
        request(`http://127.0.0.1:${port}${api}/events`, { headers: cookie }, (stream) =>
          stream
            .resume()
            .on('close', ended)
            .on('error', () => undefined),
        )
          .on('error', () => undefined)
          .end()
      })
      const watching = await openAgain({ clock: systemClock })
      const folders = await watching.database.kysely
        .selectFrom('user_folders')
        .select('output_directory')
        .where('account_id', '=', user.id)
        .execute()
      const paths = [...folders.map((row) => row.output_directory), join(dataDirectory, 'users', user.id)]
      expect(paths.map((path) => existsSync(path))).toEqual([true, true])

      const startedMs = performance.now()
      await watching.settings.set('guests.allowed', false)
      await streamEnded
      expect(performance.now() - startedMs).toBeLessThan(1_000)
      expect((await ask('GET', `${api}/session`, cookie)).status).toBe(401)
      await expect.poll(() => paths.map((path) => existsSync(path)), { timeout: 10_000 }).toEqual([false, false])
      await expect.poll(async () => (await watching.accounts.list()).map(({ id }) => id)).toEqual([anna.id])
      expect(await watching.guests.endAll(commandLine)).toBe(0)
    } finally {
      await service.stop()
      vi.unstubAllEnvs()
    }
  }, 90_000)
})
