/**
 * Rights of the data folder on Windows, as pure functions: the command to set them and the reading of what is set.
 * Everything goes by SID, because names are translated on localised systems.
 */
const SYSTEM_SID = 'S-1-5-18'
const ADMINISTRATORS_SID = 'S-1-5-32-544'

/** Two-letter names that SDDL uses for well-known SIDs ([MS-DTYP] 2.4.2.4). */
const wellKnown: Readonly<Record<string, string>> = { SY: SYSTEM_SID, BA: ADMINISTRATORS_SID }

export interface Command {
  readonly file: string
  readonly args: readonly string[]
}

/** icacls call that leaves the owner and SYSTEM as the only ones with access, for everything below too. */
export function createDirectoryAclCommand(directory: string, userSid: string): Command {
  return {
    file: 'icacls',
    args: [directory, '/inheritance:r', '/grant:r', `*${userSid}:(OI)(CI)F`, `*${SYSTEM_SID}:(OI)(CI)F`],
  }
}

/** The SID in the answer of `whoami /user /fo csv /nh`. @throws TypeError when there is none */
export function readUserSid(answer: string): string {
  const sid = /S-1-[\d-]+/.exec(answer)?.[0]
  if (sid === undefined) throw new TypeError('whoami named no SID')
  return sid
}

/**
 * Who else is granted anything, out of the file that `icacls … /save` writes. The folder's own administrators are
 * left out: they can take any right anyway. No access list at all means everybody.
 */
export function unexpectedTrustees(saved: string, userSid: string): string[] {
  const sddl = saved.split(/\r?\n/).find((line) => /^D:/.test(line.trim()))
  if (sddl === undefined) return ['everybody']
  const allowed = new Set([userSid, SYSTEM_SID, ADMINISTRATORS_SID])
  const granted = [...sddl.matchAll(/\(([^;)]*);[^;)]*;[^;)]*;[^;)]*;[^;)]*;([^;)]*)[^)]*\)/g)]
    .filter(([, kind]) => kind?.includes('A') === true)
    .map(([, , trustee]) => wellKnown[trustee ?? ''] ?? trustee ?? '')
  return [...new Set(granted.filter((trustee) => !allowed.has(trustee)))]
}

/** One argument as cmd.exe shows it in a command to copy. */
export const quoteWindows = (text: string): string => (/[\s()*]/.test(text) ? `"${text}"` : text)
