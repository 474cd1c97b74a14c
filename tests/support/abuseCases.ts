import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

export interface AbuseCase {
  /** What somebody tries. */
  readonly tried: string
  /** What the other person, or ComfyUI, gets of it. */
  readonly seen: string
}

export interface NamedTest {
  /** From the folder of the project, with slashes. */
  readonly file: string
  readonly title: string
  readonly cases: readonly number[]
}

/** How many cases there are. Their numbers never change: tests carry them. */
export const CASE_COUNT = 53

/** In the order of their numbers, the first is case 1. */
export const abuseCases: readonly AbuseCase[] = [
  {
    tried: 'Asking `/view` for files of others: ways up, absolute paths, encodings, backslashes',
    seen: 'No byte of hers: 4xx, the same for what exists and what does not',
  },
  { tried: 'Names that end in `[output]`, `[input]` or `[temp]`', seen: 'They lead to one’s own folders only' },
  {
    tried: 'Links in one’s folder that point elsewhere',
    seen: 'Nothing is read and nothing is written through them',
  },
  { tried: 'Uploads with hostile file names', seen: 'Refused; none of her folders changes' },
  {
    tried: 'Uploads to other folders, over her names, of her pictures',
    seen: 'Her files stay; an upload does not tell that she has the same name or picture',
  },
  { tried: 'Uploads of pages, scripts and drawings', seen: 'Not taken; what is there is never run in this origin' },
  { tried: 'Masks made from somebody else’s picture', seen: 'No copy is made of it' },
  {
    tried: 'Ways out of the folder of user data: read, write, move, delete, list',
    seen: 'Her workflows and settings are neither told nor changed',
  },
  { tried: 'The header `comfy-user`', seen: 'It says nothing: everybody gets one’s own data' },
  { tried: 'The gate’s own identity headers, sent by a client', seen: 'They say nothing, not even with a secret' },
  {
    tried: 'An owner or a client named in `extra_data`',
    seen: 'The job, its files and its events are of whoever sent it',
  },
  { tried: 'A job sent in the name of her tab', seen: 'Her tab hears nothing of it' },
  { tried: 'A WebSocket opened with her client id', seen: 'She goes on hearing her events, nobody else does' },
  {
    tried: 'A WebSocket without a credential, or from a foreign page',
    seen: 'Refused before the upgrade; ComfyUI hears of nobody and she of nothing',
  },
  {
    tried: 'WebSockets that flood, send 5 MB, do not read, or come by the thousand',
    seen: 'Her sockets stay and her events come',
  },
  { tried: 'Clearing the queue, deleting her jobs', seen: 'Her jobs stay where they were, and run' },
  { tried: 'Reading, clearing and deleting her history', seen: 'Nothing of hers is told, nothing of hers goes' },
  { tried: 'Interrupting while her job runs', seen: 'Her job runs to its end' },
  { tried: 'Freeing memory', seen: 'Her models and results stay loaded' },
  {
    tried: '`front` and `number` to get before her, numbers that are none',
    seen: 'Her place stays; ComfyUI never gets a number of a client',
  },
  {
    tried: 'Her prompt id, one id twice, ids that are none',
    seen: 'Her history stays as it was; each job has an id of its own',
  },
  { tried: 'Bodies that end ComfyUI or its worker', seen: 'Her jobs, running and waiting, end well' },
  {
    tried: 'A cache fingerprint chosen by the client, endless notes in nodes',
    seen: 'Nobody gets a cached result of hers; what is too large is refused unread',
  },
  {
    tried: 'Workflows that load her picture, or any file of the computer',
    seen: 'One answer, whether there is such a file or not',
  },
  { tried: 'Workflows that save outside of one’s folder', seen: 'Nothing is written; the job fails' },
  {
    tried: 'Workflows of nodes that read, write or run anything',
    seen: 'Who may not make workflows runs none. Others run harmless classes that the owner has looked at, and what was allowed exactly: see nodes-and-models.md',
  },
  { tried: 'Reading her sign-in for paid nodes from the queue or history', seen: 'It is in no answer, also not hers' },
  {
    tried: 'The same prompt as hers',
    seen: 'Two files in two folders, and no hint that somebody ran it before',
  },
  { tried: 'Listening for texts, pictures and progress of her job', seen: 'They reach her tabs only' },
  { tried: 'Reading ComfyUI’s log, subscribing to it', seen: 'An empty log; no line arrives' },
  { tried: 'The job routes of newer versions, with her ids', seen: 'Only one’s own are shown, counted and cancelled' },
  {
    tried: 'Odd spellings of a path that shows everybody’s jobs',
    seen: 'Never ComfyUI’s own answer: one’s own, or a refusal',
  },
  {
    tried: 'Other methods: HEAD, OPTIONS, TRACE, CONNECT, a method in a header',
    seen: 'Nothing that GET does not tell, and nothing changes',
  },
  { tried: 'A parameter given twice', seen: '400, whichever of the two ComfyUI would take' },
  {
    tried: 'Requests hidden in the framing of others',
    seen: 'ComfyUI executes what was decided, the next person gets their own answer',
  },
  {
    tried: 'Bodies too large, endless, slow or compressed',
    seen: 'Refused; ComfyUI stays reachable for others',
  },
  { tried: 'Pictures that grow to gigabytes when opened', seen: 'Not taken; nobody’s job waits for them' },
  {
    tried: 'A foreign page that acts in her browser',
    seen: 'Refused; nothing of it reaches ComfyUI',
  },
  {
    tried: 'A foreign name for this computer (DNS rebinding)',
    seen: 'Refused before anybody is asked who it is; ComfyUI itself wants the secret',
  },
  {
    tried: 'Headers that claim another address',
    seen: 'They open nothing, dodge no pause, and go no further',
  },
  { tried: 'Talking to ComfyUI’s port directly', seen: '403 for everything, whoever is claimed to ask' },
  { tried: 'Listing and adding ComfyUI’s own users', seen: 'Nobody is named, nobody is added' },
  {
    tried: 'Reading paths and flags of this computer out of answers',
    seen: 'They are left out, for everybody but administrators',
  },
  { tried: 'Previews of models, to open pictures elsewhere', seen: '4xx and no byte of her picture' },
  {
    tried: 'One browser after another: the cache, the back button',
    seen: 'Answers are private; signing out empties the cache',
  },
  {
    tried: 'Sessions that are planted, stolen, or outlive a change',
    seen: 'They open nothing, and what they held open is closed',
  },
  {
    tried: 'The asset store of newer versions: lists, files by hash, downloads',
    seen: 'It does not exist, for nobody',
  },
  { tried: 'ComfyUI-Manager', seen: '403 for who is no administrator, by every method and twin' },
  { tried: 'Routes of packs that we do not know', seen: '403 for who is no administrator' },
  {
    tried: 'Jobs without measure: thousands, huge, endless, filling the disk',
    seen: 'Refused or stopped in time; hers are taken, and run',
  },
  { tried: 'Megabytes of notes in every picture', seen: 'Refused; nothing of them is kept or sent on' },
  {
    tried: 'Settings and user data as a store of files, or as script for who looks',
    seen: 'Nobody else is given them, nothing of them runs',
  },
  {
    tried: 'A restart in the middle',
    seen: 'Everybody finds one’s own jobs and files again, and nobody else’s',
  },
]

