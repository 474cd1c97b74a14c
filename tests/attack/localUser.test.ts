import { lchownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findRightsProblem, openDataFolder } from '../../proxy/database/dataFolder.ts'

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

let parent: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'gatehouse-local-'))
})
afterEach(() => rmSync(parent, { recursive: true, force: true }))

/** A data folder of ours, reached over a link. */
function linkToOwnFolder(): string {
  mkdirSync(join(parent, 'real'), { mode: 0o700 })
  symlinkSync(join(parent, 'real'), join(parent, 'link'))
  return join(parent, 'link')
}

describe('another user of this computer who made the link to the data folder (pointing it elsewhere later)', () => {
  const behind = { path: '/tmp/data', mode: 0o40700, uid: 1000, isDirectory: true, isSymbolicLink: true }

  it('is refused', () => {
    expect(findRightsProblem({ ...behind, linkUid: 1001 }, 1000, 'mia')).toContain('another user of this computer made')
  })

  it.skipIf(!isRoot)('is refused on the real thing', () => {
    const link = linkToOwnFolder()
    lchownSync(link, NOBODY, NOBODY)

    expect(() => openDataFolder(link)).toThrow(expect.objectContaining({ code: 'DATA_FOLDER_REFUSED' }))
  })

  it('does not keep the owner from using a link of their own, or one of root', () => {
    expect(() => openDataFolder(linkToOwnFolder())).not.toThrow()
    expect(findRightsProblem({ ...behind, linkUid: 0 }, 1000, 'mia')).toBeUndefined()
  })
})
