import { existsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { inspectInstallation } from '../../launcher/installation/inspectInstallation.ts'
import { systemInstallationDeps } from '../../launcher/installation/installationDeps.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { describeVerdict } from '../../proxy/contract/auditWords.ts'
import { databaseFileName } from '../../proxy/database/dataFolder.ts'
import { findLockHolder } from '../../proxy/database/lockFile.ts'
import type { LockContent } from '../../proxy/database/lockFile.ts'
import { readFirewall } from '../../proxy/network/firewall/readFirewall.ts'
import { readNetwork } from '../../proxy/network/identity/readNetwork.ts'
import { createNetworkSystem } from '../../proxy/network/systemPrograms.ts'
import { openFoldersOf } from '../../service/openFolders.ts'
import type { Finding } from './finding.ts'

const good = (check: string, words: string): Finding => ({ check, verdict: 'good', words })
const note = (check: string, words: string): Finding => ({ check, verdict: 'note', words })
const bad = (check: string, words: string): Finding => ({ check, verdict: 'bad', words })

function checkSecrets(stores: Stores): Finding {
  switch (stores.secretStoreKind) {
    case 'keychain':
      return good('secrets', 'The secret keys are in the keychain of this computer.')
    case 'environment':
      return good('secrets', 'The secret keys come from the file of GATEHOUSE_SECRET_FILE.')
    case 'file':
      return note(
        'secrets',
        'Passwords are safe (stored as hashes that nobody can turn back). One key file, secrets.json, is protected by your account on this computer only: there was no keychain when this data folder was begun. Nothing to do at home.',
      )
  }
}

function checkDatabase(stores: Stores): Finding {
  const megabytes = statSync(join(stores.dataDirectory, databaseFileName)).size / 1024 / 1024
  return good('database', `The database is whole (${megabytes.toFixed(1)} MB) and of this version.`)
}

async function checkLog(stores: Stores): Promise<Finding> {
  const verdict = await stores.audit.verify()
  const words = describeVerdict(verdict)
  return verdict.kind === 'whole' ? good('log', words) : bad('log', words)
}

async function checkPeople(stores: Stores): Promise<Finding> {
  const accounts = await stores.accounts.list()
  const usable = accounts.filter((account) => !account.disabled && account.hasPassword)
  if (usable.some((account) => account.role === 'administrator')) {
    return good('people', `${usable.length} of ${accounts.length} people can sign in with a password.`)
  }
  if ((await stores.owner.findId()) !== undefined) {
    return good('people', 'The owner uses the window on this computer and needs no password.')
  }
  return note(
    'people',
    'No administrator can sign in yet. Make one: gatehouse user add NAME --role administrator --password-stdin',
  )
}

const MAX_PEOPLE = 100_000
const CLOCK_TOLERANCE_MS = 60_000

/** A clock behind the log's newest row was turned back, or lost its battery. */
async function checkClock(stores: Stores, nowMs: number): Promise<Finding> {
  const newest = await stores.database.kysely
    .selectFrom('audit')
    .select('at_ms')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  if ((newest?.at_ms ?? 0) - nowMs < CLOCK_TOLERANCE_MS) {
    return good('clock', `The clock says ${new Date(nowMs).toISOString()}.`)
  }
  return bad('clock', 'The clock of this computer is behind: sessions and keys would last too long. Set it right.')
}

function checkRunning(holder: LockContent | undefined): Finding {
  if (holder === undefined) return good('running', 'No Gatehouse runs with this data folder now.')
  return good('running', `Gatehouse runs (process ${holder.pid})${holder.url === null ? '' : ` at ${holder.url}`}.`)
}

/** Whether people's port could be opened; while Gatehouse runs it holds the port itself. */
async function checkPort(port: number, holder: LockContent | undefined): Promise<Finding> {
  if (holder !== undefined) return good('port', `Port ${port} is for Gatehouse, which runs.`)
  if (await canListen(port)) return good('port', `Port ${port} is free.`)
  return bad(
    'port',
    `Port ${port} is used by another program. End it, or choose another port: gatehouse settings set sharing.port ${port + 1} (people need the new link).`,
  )
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

async function checkEngine(stores: Stores): Promise<Finding> {
  const engine = stores.settings.get('comfyui.engine')
  if (engine === 'none') {
    return note('engine', 'No ComfyUI is chosen yet. Choose one in the window, or name it to "gatehouse serve".')
  }
  if (engine === 'practice') return good('engine', 'The practice engine is chosen; it needs nothing else.')
  const directory = stores.settings.get('comfyui.directory')
  if (!existsSync(directory)) return bad('engine', `The folder of ComfyUI, ${directory}, is not there.`)
  const python = stores.settings.get('comfyui.python')
  const inspection = await inspectInstallation(directory, systemInstallationDeps(), python === '' ? {} : { python })
  if (inspection.ok) {
    return good('engine', `ComfyUI ${inspection.installation.version} in ${directory} can be started.`)
  }
  return bad('engine', inspection.problems.join(' '))
}

/** Whose results cannot be written or shown now, and why. */
async function checkFolders(stores: Stores): Promise<Finding> {
  const folders = await openFoldersOf(stores).folders.list(0, MAX_PEOPLE)
  const problems = folders.flatMap(({ user, problem }) => (problem === null ? [] : [`${user.name}: ${problem}`]))
  if (problems.length > 0) return bad('results', problems.join(' '))
  return good('results', 'Every folder of results that was made can be used.')
}

/** What the firewall does with people's port, as far as this account may read it. */
async function checkFirewall(port: number): Promise<Finding> {
  const system = createNetworkSystem(process.platform, process.env)
  const { category } = await readNetwork({ system, interfaces: networkInterfaces, poke: () => undefined })
  const question = { program: process.execPath, port, card: undefined, subnet: undefined, category }
  const { verdict, words, command } = await readFirewall(system, question)
  const full = command === null ? words : `${words} To let your network in: ${command}`
  return verdict === 'open' ? good('firewall', full) : note('firewall', full)
}

/** Every check that needs the opened data folder; that it could be opened is the first finding. */
export async function runChecks(stores: Stores, nowMs: number): Promise<Finding[]> {
  const holder = findLockHolder(stores.dataDirectory)
  return [
    good('folder', `Only you can open the data folder ${stores.dataDirectory}.`),
    checkDatabase(stores),
    checkSecrets(stores),
    await checkLog(stores),
    await checkClock(stores, nowMs),
    await checkPeople(stores),
    checkRunning(holder),
    await checkPort(stores.settings.get('sharing.port'), holder),
    await checkFirewall(stores.settings.get('sharing.port')),
    await checkEngine(stores),
    await checkFolders(stores),
  ]
}
