import { readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Argon2Process } from '../../../proxy/accounts/argon2Process.ts'
import { PasswordHasher, systemArgon2 } from '../../../proxy/accounts/passwordHasher.ts'
import { repositoryRoot } from '../../support/desktopRuntime.ts'
import { processTree } from '../../support/desktopProcesses.ts'
import { cheapHashing, createRecordingLogger } from '../../support/storesFixture.ts'

const worker = join(repositoryRoot, 'proxy/accounts/hashWorker.ts')
const parameters = cheapHashing.password
const findWorkers = () => processTree(process.pid).filter(({ commandLine }) => commandLine.includes('hashWorker'))

// The processes are found in /proc.
describe.runIf(process.platform === 'linux')('passwords in a process of their own', () => {
  const opened: Argon2Process[] = []
  afterEach(() => {
    for (const one of opened.splice(0)) one.close()
  })
  const open = (entry: string) => {
    const logger = createRecordingLogger()
    const argon2 = new Argon2Process({ file: process.execPath, args: [], env: {}, entry }, logger)
    opened.push(argon2)
    return { argon2, logger }
  }

  it('are hashed and checked as they are here', async () => {
    const { argon2 } = open(worker)
    const hash = await argon2.hash('correct horse', parameters)
    expect(await systemArgon2.verify(hash, 'correct horse')).toBe(true)
    expect(await argon2.verify(hash, 'correct horse')).toBe(true)
    expect(await argon2.verify(hash, 'correct house')).toBe(false)
    expect(argon2.needsRehash(hash, parameters)).toBe(false)
  })

  it('come behind everything else, and their process ends with the stores', async () => {
    const { argon2 } = open(worker)
    await argon2.hash('correct horse', parameters)
    const workers = findWorkers()
    expect(workers).toHaveLength(1)
    expect(getPriority(workers[0]?.pid)).toBe(10)
    argon2.close()
    await expect.poll(findWorkers).toEqual([])
  })

  it('are hashed here where no process starts, and the program says so', async () => {
    const { argon2, logger } = open(join(repositoryRoot, 'there/is/no.such'))
    const hash = await argon2.hash('correct horse', parameters)
    expect(await argon2.verify(hash, 'correct horse')).toBe(true)
    const nowhere = new Argon2Process({ file: '/there/is/no/node', args: [], env: {}, entry: worker }, logger)
    expect(await nowhere.verify(hash, 'correct horse')).toBe(true)
    expect(logger.lines.join()).toContain('the process for passwords failed')
  })

  it('never pass a wrong password because a hash is broken', async () => {
    const { argon2 } = open(worker)
    const hasher = new PasswordHasher(parameters, argon2)
    await expect(hasher.verify('no hash at all', 'correct horse', { turn: { line: 'strangers' } })).rejects.toThrow()
  })

  it('are in no argument and no environment of the process', async () => {
    const { argon2 } = open(worker)
    await argon2.hash('correct horse', parameters)
    const [found] = findWorkers()
    expect(found?.commandLine).not.toContain('correct')
    const environment = readFileSync(`/proc/${found?.pid ?? 0}/environ`, 'utf8')
    expect(environment).not.toContain('correct')
    expect(environment).not.toContain('HOME=')
  })
})
