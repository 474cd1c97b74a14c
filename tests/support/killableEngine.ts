import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bundlePracticeEngine, findFreePort } from './engineUnderTest.ts'
import { closeAtEnd } from './closeAtEnd.ts'
import { ask } from './httpClient.ts'
import type { EngineConnection } from '../../proxy/comfyui/engine.ts'

/** A practice engine that is killed and started again and again, each time as a new start. */
export class KillableEngine {
  readonly #base = mkdtempSync(join(tmpdir(), 'gatehouse-killable-'))
  #entry = ''
  #child: ChildProcess | undefined

  /** Resolves when it answers with the right proof. */
  async start(): Promise<EngineConnection> {
    if (this.#entry === '') this.#entry = await bundlePracticeEngine(this.#base)
    const port = await findFreePort()
    const secret = randomBytes(32).toString('hex')
    const child = spawn(
      process.execPath,
      [this.#entry, '--port', String(port), '--base-directory', join(this.#base, 'data')],
      { env: { ...process.env, GATEHOUSE_SECRET: secret, NODE_PATH: resolve('node_modules') }, stdio: 'ignore' },
    )
    this.#child = child
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the practice engine ended with ${child.exitCode}`)
      const bootId = await this.#askHealth(port, secret)
      if (bootId !== undefined) return { port, secret, bootId }
      await new Promise((done) => setTimeout(done, 20))
    }
  }

  /** SIGKILL: it writes nothing and says nothing any more. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    const closed = new Promise((done) => child.once('close', done))
    child.kill('SIGKILL')
    await closed
    this.#child = undefined
  }

  /** Names of the pictures that were saved. */
  outputs(): string[] {
    return readdirSync(join(this.#base, 'data', 'output'))
  }

  readonly close = closeAtEnd(async () => {
    await this.kill()
    rmSync(this.#base, { recursive: true, force: true })
  })

  async #askHealth(port: number, secret: string): Promise<string | undefined> {
    const nonce = randomBytes(16).toString('hex')
    try {
      const answer = await ask(port, `/gatehouse/companion/health?nonce=${nonce}`)
      if (answer.status !== 200) return undefined
      const { bootId, proof } = answer.json() as { bootId: string; proof: string }
      const expected = createHmac('sha256', secret).update(`health\n${nonce}\n${bootId}`).digest('hex')
      return proof === expected ? bootId : undefined
    } catch {
      // It does not listen yet.
      return undefined
    }
  }
}
