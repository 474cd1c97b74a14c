import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import { endlessRoom } from '../../proxy/jobs/roomCheck.ts'
import { addPerson, api, makeKey } from '../support/apiPeople.ts'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { addEndedJob, makePicture, saveOutput } from '../support/outputsFixture.ts'
import { applicationTest } from '../support/ownApplicationFixture.ts'
import { rawRequest, sendRaw } from '../support/rawHttpClient.ts'

/* Somebody whose room is used up goes on sending, over every way on which something of theirs is kept. */

const FULL =
  'Your 20 GB are full: 20.1 GB used. Remove pictures you do not need and delete them for good under Removed, or ask the owner for more room.'

let fixture: GateFixture
let asked: [bytes: number, isUpload: boolean][]
let roomBytes: number

const refuse = (): never => {
  throw new GateError('QUOTA_EXCEEDED', FULL)
}

beforeAll(async () => {
  fixture = await openGateFixture({
    room: {
      ...endlessRoom,
      checkPrompt: () => (roomBytes > 0 ? Promise.resolve() : Promise.reject(new GateError('QUOTA_EXCEEDED', FULL))),
      checkInput: (_accountId, bytes, isUpload) => {
        asked.push([bytes, isUpload])
        return Promise.resolve().then(() => (bytes > roomBytes ? refuse() : undefined))
      },
    },
  })
})
afterAll(() => fixture.close())
beforeEach(() => {
  asked = []
  roomBytes = 0
  fixture.upstream.started.length = 0
})

const json = { 'content-type': 'application/json', ...bearer(tokens.creator) }
const form = { 'content-type': 'multipart/form-data; boundary=XbX', ...bearer(tokens.creator) }

describe('a full folder', () => {
  it.each([
    ['/upload/image', form],
    ['/upload/mask', form],
    ['/api/upload/image', form],
    ['/userdata/workflows%2Fa.json', json],
    ['/api/userdata/a.json', json],
    ['/settings', json],
  ])('takes nothing more over %s', async (path, headers) => {
    const body = path.includes('settings') ? '{"a":1}' : 'x'.repeat(2000)
    const answer = await ask(fixture.port, path, { method: 'POST', headers, body })
    expect([answer.status, answer.text]).toEqual([429, expect.stringContaining('Your 20 GB are full')])
    expect(fixture.upstream.started).toEqual([])
    expect(asked).toEqual([[body.length, path.includes('/upload/')]])
  })

  it('takes no prompt, and says so as ComfyUI would', async () => {
    const body = '{"prompt":{"1":{"class_type":"A","inputs":{}}}}'
    const answer = await ask(fixture.port, '/prompt', { method: 'POST', headers: json, body })
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
      429,
      {
        // ComfyUI's page joins them with a colon.
        error: {
          type: 'quota_exceeded',
          message: 'Your 20 GB are full',
          details: FULL.slice('Your 20 GB are full: '.length),
        },
        node_errors: {},
      },
    ])
    expect(fixture.queue.jobs.list()).toEqual([])
    expect(fixture.upstream.started.filter((line) => line.includes('validate'))).toEqual([])
  })

  it('a body that does not say how long it is counts as one of the longest', async () => {
    roomBytes = 5000
    const headers = { host: `127.0.0.1:${fixture.port}`, ...form, 'transfer-encoding': 'chunked' }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    const answer = await sendRaw(
      fixture.port,
      rawRequest(['POST /upload/image HTTP/1.1', ...lines], '1\r\nx\r\n0\r\n\r\n'),
    )
    expect(answer.statuses).toEqual([429])
    expect(asked).toEqual([[fixture.settings.get('limits.uploadBytes'), true]])
  })

  it('still lets its person read', async () => {
    const answer = await ask(fixture.port, '/object_info', { method: 'GET', headers: bearer(tokens.creator) })
    expect([answer.status, asked]).toEqual([200, []])
  })
})

describe('a full folder, filled by copies of one’s own pictures,', () => {
  const MiB = 1024 ** 2
  applicationTest('takes none, and says so as an upload would', async ({ stores, application, dataDirectory }) => {
    const { files, folders } = application
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['run', 'read'])
    const picture = await makePicture()
    // A PNG may have anything behind its end.
    await saveOutput(files, mia.id, 'x.png', Buffer.concat([picture, Buffer.alloc(MiB)]))
    await addEndedJob(stores, mia.id, [{ filename: 'x.png' }])
    await files.outputs.recordNow()
    const [row] = await files.outputs.store.list({ accountId: mia.id, removed: false }, undefined, 1)
    const input = join(dataDirectory, 'users', mia.id, 'input')
    const copies = () => (existsSync(input) ? readdirSync(input).filter((name) => name.endsWith('.png')) : [])
    const copy = () => application.ask('POST', `${api}/outputs/${row!.id}/input`, { key, body: {} })

    // Room for the picture, one copy of it and half of another.
    await folders.folders.change(mia.id, { quotaBytes: Math.round(2.5 * (MiB + picture.length)) })
    const answers = await Promise.all(Array.from({ length: 6 }, copy))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 429, 429, 429, 429, 429])
    expect(copies()).toEqual(['x.png'])

    const refused = await copy()
    expect([refused.status, refused.json.code]).toEqual([429, 'QUOTA_EXCEEDED'])
    const upload = folders.folders.room.checkInput(mia.id, MiB, true)
    await expect(upload).rejects.toMatchObject({ message: refused.json.detail })
    expect(copies()).toEqual(['x.png'])
  })
})
