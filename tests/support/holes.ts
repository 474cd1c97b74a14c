import { attackCases } from '../../service/protection/cases/attackCases.ts'
import { listTitles } from './abuseCases.ts'

export interface Hole {
  readonly id: string
  /** What was wrong, in our own words. */
  readonly hole: string
  /** Why it needs no attack of its own, or what is left of it. */
  readonly because?: string
}

const hole = (id: string, words: string, because?: string): Hole => ({ id, hole: words, ...(because && { because }) })

/** S: ComfyUI-Sentinel 3.0.0. L: ComfyUI-Login 1.0.0. Ids never change: tests carry them. */
export const holes: readonly Hole[] = [
  hole(
    'S-1',
    'A list of addresses, once it is there, ends every request with an error; bad passwords of a stranger make one',
  ),
  hole('S-2', 'The address that a client claims in a header is believed: it dodges pauses and blocks others'),
  hole('S-3', 'A second blocked address cannot be written down'),
  hole(
    'S-4',
    'Allowed addresses are to be spared the pause, and never are, for want of the right comparison',
    'Does not apply: nobody is spared. An address that an allow rule names is paused like any other; who signed in before has tries of their own by a device cookie, and the owner’s window has no password.',
  ),
  hole('S-5', 'Wrong passwords stand in the log, and the log is for everybody to read'),
  hole('S-6', 'Installing is for administrators, by a list of address beginnings that never match'),
  hole('S-7', 'Folders are guarded by comparing web addresses with paths of the disk: everybody sees all pictures'),
  hole(
    'S-8',
    'People are looked up by name with an id',
    'Does not apply: ids and names are different types here, and the compiler refuses the one for the other. What would follow, other people’s folders, is attacked under S-7 and S-37.',
  ),
  hole('S-9', 'Results are kept apart by a prefix in the file’s name, which a path or a link gets around or breaks'),
  hole('S-10', 'Whose job runs is what was posted last: one works with the other’s pictures'),
  hole('S-11', 'Two jobs in line break the queue'),
  hole('S-12', 'Cancelling fails and leaves the job where it was'),
  hole('S-13', 'The queue shows everybody’s jobs'),
  hole('S-14', 'The history is one for all: others push out or delete one’s results'),
  hole('S-15', 'Sign-ins for paid nodes stay in the history'),
  hole('S-16', 'Anybody stops anybody’s job and unloads the models'),
  hole('S-17', 'Nothing ends a token: not signing out, not a new password'),
  hole('S-18', 'A WebSocket outlives what let it in, and takes over another’s by its client id'),
  hole('S-19', 'Whoever comes first owns the computer'),
  hole('S-20', 'A damaged list of people means that there is no administrator yet'),
  hole('S-21', 'The administrator is remembered for ever, whatever the list says'),
  hole('S-22', 'The token is given to scripts, too'),
  hole('S-23', 'Making a token for a program signs the browser in for a year'),
  hole('S-24', 'Links sign one out'),
  hole('S-25', 'Whether the cookie is for HTTPS alone is decided by what the client claims'),
  hole('S-26', 'Forced HTTPS forces nothing'),
  hole('S-27', 'The documented JSON fails'),
  hole('S-28', 'Passwords are rewritten before they are compared: different ones are the same'),
  hole('S-29', 'Bodies are read before anybody is known'),
  hole('S-30', 'Hashing stops everything else'),
  hole('S-31', 'A long password ends in an error, or counts only up to its 72nd byte'),
  hole('S-32', 'How long a refusal takes tells whether there is such a name'),
  hole('S-33', 'The signing secret stands in the environment, for every node to read, or is another at each start'),
  hole('S-34', 'A pause is forgotten by a restart, counts addresses alone, and its table grows without end'),
  hole('S-35', 'Memory that was to be freed at signing out never is'),
  hole('S-36', 'An option is documented under another name than it is read'),
  hole('S-37', 'ComfyUI’s own person is whoever the client says'),
  hole('S-38', 'The log grows without end'),
  hole('S-39', 'People and log lie in the extension’s own folder, gone with it, open to others'),
  hole('S-40', 'The button to sign out hangs on a class of the page and is gone with it'),
  hole('S-41', 'Every node runs in the process that guards, and reads its secrets'),
  hole('L-1', 'An empty token is right while there is none'),
  hole('L-2', 'Signing in without a name empties the only account and opens everything'),
  hole('L-3', 'Addresses that end like a script need no sign-in'),
  hole('L-4', 'The stored hash is the key'),
  hole('L-5', 'The key is written into the log'),
  hole('L-6', 'A guest reads the log, and with it the owner’s key'),
  hole('L-7', 'A guest may GET whatever there is'),
  hole('L-8', 'A refused job is answered as if it had been taken'),
  hole('L-9', 'No bound to guessing, and each guess stops everything else'),
  hole('L-10', 'A session has no end, no record, and a cookie for everybody'),
  hole('L-11', 'The key stands in the address'),
  hole('L-12', 'Secrets are compared byte by byte, which tells how much was right'),
  hole('L-13', 'A credential in a broken form ends in an error'),
  hole('L-14', 'Programs with a key stop working once another site is allowed'),
  hole('L-15', 'Secrets lie in files for everybody'),
  hole('L-16', 'Whoever comes first sets the password'),
  hole('L-17', 'A node deletes any file of the computer'),
  hole('L-18', 'A key that is never to be saved is in every picture'),
  hole('L-19', 'Closing one tab throws everybody’s models out'),
  hole('L-20', 'A new password counts only after a restart'),
  hole('L-21', 'The button to sign out is bound to a menu that is gone'),
  hole('L-22', 'A WebSocket is let in from any site, and never ended'),
]

