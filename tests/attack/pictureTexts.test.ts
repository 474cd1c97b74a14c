import { mkdtempSync, writeFileSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import type { Account } from '../../proxy/accounts/account.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { toStrictJson } from '../../proxy/comfyui/strictJson.ts'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import { checkPrompt } from '../../proxy/comfyui/prompt.ts'
import { decodeTexts } from '../../proxy/outputs/decodeTexts.ts'
import { describeMaking } from '../../proxy/outputs/madeWith.ts'
import { PictureTexts } from '../../proxy/outputs/pictureTexts.ts'
import type { PictureWorkers } from '../../proxy/outputs/pictureWorkers.ts'
import { addPerson, api, makeKey } from '../support/apiPeople.ts'
import { addEndedJob, makePicture, pngChunk, saveOutput, withTexts } from '../support/outputsFixture.ts'
import { applicationTest } from '../support/ownApplicationFixture.ts'
import type { TestApplication } from '../support/ownApplicationFixture.ts'
import { workersTest } from '../support/pictureWorkersFixture.ts'

/*
 * Texts of pictures that are made to take long. The sizes are such that work that grows with their square needs minutes,
 * which no test has.
 */

/** A TIFF directory, little-endian, whose entries are all of type ASCII and point to the same text. */
function exifOf(text: Buffer, entries = 1): Buffer {
  const head = Buffer.alloc(10 + entries * 12 + 4)
  head.write('II*\0', 'latin1')
  head.writeUInt32LE(8, 4)
  head.writeUInt16LE(entries, 8)
  for (let entry = 10; entry < 10 + entries * 12; entry += 12) {
    head.writeUInt16LE(0x010f, entry)
    head.writeUInt16LE(2, entry + 2)
    head.writeUInt32LE(text.length, entry + 4)
    head.writeUInt32LE(head.length, entry + 8)
  }
  return Buffer.concat([head, text])
}

/** What the file says, for somebody who waits. */
function askedFor(bytes: Buffer) {
  const path = join(mkdtempSync(join(tmpdir(), 'gatehouse-texts-')), 'x.png')
  writeFileSync(path, bytes)
  const asker = { accountId: 'a', gone: new AbortController().signal }
  return {
    asker,
    open: async () => ({ handle: await openFile(path), bytes: bytes.length, changedAtMs: 0, path }),
  }
}

async function recordPicture(
  { application, stores }: { application: TestApplication; stores: Stores },
  { id }: Account,
  bytes: Buffer,
): Promise<string> {
  const { files } = application
  await saveOutput(files, id, 'x.png', bytes)
  await addEndedJob(stores, id, [{ filename: 'x.png' }])
  await files.outputs.recordNow()
  const [row] = await files.outputs.store.list({ accountId: id, removed: false }, undefined, 1)
  return row!.id
}

describe('a text of a picture that takes long to read (CWE-1333)', () => {
  applicationTest('is not closed: it is passed over in one go', () => {
    const unclosed = `"${'\\"'.repeat(150_000)}`
    expect(toStrictJson(unclosed)).toBe(unclosed)
    expect(toStrictJson(`[NaN,"NaN \\" -Infinity",-Infinity,"\\\\",Infinity] ${unclosed}`)).toBe(
      `[null,"NaN \\" -Infinity",null,"\\\\",null] ${unclosed}`,
    )
  })

  applicationTest('is 400,000 NULs before its last letter', async () => {
    const tag = Buffer.concat([Buffer.from('prompt:'), Buffer.alloc(400_000), Buffer.from('x\0\0\0')])
    const texts = await decodeTexts([{ type: 'exif', bytes: exifOf(tag) }])
    expect(texts.get('prompt')).toHaveLength(400_001)
    expect(texts.get('prompt')?.at(-1)).toBe('x')
  })

  applicationTest('stands in all 256 entries of an Exif part: it is decoded once', async () => {
    const tag = Buffer.concat([Buffer.from('prompt:'), Buffer.alloc(1024 * 1024, '"\\')])
    const bytes = exifOf(tag, 256)
    const spy = vi.spyOn(Buffer.prototype, 'toString')
    await decodeTexts(Array.from({ length: 20 }, () => ({ type: 'exif' as const, bytes })))
    const decoded = spy.mock.results.reduce((sum, { value }) => sum + String(value).length, 0)
    spy.mockRestore()
    expect(decoded).toBeLessThan(1.2 * 1024 * 1024)
  })

  applicationTest('has many nodes that point to one with 120,000 links', () => {
    const links = Array.from({ length: 120_000 }, (_, at) => `"${at.toString(36)}":["9",0]`).join(',')
    const nodes = [`"1":{"class_type":"A","inputs":{${links}}}`]
    for (let at = 0; at < 4_000; at += 1) {
      nodes.push(`"k${at}":{"class_type":"K","inputs":{"positive":["l${at}",0],"negative":["1",0]}}`)
      nodes.push(`"l${at}":{"class_type":"L","inputs":{"a":["1",0]}}`)
    }
    expect(describeMaking(`{${nodes.join(',')}}`)).toEqual([])
  })

  applicationTest('is sixteen mebibytes of blanks, which 2,000 nodes lead to', () => {
    const nodes: Record<string, unknown> = {
      1: { class_type: 'T', inputs: { text: ' x'.padStart(16 * 1024 * 1024) } },
    }
    for (let at = 0; at < 2_000; at += 1) {
      nodes[`k${at}`] = { class_type: 'K', inputs: { positive: [`l${at}`, 0], negative: [`l${at}`, 0] } }
      nodes[`l${at}`] = { class_type: 'L', inputs: { a: ['1', 0] } }
    }
    expect(describeMaking(JSON.stringify(nodes))).toEqual([])
  })
})

describe('the texts of a picture', () => {
  applicationTest('are looked into by another process only', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['read'])
    const texts = {
      ['workflow\0"' + '\\"'.repeat(150_000)]: '0',
      prompt: '{"1":{"class_type":"K","inputs":{"seed":7}}}',
    }
    const id = await recordPicture({ application, stores }, mia, withTexts(await makePicture(), texts))
    const details = await application.ask('GET', `${api}/outputs/${id}`, { key })
    expect(details).toMatchObject({
      status: 200,
      json: { madeWith: [{ label: 'Seed', value: '7' }], hasWorkflow: true },
    })
    const workflow = await application.ask('GET', `${api}/outputs/${id}/workflow`, { key })
    expect([workflow.status, workflow.text.length]).toEqual([200, 300_003])

    application.files.pictureTexts.close()
    expect((await application.ask('GET', `${api}/outputs/${id}/workflow`, { key })).status).toBe(404)
  })

  workersTest('are given up when they take too long, and the picture is described without them', async ({ open }) => {
    const texts = new PictureTexts(open('process.on("message", () => { for (;;); })', { deadlineMs: 500 }))
    const asked = askedFor(withTexts(await makePicture(), { prompt: '{}', workflow: '{}' }))
    expect(await texts.describe({ kind: 'image' }, asked)).toEqual({ madeWith: [], hasWorkflow: false })
    expect(await texts.workflow({ kind: 'image' }, asked)).toBeUndefined()
  })

  workersTest.for([
    ['is no JSON', '"x"'],
    ['says something else', '"{}"'],
    ['never ends', '`{"madeWith":[],"hasWorkflow":true,"x":"${"a".repeat(2 ** 21)}"}`'],
  ])('are not believed when what is said about them %s', async ([, expression], { open }) => {
    const script = `process.on('message', ({ id }) => process.send({ id, kind: 'done', bytes: Buffer.from(${expression}) }))`
    const asked = askedFor(withTexts(await makePicture(), { prompt: '{}' }))
    const texts = new PictureTexts(open(script))
    expect(await texts.describe({ kind: 'image' }, asked)).toEqual({ madeWith: [], hasWorkflow: false })
  })

  applicationTest('that are of no interest or too large are not even read', async () => {
    let asked = 0
    const count: Pick<PictureWorkers, 'run' | 'close'> = {
      run: async (load) => {
        const task = await load()
        asked += task.kind === 'texts' ? task.blocks.reduce((sum, { bytes }) => sum + bytes.length, 0) : 0
        return Buffer.from('{"madeWith":[],"hasWorkflow":false}')
      },
      close: () => undefined,
    }
    const texts = new PictureTexts(count)
    const other = pngChunk('tEXt', Buffer.concat([Buffer.from('other\0'), Buffer.alloc(1024 * 1024)]))
    const huge = pngChunk('tEXt', Buffer.concat([Buffer.from('prompt\0'), Buffer.alloc(3 * 1024 * 1024)]))
    const small = pngChunk('tEXt', Buffer.from('workflow\0{}'))
    const picture = await makePicture()
    const parts = [picture.subarray(0, 33), other, other, other, huge, small, huge, small, picture.subarray(33)]
    await texts.describe({ kind: 'image' }, askedFor(Buffer.concat(parts)))
    expect(asked).toBe('workflow\0{}'.length)
  })
})

describe('a name in extra_pnginfo that would be a whole text of the picture', () => {
  const send = (name: string) => {
    const body = { prompt: {}, extra_data: { extra_pnginfo: { [name]: 1 } } }
    return checkPrompt(Buffer.from(JSON.stringify(body)), { administrator: false }, { maxNodes: 10 })
  }

  applicationTest.for(['workflow\0"\\"', 'a\nb', '\u007f', 'a\u0085', 'a'.repeat(80)])('is refused: %j', (name) => {
    const refusal = expect.objectContaining({ code: 'BAD_REQUEST', message: expect.stringContaining('extra_pnginfo') })
    expect(() => send(name)).toThrow(GateError)
    expect(() => send(name)).toThrow(refusal)
  })

  applicationTest.for(['workflow', 'a b-c_d.1', 'é', 'a'.repeat(79)])('is taken: %j', (name) => {
    expect(send(name).extraData.get('extra_pnginfo')).toEqual(new Map([[name, expect.anything()]]))
  })
})
