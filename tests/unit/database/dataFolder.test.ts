import { describe, expect, it } from 'vitest'
import { defaultDataFolder, findRightsProblem } from '../../../proxy/database/dataFolder.ts'
import { createDirectoryAclCommand, readUserSid, unexpectedTrustees } from '../../../proxy/database/windowsAcl.ts'

describe('the default data folder', () => {
  it.for([
    ['linux', {}, '/home/mia', '/home/mia/.local/share/Gatehouse'],
    ['linux', { XDG_DATA_HOME: '/srv/data' }, '/home/mia', '/srv/data/Gatehouse'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/mia', '/home/mia/.local/share/Gatehouse'],
    ['darwin', {}, '/Users/mia', '/Users/mia/Library/Application Support/Gatehouse'],
    ['win32', { LOCALAPPDATA: 'D:\\Local' }, 'C:\\Users\\mia', 'D:\\Local\\Gatehouse'],
    ['win32', {}, 'C:\\Users\\mia', 'C:\\Users\\mia\\AppData\\Local\\Gatehouse'],
  ] as const)('is, on %s with %o, below %s: %s', ([platform, environment, home, folder]) => {
    expect(defaultDataFolder(platform, environment, home)).toBe(folder)
  })
})

describe('rights of the data folder', () => {
  const folder = { path: '/data/Gatehouse', mode: 0o40700, uid: 1000, isDirectory: true, isSymbolicLink: false }
  const file = {
    path: '/data/my files/gatehouse.db',
    mode: 0o100600,
    uid: 1000,
    isDirectory: false,
    isSymbolicLink: false,
  }

  it('are well when nobody else has any', () => {
    expect(findRightsProblem(folder, 1000, 'mia')).toBeUndefined()
    expect(findRightsProblem(file, 1000, 'mia')).toBeUndefined()
  })

  it.for([0o40750, 0o40701, 0o40770, 0o40777])('of mode %o are refused with the command that mends them', (mode) => {
    expect(findRightsProblem({ ...folder, mode }, 1000, 'mia')).toContain('chmod 700 /data/Gatehouse')
  })

  it('of a file are refused with the command that mends them', () => {
    expect(findRightsProblem({ ...file, mode: 0o100644 }, 1000, 'mia')).toContain(
      "chmod 600 '/data/my files/gatehouse.db'",
    )
  })

  it('of another owner are refused (sudo gatehouse)', () => {
    expect(findRightsProblem({ ...file, uid: 0 }, 1000, 'mia')).toContain(
      "sudo chown -R mia '/data/my files/gatehouse.db'",
    )
  })

  it('of a file that is a link are refused', () => {
    expect(findRightsProblem({ ...file, isSymbolicLink: true }, 1000, 'mia')).toContain('link')
  })
})

describe('rights on Windows', () => {
  const sid = 'S-1-5-21-1004336348-1177238915-682003330-1001'
  const saved = (entries: string): string => `Gatehouse\r\nD:PAI${entries}\r\n`

  it('are set for the owner and SYSTEM alone, inherited by everything below', () => {
    expect(createDirectoryAclCommand('C:\\Data', sid)).toEqual({
      file: 'icacls',
      args: ['C:\\Data', '/inheritance:r', '/grant:r', `*${sid}:(OI)(CI)F`, '*S-1-5-18:(OI)(CI)F'],
    })
  })

  it('are read from the saved list, whatever the language of the system', () => {
    expect(readUserSid(`"pc\\mia","${sid}"\r\n`)).toBe(sid)
    expect(unexpectedTrustees(saved(`(A;OICI;FA;;;${sid})(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)`), sid)).toEqual([])
  })

  it.for([
    ['everybody', `(A;OICI;0x1200a9;;;WD)`, ['WD']],
    ['all local users', `(A;OICIID;FA;;;BU)(A;OICI;FA;;;AU)`, ['BU', 'AU']],
    ['another person', `(A;;FA;;;S-1-5-21-1-2-3-1002)`, ['S-1-5-21-1-2-3-1002']],
  ] as const)('show that %s was let in', ([, entries, trustees]) => {
    expect(unexpectedTrustees(saved(`(A;OICI;FA;;;${sid})${entries}`), sid)).toEqual(trustees)
  })

  it('count a missing list as everybody, and a denial as nobody', () => {
    expect(unexpectedTrustees('Gatehouse\r\n', sid)).toEqual(['everybody'])
    expect(unexpectedTrustees(saved(`(D;OICI;FA;;;WD)(A;OICI;FA;;;${sid})`), sid)).toEqual([])
  })
})
