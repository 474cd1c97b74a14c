import { mkdtempSync, writeFileSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { sendPieces } from '../../proxy/api/sendPieces.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import type { PictureTask } from '../../proxy/outputs/pictureProtocol.ts'
import { Thumbnails } from '../../proxy/outputs/thumbnails.ts'
import { addPerson, api, makeKey } from '../support/apiPeople.ts'
import { addEndedJob, makePicture, saveOutput } from '../support/outputsFixture.ts'
import { applicationTest } from '../support/ownApplicationFixture.ts'
import { workersTest } from '../support/pictureWorkersFixture.ts'
import { createRecordingLogger } from '../support/storesFixture.ts'
import { until } from '../support/tabClient.ts'

const ECHO = `process.on('message', ({ id }) => process.send({ id, kind: 'done', bytes: Buffer.from('x') }))`
const task: PictureTask = { kind: 'thumbnail', size: 256, maxPixels: 1e8, bytes: Buffer.alloc(1) }

describe('a person who asks for hundreds of previews at once', () => {
  workersTest('keeps nobody else waiting behind them', async ({ open }) => {
    const workers = open(ECHO)
    const order: string[] = []
    const ask = (accountId: string): Promise<Buffer> =>
      workers.run(
        () => {
          order.push(accountId)
          return Promise.resolve(task)
        },
        { accountId, gone: new AbortController().signal },
      )
    const flood = Array.from({ length: 120 }, () => ask('mia'))
    await ask('ben')
    expect(order.filter((who) => who === 'mia').length).toBeLessThanOrEqual(3)
    await Promise.all(flood)
    expect(order).toHaveLength(121)
  })

  workersTest('is refused before the line is endless', async ({ open }) => {
    const workers = open('process.on("message", () => undefined)')
    const asker = { accountId: 'mia', gone: new AbortController().signal }
    const asked = Array.from({ length: 400 }, () => workers.run(() => Promise.resolve(task), asker))
    await expect(asked.at(-1)).rejects.toMatchObject({ code: 'TOO_MANY_CONNECTIONS' })
    workers.close()
    expect((await Promise.allSettled(asked)).every(({ status }) => status === 'rejected')).toBe(true)
  })

  workersTest('and goes away costs nothing more', async ({ open }) => {
    const workers = open(ECHO)
    const gone = new AbortController()
    let loads = 0
    const ask = () =>
      workers.run(
        () => {
          loads += 1
          return Promise.resolve(task)
        },
        { accountId: 'mia', gone: gone.signal },
      )
    const asked = Array.from({ length: 100 }, ask)
    gone.abort()
    await Promise.allSettled(asked)
    await expect(ask()).rejects.toThrow()
    expect(loads).toBeLessThanOrEqual(1)
  })
})

describe('a preview that two people wait for', () => {
  applicationTest('is made for the one who stays, when the first one leaves', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-previews-'))
    const path = join(directory, 'x.png')
    writeFileSync(path, await makePicture())
    let runs = 0
    const workers: ConstructorParameters<typeof Thumbnails>[0]['workers'] = {
      run: (_load, asker) => {
        runs += 1
        if (asker?.accountId === 'ben') return Promise.resolve(Buffer.from('preview'))
        return new Promise((_, reject) => {
          asker?.gone.addEventListener('abort', () => reject(new Error('nobody waits')))
        })
      },
      close: () => undefined,
    }
    const logger = createRecordingLogger()
    const thumbnails = new Thumbnails({ directory, workers, patientWorkers: workers, random: systemRandom, logger })
    const row = outputRow('aaaaaaaaaaaaaaaa')
    const open = async () => ({ handle: await openFile(path), bytes: 1, changedAtMs: 0, path })
    const leaves = new AbortController()
    const first = thumbnails.get(row, 256, { accountId: 'mia', gone: leaves.signal }, open)
    await until(() => runs === 1, 'the first one waits')
    const second = thumbnails.get(row, 256, { accountId: 'ben', gone: new AbortController().signal }, open)
    leaves.abort()
    await expect(first).rejects.toThrow('nobody waits')
    expect((await second).toString()).toBe('preview')
  })
})

