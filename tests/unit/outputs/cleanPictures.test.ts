import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CleanPictures } from '../../../proxy/outputs/cleanPictures.ts'
import type { OpenedFile } from '../../../proxy/outputs/openedFile.ts'
import type { OutputRow } from '../../../proxy/outputs/outputStore.ts'

const it = test.extend<{ path: string }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the names of the fixtures from this pattern
  path: async ({}, use) => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-clean-'))
    await use(join(directory, 'x.png'))
    rmSync(directory, { recursive: true })
  },
})

const row: OutputRow = {
  id: 'a',
  account_id: 'mia',
  job_id: null,
  root: '',
  subfolder: '',
  name: 'x.png',
  kind: 'image',
  media_type: 'image/png',
  bytes: 4,
  width: null,
  height: null,
  made_at_ms: 0,
  keep: 0,
  removed_at_ms: null,
  restored_at_ms: null,
}

async function openFile(path: string): Promise<OpenedFile> {
  return { handle: await open(path), bytes: 4, changedAtMs: (await stat(path)).mtimeMs, path }
}

/** Pictures of 40 bytes, and how many were made. */
function createClean(maxBytes: number) {
  const made: OpenedFile[] = []
  const clean = new CleanPictures(
    {
      withoutMetadata: async (_asker, openAgain) => {
        const opened = await openAgain()
        made.push(opened)
        await opened.handle.close()
        return Buffer.alloc(40)
      },
    },
    maxBytes,
  )
  return { clean, made }
}

const asker = { accountId: 'vera', gone: new AbortController().signal }

describe('clean pictures', () => {
  it('stay in memory within a bound, the one asked for longest ago goes first', async ({ path }) => {
    writeFileSync(path, 'file')
    const made_at_ms = (await stat(path)).mtimeMs
    const { clean, made } = createClean(100)
    for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) {
      await clean.get({ ...row, id, made_at_ms }, asker, () => openFile(path))
    }
    // a, b, a from memory, c instead of b, a from memory, b anew.
    expect(made).toHaveLength(4)
  })

  it('are made each time when one alone is more than the bound', async ({ path }) => {
    writeFileSync(path, 'file')
    const made_at_ms = (await stat(path)).mtimeMs
    const { clean, made } = createClean(39)
    for (let round = 0; round < 2; round += 1) {
      await clean.get({ ...row, made_at_ms }, asker, () => openFile(path))
    }
    expect(made).toHaveLength(2)
  })

  it('of a file with another content or time are refused, and it is closed', async ({ path }) => {
    writeFileSync(path, 'file')
    const made_at_ms = (await stat(path)).mtimeMs
    const { clean, made } = createClean(100)
    for (const change of [{ bytes: 5 }, { made_at_ms: made_at_ms + 5_000 }]) {
      const opened = await openFile(path)
      const asked = clean.get({ ...row, made_at_ms, ...change }, asker, () => Promise.resolve(opened))
      await expect(asked).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(opened.handle.fd).toBe(-1)
    }
    expect(made).toEqual([])
  })
})
