import { describe, expect, it } from 'vitest'
import { describeBytes, parseBytes } from '../../../proxy/contract/byteWords.ts'
import { parseDf, readSpace, readSpaceByDf } from '../../../proxy/folders/diskSpace.ts'
import { fullWords, warningWords } from '../../../proxy/folders/roomWords.ts'
import { automaticQuota } from '../../../proxy/folders/folderRules.ts'

const MiB = 1024 ** 2
const GiB = 1024 ** 3

describe('sizes in words', () => {
  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1536, '1.5 KB'],
    [20 * GiB, '20 GB'],
    [18.24 * GiB, '18.2 GB'],
    [512 * MiB, '512 MB'],
    [3 * 1024 * GiB, '3 TB'],
  ])('%d is %s', (bytes, words) => expect(describeBytes(bytes)).toBe(words))

  it.each([
    ['50GB', 50 * GiB],
    ['50 gb', 50 * GiB],
    ['50GiB', 50 * GiB],
    ['1.5T', 1.5 * 1024 * GiB],
    ['700', 700],
    ['700 bytes', 700],
    ['2k', 2048],
  ])('%s is read', (text, bytes) => expect(parseBytes(text)).toBe(bytes))

  it.each(['', 'GB', '-1GB', '1e9', '5 apples', '1.2.3', '0x10', '999999999999999T', '١GB'])('%j is no size', (text) =>
    expect(parseBytes(text)).toBeUndefined(),
  )
})

describe('the quota that nobody set', () => {
  const free = (freeBytes: number) => ({ freeBytes, totalBytes: 4000 * GiB })

  it('is 20 GiB where there is room, and where that cannot be found out', () => {
    expect(automaticQuota(free(900 * GiB), 0)).toBe(20 * GiB)
    expect(automaticQuota(undefined, 0)).toBe(20 * GiB)
  })

  it('is a tenth of what is free on a smaller disk, in whole steps', () => {
    expect(automaticQuota(free(68.3 * GiB), 0)).toBe(6 * GiB)
    expect(automaticQuota(free(3.3 * GiB), 0)).toBe(337 * MiB)
  })

  it('does not shrink by one’s own pictures', () => {
    expect(automaticQuota(free(60 * GiB), 5 * GiB)).toBe(automaticQuota(free(65 * GiB), 0))
  })

  it('is never nothing', () => expect(automaticQuota(free(0), 0)).toBe(MiB))
})

describe('room in words', () => {
  it('warns from 80 % on', () => {
    expect(warningWords(20 * GiB, 15.9 * GiB)).toBeNull()
    expect(warningWords(20 * GiB, 16 * GiB)).toBe('Nearly full: 16 GB of 20 GB')
    expect(warningWords(20 * GiB, 20 * GiB)).toBe('Full: 20 GB of 20 GB')
    expect(warningWords(null, 9000 * GiB)).toBeNull()
  })

  it('says what to do when it is full', () => {
    expect(fullWords(20 * GiB, 20.1 * GiB)).toBe(
      'Your 20 GB are full: 20.1 GB used. Remove pictures you do not need and delete them for good under Removed, or ask the owner for more room.',
    )
    expect(fullWords(MiB, MiB)).toMatch(/^Your 1 MB is full\. Remove /)
    expect(fullWords(20 * GiB, 20 * GiB)).toMatch(/^Your 20 GB are full\. Remove /)
    expect(fullWords(20 * GiB, 19 * GiB)).toMatch(/^There is too little left of your 20 GB: 19 GB used\. Remove /)
  })
})

describe('the answer of df', () => {
  it('is read whatever the device is called', () => {
    const text = `Filesystem     1024-blocks     Used Available Capacity Mounted on
//server/my share 100 1 99% /x  264128512 26000000 70000000  28% /mnt/my pictures
`
    expect(parseDf(text)).toEqual({ freeBytes: 70000000 * 1024, totalBytes: 264128512 * 1024 })
  })

  it.skipIf(process.platform === 'win32')('says what the system call says', async () => {
    const [byCall, byDf] = [await readSpace('/tmp'), await readSpaceByDf('/tmp')]
    expect(byDf.totalBytes / byCall.totalBytes).toBeCloseTo(1, 1)
    // Others write to this disk meanwhile.
    expect(byDf.freeBytes / byCall.freeBytes).toBeCloseTo(1, 1)
  })

  it.each(['', 'df: /x: No such file', 'Filesystem\n- - - - - /'])('%j says nothing', (text) =>
    expect(() => parseDf(text)).toThrow(TypeError),
  )
})