const outputRow = (id: string) => ({
  id,
  account_id: 'a',
  job_id: null,
  name: 'x.png',
  subfolder: '',
  kind: 'image',
  media_type: 'image/png',
  bytes: 1,
  width: null,
  height: null,
  made_at_ms: 0,
  keep: 0,
  removed_at_ms: null,
  restored_at_ms: null,
  root: '',
})

describe('pictures without texts that nobody takes', () => {
  applicationTest('lie in memory twice for a person, and keep nobody else waiting', async ({ stores, application }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const record = async ({ id }: typeof mia): Promise<string> => {
      await saveOutput(application.files, id, 'x.png', await makePicture())
      await addEndedJob(stores, id, [{ filename: 'x.png' }])
      await application.files.outputs.recordNow()
      const rows = await application.files.outputs.store.list({ accountId: id, removed: false }, undefined, 1)
      return `${api}/outputs/${rows[0]!.id}/file?metadata=none`
    }
    const [hers, his] = [await record(mia), await record(ben)]
    const [herKey, hisKey] = [await makeKey(stores, mia, ['read']), await makeKey(stores, ben, ['read'])]
    const picture = Buffer.alloc(32 * 1024 * 1024)
    const made: string[] = []
    vi.spyOn(application.files.thumbnails, 'withoutMetadata').mockImplementation(({ accountId }) => {
      made.push(accountId)
      return Promise.resolve(picture)
    })
    const ofMia = (): number => made.filter((id) => id === mia.id).length

    const answered = new Set<ClientRequest>()
    const stalled = Array.from({ length: 20 }, () => {
      const request = get(application.origin + hers, { headers: { authorization: `Bearer ${herKey}` }, agent: false })
      request.on('response', (response) => {
        response.pause()
        answered.add(request)
      })
      return request.on('error', () => undefined)
    })
    await until(() => ofMia() === 2, 'two of them are made')
    const answer = await application.ask('GET', his, { key: hisKey })
    expect([answer.status, answer.bytes.length]).toEqual([200, picture.length])
    expect(ofMia()).toBe(2)

    await until(() => answered.size === 2, 'the heads of both are here')
    for (const request of stalled) if (!answered.has(request)) request.destroy()
    // By then the gate has seen who left.
    await application.ask('GET', his, { key: hisKey })
    for (const request of answered) request.destroy()
    expect((await application.ask('GET', hers, { key: herKey })).status).toBe(200)
    expect(ofMia()).toBe(3)
  })
})

describe('an answer in memory', () => {
  const serve = async (answer: (outgoing: ServerResponse) => Promise<void>) => {
    let ended = false
    const server = createServer((_incoming, outgoing) => {
      void answer(outgoing).then(() => {
        ended = true
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ port, host: '127.0.0.1', agent: false }, resolve).on('error', reject)
    })
    const close = async (): Promise<void> => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
    return { response, hasEnded: () => ended, close }
  }
  const body = Buffer.alloc(32 * 1024 * 1024, 'x')

  applicationTest('is let go when who asked takes nothing of it', async () => {
    const { response, hasEnded, close } = await serve((outgoing) => sendPieces(outgoing, body, 200))
    response.pause().on('error', () => undefined)
    await until(hasEnded, 'the answer is let go')
    await close()
  })

  applicationTest('is let go when who asked leaves', async () => {
    const { response, hasEnded, close } = await serve((outgoing) => sendPieces(outgoing, body, 600_000))
    response.on('error', () => undefined).destroy()
    await until(hasEnded, 'the answer is let go')
    await close()
  })

  applicationTest('is sent whole to who takes it slowly', async () => {
    const { response, close } = await serve((outgoing) => sendPieces(outgoing, body, 20_000))
    let taken = 0
    for await (const piece of response) {
      taken += Buffer.byteLength(piece)
      if (taken % 7 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(taken).toBe(body.length)
    await close()
  })
})
