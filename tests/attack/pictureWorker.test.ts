import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect } from 'vitest'
import type { PictureTask } from '../../proxy/outputs/pictureProtocol.ts'
import { makePicture } from '../support/outputsFixture.ts'
import { workersTest as it } from '../support/pictureWorkersFixture.ts'
import { until } from '../support/tabClient.ts'

const task = (bytes: Uint8Array): (() => Promise<PictureTask>) => {
  return () => Promise.resolve({ kind: 'thumbnail', size: 256, maxPixels: 1e8, bytes })
}

/** Answers with what `expression` says, as text. */
const answering = (expression: string): string =>
  `import fs from 'node:fs'
   process.on('message', ({ id }) => process.send({ id, kind: 'done', bytes: Buffer.from(JSON.stringify(${expression})) }))`

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('the process that decodes pictures', () => {
  it('has no secret in its environment, its arguments or its open files', async ({ open }) => {
    process.env['GATEHOUSE_SECRETS_FILE'] = '/secret/place'
    const held = join(mkdtempSync(join(tmpdir(), 'gatehouse-held-')), 'gatehouse.db')
    writeFileSync(held, 'rows')
    try {
      const expression = `{
        env: Object.keys(process.env),
        args: process.argv.slice(2),
        files: fs.readdirSync('/proc/self/fd').map((fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd) } catch { return '' } })
      }`
      const said = JSON.parse((await open(answering(expression)).run(task(Buffer.alloc(1)))).toString())
      expect(said.env.filter((name: string) => !/^NODE_CHANNEL_/.test(name))).toEqual([])
      expect(said.args).toEqual(['1024'])
      expect(said.files.filter((name: string) => name.includes('gatehouse.db'))).toEqual([])
    } finally {
      delete process.env['GATEHOUSE_SECRETS_FILE']
    }
  })

  it('is ended when it hangs over a picture, and the next one is decoded by another', async ({ open }) => {
    const hangsFirst = `
      process.on('message', ({ id, bytes }) => {
        if (bytes[0] === 1) for (;;);
        process.send({ id, kind: 'done', bytes: Buffer.from(String(process.pid)) })
      })`
    const workers = open(hangsFirst, { deadlineMs: 1_500 })
    const before = Number((await workers.run(task(Buffer.from([0])))).toString())
    const hanging = workers.run(task(Buffer.from([1])))
    const behind = workers.run(task(Buffer.from([0])))
    await expect(hanging).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
    expect(Number((await behind).toString())).not.toBe(before)
    await until(() => !isAlive(before), 'the hanging process is ended')
  })

  it.for([
    ['dies', 'process.on("message", () => process.exit(1))'],
    ['answers with something else', 'process.on("message", () => process.send({ hello: 1 }))'],
    ['answers another question', 'process.on("message", () => process.send({ id: 99, kind: "refused" }))'],
    ['closes its channel', 'process.on("message", () => process.disconnect())'],
  ] as const)('refuses one picture when it %s', async ([, script], { open }) => {
    const refused = open(script).run(task(Buffer.alloc(1)))
    await expect(refused).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
  })

  it('ends itself when a picture takes too much memory', async ({ open }) => {
    // Interlaced: it can only be decoded as a whole.
    const create = { width: 7_000, height: 7_000, channels: 3, background: 'red' } as const
    const bytes = await sharp({ create }).png({ progressive: true, compressionLevel: 1 }).toBuffer()
    const workers = open(undefined, { deadlineMs: 60_000, maxMemoryMiB: 190 })
    await expect(workers.run(task(bytes))).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
    expect((await workers.run(task(await makePicture()))).length).toBeGreaterThan(20)
    expect((await open(undefined, { deadlineMs: 60_000 }).run(task(bytes))).length).toBeGreaterThan(20)
  })

  it('ends with the program that started it', async ({ open }) => {
    const workers = open(answering('process.pid'))
    const pid = Number((await workers.run(task(Buffer.alloc(1)))).toString())
    expect(isAlive(pid)).toBe(true)
    workers.close()
    await until(() => !isAlive(pid), 'the process is ended')
    await expect(workers.run(task(Buffer.alloc(1)))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('ends when nobody needs it for a while', async ({ open }) => {
    const workers = open(answering('process.pid'), { idleMs: 20 })
    const pid = Number((await workers.run(task(Buffer.alloc(1)))).toString())
    await until(() => !isAlive(pid), 'the process is ended')
  })

  it('says once for all that this computer decodes nothing', async ({ open }) => {
    const workers = open(`process.on('message', ({ id }) => process.send({ id, kind: 'unavailable' }))`)
    for (let tries = 0; tries < 2; tries += 1) {
      await expect(workers.run(task(Buffer.alloc(1)))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
  })

  it('has no endless line before it, and a waiting picture holds no bytes', async ({ open }) => {
    const workers = open('process.on("message", () => undefined)', { maxWaiting: 2, deadlineMs: 300 })
    let loads = 0
    const load = (): Promise<PictureTask> => {
      loads += 1
      return task(Buffer.alloc(1))()
    }
    const runs = [workers.run(load), workers.run(load), workers.run(load)]
    await expect(workers.run(load)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    expect(loads).toBe(1)
    expect((await Promise.allSettled(runs)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  })

  it.for([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ['SVG behind a name', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ['PDF', '%PDF-1.4\n'],
    ['nothing', ''],
  ] as const)('hands no %s to its decoder', async ([, text], { open }) => {
    await expect(open(undefined).run(task(Buffer.from(text)))).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
  })
})