export interface HoleTest {
  readonly file: string
  readonly title: string
}

const namesHole = (title: string, id: string): boolean => new RegExp(`(?<![\\w-])${id}(?![\\w-])`).test(title)

/** Attacks of "Check my protection" and tests whose title names the hole. */
export function findHoleTests(): ReadonlyMap<string, readonly HoleTest[]> {
  const attacks = attackCases.map((one) => ({ ...one, title: `${one.holes.join(', ')}: ${one.title}` }))
  const titles = listTitles()
  return new Map(
    holes.map(({ id }) => [
      id,
      [
        ...attacks.filter(({ holes: of }) => of.includes(id)).map(({ title }) => ({ file: PROTECTION, title })),
        ...titles.filter(({ title }) => namesHole(title, id)),
      ],
    ]),
  )
}

const PROTECTION = 'tests/attack/protection.test.ts'
const escapeMarkdown = (text: string): string => text.replace(/[\\`*_[\]<>|]/g, '\\$&')

/** docs/holes.md. */
export function renderHoles(tests: ReadonlyMap<string, readonly HoleTest[]>): string {
  const held = holes.filter(({ id }) => (tests.get(id) ?? []).length > 0).length
  const rows = holes.map(({ id, hole: words, because }) => {
    const by = (tests.get(id) ?? []).map(({ file, title }) => `\`${file}\` › ${escapeMarkdown(title)}`)
    return `| ${id} | ${words} | ${[...(because === undefined ? [] : [because]), ...by].join('<br>')} |`
  })
  const sum = `${holes.length} holes, ${held} with attacks that try them here, ${holes.length - held} that cannot be.`
  return [HEAD, '', sum, '', '| hole | what was wrong | tried here by |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

const HEAD = `# Holes that others had

What was found in two plugins that ask for a password in front of ComfyUI: S is ComfyUI-Sentinel 3.0.0, L is
ComfyUI-Login 1.0.0. Each is tried against Gatehouse by a test that is named for it. Those of
\`tests/attack/protection.test.ts\` are also what "Check my protection" in the window and \`gatehouse doctor --attack\` try
on your own computer. Generated by \`tests/attack/holes.test.ts\` (\`UPDATE_HOLES=1\` writes it anew), which fails when a
hole has neither a test nor a reason.`
