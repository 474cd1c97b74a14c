import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Entry } from '@napi-rs/keyring'
import { describe, expect } from 'vitest'
import { z } from 'zod'
import { databaseFileName } from '../../../proxy/database/dataFolder.ts'
import { findMeta } from '../../../proxy/database/metaStore.ts'
import { openDatabase } from '../../../proxy/database/openDatabase.ts'
import { secretBytes, secretNames } from '../../../proxy/secrets/secretStore.ts'
import { runCli, startServe } from '../../support/desktopCli.ts'
import { desktopTest, waitUntilGone } from '../../support/desktopApp.ts'
import { isAlive, processTree } from '../../support/desktopProcesses.ts'
import { cleanEnvironment, findRuntime, repositoryRoot, withHook } from '../../support/desktopRuntime.ts'
import { findInFiles } from '../../support/desktopSecrets.ts'

const readySchema = z.object({
  event: z.literal('ready'),
  url: z.string(),
  urls: z.array(z.string()),
  pid: z.number(),
  comfyuiPid: z.number(),
})

describe('serve without a window', () => {
  desktopTest('runs the engine behind the gate and leaves nothing behind', async ({ home }) => {
    await runCli(
      home.dataDirectory,
      ['user', 'add', 'Mia', '--role', 'creator', '--password-stdin'],
      'seven grey herons by the weir\n',
    )
    const created = await runCli(home.dataDirectory, ['key', 'create', '--user', 'Mia', '--name', 'script'])
    const key = created.stdout.trim()
    const child = startServe(home.dataDirectory, ['--practice', '--port', String(home.port)])
    try {
      const ready = await readFirstLine(child)
      const ask = (headers: Record<string, string>) => fetch(new URL('/system_stats', ready.url), { headers })
      expect((await ask({})).status).toBe(401)
      expect((await ask({ authorization: `Bearer ${key}` })).status).toBe(200)
      expect(isAlive(ready.comfyuiPid)).toBe(true)

      await runCli(home.dataDirectory, ['key', 'revoke', key.slice(3, 15)])
      await expect.poll(async () => (await ask({ authorization: `Bearer ${key}` })).status, { timeout: 1500 }).toBe(401)
    } finally {
      await endServe(child)
    }
  })
})

describe('a folder in use', () => {
  desktopTest('is not opened a second time: the app says so and ends', async ({ home }) => {
    const child = startServe(home.dataDirectory, ['--practice', '--port', String(home.port)])
    try {
      await readFirstLine(child)
      const runtime = await findRuntime()
      const args = [...withHook(runtime), repositoryRoot, '--data-dir', home.dataDirectory]
      const app = spawn(runtime.executablePath, args, { env: cleanEnvironment(runtime.env), stdio: 'ignore' })
      expect(await new Promise((resolve) => app.on('exit', resolve))).toBe(1)
      expect(readFileSync(join(home.dataDirectory, 'logs', 'gatehouse.log'), 'utf8')).toContain(
        'Gatehouse could not start',
      )
    } finally {
      await endServe(child)
    }
  })
})

describe('secrets', () => {
  desktopTest('lie in the keychain of the system, not in the data folder', async ({ start, home }) => {
    const app = await start()
    await app.page.getByRole('heading', { name: 'On this computer you are the owner' }).waitFor()

    const described = await app.page.evaluate(() => (window as any).desktop.invoke('desktop:describe', undefined))

    expect(described).toMatchObject({ ok: true, value: { secrets: 'keychain', dataDirectory: home.dataDirectory } })
    const folderId = await readFolderId(home.dataDirectory)
    for (const name of secretNames) {
      const account = `${folderId}/${name}`
      const secret = new Entry('Gatehouse', account, { linux: { store: 'secret-service' } }).getPassword()
      expect(Buffer.from(z.string().parse(secret), 'base64')).toHaveLength(secretBytes)
      expect(findInFiles(home.dataDirectory, { [name]: z.string().parse(secret) })).toEqual([])
    }
  })
})

function readFirstLine(child: ReturnType<typeof startServe>): Promise<z.infer<typeof readySchema>> {
  let stdout = ''
  let stderr = ''
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk) => (stderr += String(chunk)))
    child.on('exit', (code) => reject(new Error(`serve ended with ${code}: ${stderr}`)))
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk)
      const end = stdout.indexOf('\n')
      if (end >= 0) resolve(readySchema.parse(JSON.parse(stdout.slice(0, end))))
    })
  })
}

async function readFolderId(dataDirectory: string): Promise<string> {
  const database = openDatabase(join(dataDirectory, databaseFileName))
  try {
    return z.string().parse(await findMeta(database.kysely, 'dataFolderId'))
  } finally {
    await database.close()
  }
}

async function endServe(child: ReturnType<typeof startServe>): Promise<void> {
  const tree = child.pid === undefined ? [] : processTree(child.pid).map(({ pid }) => pid)
  child.kill('SIGTERM')
  await waitUntilGone(tree)
}