const ROOT = join(import.meta.dirname, '../..')
const CASE_TITLE = /^case (\d+(?:, \d+)*): /
const TEST_NAME = /^(?:it|test|describe|\w+Test)$/

/** All tests and groups of tests under `tests/` whose title begins with `case N: ` or `case N, N: `. */
export function findCaseTests(): readonly NamedTest[] {
  return listTitles().flatMap(({ file, title }) => {
    const numbers = CASE_TITLE.exec(title)?.[1]
    return numbers === undefined ? [] : [{ file, title, cases: numbers.split(', ').map(Number) }]
  })
}

/** Titles that name a case in another way, which nobody would find. */
export function findStrayTitles(): readonly string[] {
  return listTitles().flatMap(({ file, title }) =>
    /\bcases? \d/i.test(title) && !CASE_TITLE.test(title) ? [`${file} › ${title}`] : [],
  )
}

export function listTitles(): { file: string; title: string }[] {
  const files = readdirSync(join(ROOT, 'tests'), { recursive: true, encoding: 'utf8' })
    .map((name) => `tests/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.ts') && /Cases\.ts$|\.test\.ts$/.test(name))
  return files.sort().flatMap((file) => titlesOf(file).map((title) => ({ file, title })))
}

function titlesOf(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.ES2022)
  const titles: string[] = []
  const walk = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTestCall(node)) {
      const [first] = node.arguments
      if (first !== undefined && ts.isStringLiteralLike(first)) titles.push(first.text)
    }
    ts.forEachChild(node, walk)
  }
  walk(source)
  return titles
}

/** `it(`, `it.each(…)(`, `describe.skipIf(…)(`; not what is switched off for good. */
function isTestCall({ expression }: ts.CallExpression): boolean {
  let callee: ts.Expression = expression
  while (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) {
    if (ts.isPropertyAccessExpression(callee) && /^(?:skip|todo|fails)$/.test(callee.name.text)) return false
    callee = callee.expression
  }
  return ts.isIdentifier(callee) && TEST_NAME.test(callee.text)
}

const BOTH = ['practice engine', 'ComfyUI']
const WHERE: readonly (readonly [prefix: string, engines: readonly string[]])[] = [
  ['tests/contract/', BOTH],
  ['tests/integration/companion/', ['ComfyUI']],
  ['tests/integration/launcher/realComfyui', ['ComfyUI']],
]
const enginesOf = (file: string): readonly string[] =>
  WHERE.find(([prefix]) => file.startsWith(prefix))?.[1] ?? ['gate']

/** docs/abuse-cases.md. */
export function renderAbuseCases(tests: readonly NamedTest[]): string {
  const rows = abuseCases.map(({ tried, seen }, at) => {
    const own = tests.filter(({ cases }) => cases.includes(at + 1))
    const engines = [...BOTH, 'gate'].filter((engine) => own.some(({ file }) => enginesOf(file).includes(engine)))
    return { number: at + 1, own, cells: [at + 1, tried, seen, engines.join(', '), own.length].join(' | ') }
  })
  const lists = rows.map(({ number, own }) =>
    [`### Case ${number}`, '', ...own.map(({ file, title }) => `- \`${file}\` › ${escapeMarkdown(title)}`), ''].join(
      '\n',
    ),
  )
  return [HEAD, ...rows.map(({ cells }) => `| ${cells} |`), '', '## Tests', '', ...lists].join('\n')
}

const escapeMarkdown = (text: string): string => text.replace(/[\\`*_[\]<>]/g, '\\$&')

const HEAD = `# What one person may try against another

Generated from the titles of the tests by \`tests/attack/abuseCases.test.ts\` (\`UPDATE_ABUSE_CASES=1\` writes it anew),
which fails when a case has no test or this page names one that is not there. The numbers stand in the titles.
"Practice engine" and "ComfyUI": one suite asks both, ComfyUI with \`npm run test:comfyui\`. "Gate": the gate alone, in
front of an engine that writes down whatever reaches it.

| case | what is tried | what the other person sees | tested with | tests |
| ---: | --- | --- | --- | ---: |`
