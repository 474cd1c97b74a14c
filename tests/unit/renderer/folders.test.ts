import { describe, expect, it } from 'vitest'
import { changeFolderSchema } from '../../../proxy/contract/folders.ts'
import {
  folderFacts,
  folderStateWord,
  ownRoomWords,
  roomWords,
} from '../../../renderer/features/folders/folderWords.ts'
import {
  roomErrors,
  splitBytes,
  toDefaultsDraft,
  toFolderChange,
  toRoomDraft,
  toRoomSettings,
} from '../../../renderer/features/folders/roomDraft.ts'
import { owner } from '../../support/pageFixtures.ts'
import { createFolder, fullFolder, ownFolder } from '../../support/pageFixturesOutputs.ts'

const GiB = 1024 ** 3

describe('room in words', () => {
  it.each([
    [12.4 * GiB, 20 * GiB, '12.4 of 20 GB'],
    [0, 20 * GiB, '0 bytes of 20 GB'],
    [800 * 1024 ** 2, 20 * GiB, '800 MB of 20 GB'],
    [3.2 * GiB, null, '3.2 GB'],
  ])('%d of %d', (used, quota, words) => {
    expect(roomWords(Math.round(used), quota)).toBe(words)
  })

  it('says what to do before it is full, and when pictures go', () => {
    expect(ownRoomWords(ownFolder(owner))).toBe('12.4 of 20 GB used.')
    expect(ownRoomWords(ownFolder(owner, { ...fullFolder, retentionDays: 1 }))).toBe(
      'Remove pictures you do not need and delete them for good under Removed, or ask the owner for more room. What you do not keep is cleared away after 1 day.',
    )
  })

  it('says what is not as usual about a folder', () => {
    expect(folderStateWord(createFolder(owner))).toBeUndefined()
    expect(folderStateWord(createFolder(owner, { state: 'missing' }))?.word).toBe('Not there')
    expect(folderStateWord(createFolder(owner, { state: 'refused' }))?.tone).toBe('problem')
    const moving = { doneBytes: 1, allBytes: 2 }
    expect(folderStateWord(createFolder(owner, { state: 'missing', moving }))?.word).toBe('Moving')
    expect(folderFacts(createFolder(owner, { quotaBytes: null, hasOwnQuota: true }))).toBe(
      '812 files, no limit, 412 GB free on that disk',
    )
  })
})

describe('a draft of room', () => {
  it.each([
    [createFolder(owner), { quotaBytes: 'default', retentionDays: 'default' }],
    [
      createFolder(owner, {
        quotaBytes: 1.5 * 1024 * GiB,
        hasOwnQuota: true,
        retentionDays: 14,
        hasOwnRetention: true,
      }),
      { quotaBytes: 1.5 * 1024 * GiB, retentionDays: 14 },
    ],
    [
      createFolder(owner, { quotaBytes: null, hasOwnQuota: true, retentionDays: null, hasOwnRetention: true }),
      { quotaBytes: null, retentionDays: null },
    ],
  ])('changes nothing that nobody changed', (folder, change) => {
    expect(changeFolderSchema.parse(toFolderChange(toRoomDraft(folder)))).toEqual(change)
  })

  it('of everybody changes nothing that nobody changed', () => {
    for (const settings of [
      { 'folders.quotaBytes': null, 'folders.retentionDays': null },
      { 'folders.quotaBytes': 50 * GiB, 'folders.retentionDays': 30 },
    ]) {
      expect(toRoomSettings(toDefaultsDraft(settings))).toEqual(settings)
    }
  })

  it.each([
    [{ quotaMode: 'own', quota: '' }, ['quota']],
    [{ quotaMode: 'own', quota: 0.5, unit: 'MB' }, ['quota']],
    [{ quotaMode: 'none', quota: '' }, []],
    [{ retentionMode: 'own', days: 0 }, ['days']],
    [{ retentionMode: 'own', days: 2.5 }, ['days']],
    [{ retentionMode: 'own', days: 3650 }, []],
  ] as const)('with %j is wrong in %j', (part, fields) => {
    const draft = { ...toRoomDraft(createFolder(owner)), ...part }
    expect(Object.keys(roomErrors(draft))).toEqual(fields)
  })

  it.each([
    [20 * GiB, { amount: 20, unit: 'GB' }],
    [512 * 1024 ** 2, { amount: 512, unit: 'MB' }],
    [1536 * GiB, { amount: 1.5, unit: 'TB' }],
  ])('shows %d as %j', (bytes, parts) => {
    expect(splitBytes(bytes)).toEqual(parts)
  })
})
