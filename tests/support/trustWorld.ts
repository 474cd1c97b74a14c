import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { PeerCertificate } from 'node:tls'
import type { Stores } from '../../proxy/accounts/stores.ts'
import type { GateCertificates } from '../../proxy/network/certificates/certificates.ts'
import { createPortal } from '../../proxy/portal/portal.ts'
import { answerRefusal } from '../../proxy/api/problem.ts'
import { systemClock } from '../../proxy/core/clock.ts'
import { silentLogger } from '../../proxy/core/logger.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { makeKey, readKey } from '../../proxy/network/certificates/certificateKeys.ts'
import { makeServerCertificate } from '../../proxy/network/certificates/makeCertificate.ts'
import { certificatesTest } from './certificatesFixture.ts'
import type { CertificatesWorld } from './certificatesFixture.ts'
import { openGateFixture } from './gateFixture.ts'
import type { GateFixture } from './gateFixture.ts'

export interface TrustWorld extends CertificatesWorld {
  readonly certificates: GateCertificates
  readonly gate: GateFixture
  readonly port: number
  /** PEM of what a device trusts. */
  readonly authorityFile: string
  /** The certificate that a handshake gets now. */
  shake(): Promise<PeerCertificate>
}

/** A gate with certificates of its own and the pages of a new device, on a real port. */
export const trustTest = certificatesTest.extend<{ pagesDirectory: string; trust: TrustWorld }>({
  pagesDirectory: async ({ world }, use) => {
    const directory = join(world.directory, 'pages')
    cpSync(join(import.meta.dirname, '../../renderer/public/assets'), join(directory, 'assets'), { recursive: true })
    for (const name of ['owner.html', 'portal.html']) writeFileSync(join(directory, name), '<!doctype html>')
    await use(directory)
  },
  trust: async ({ world, pagesDirectory }, use) => {
    const certificates = world.open({ pollMs: 20, clock: systemClock })
    world.settings.set('sharing.hostNames', ['gatehouse.local', 'studio-pc'])
    await certificates.start()
    const portal = createPortal({
      ...{ logger: silentLogger, stores: {} as Stores, pagesDirectory, certificates },
      freeIdleMemory: () => Promise.resolve(false),
      sharing: { describe: () => ({ primaryUrl: null }) },
    })
    const gate = await openGateFixture({
      adapt: (parts) => ({ ...parts, tls: certificates }),
      ownApplication: (incoming, outgoing, context) => {
        portal(incoming, outgoing, context).catch((error: unknown) =>
          answerRefusal(error, outgoing, { audience: 'page', ownPath: context.target.path, logger: silentLogger }),
        )
      },
    })
    gate.settings.set('sharing.hostNames', ['gatehouse.local', 'studio-pc'])
    const authorityFile = join(world.directory, 'trusted.pem')
    writeFileSync(authorityFile, certificates.authority?.toString() ?? '')
    const { port } = gate
    const shake = (): Promise<PeerCertificate> =>
      new Promise((resolve, reject) => {
        const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate())
          socket.destroy()
        }).on('error', reject)
      })
    await use({ ...world, certificates, gate, port, authorityFile, shake })
    await gate.close()
  },
})

/** A server for another site, with a certificate that the authority's key signed. */
export async function openStolen(
  { certificates, keep }: TrustWorld,
  name: string,
): Promise<{ port: number; close(): void }> {
  const kept = keep.entries.get('authority-key')
  if (certificates.authority === undefined || kept === undefined) throw new Error('no authority')
  const key = makeKey()
  const certificate = makeServerCertificate({
    key,
    commonName: name,
    names: { names: [name], addresses: [] },
    issuer: { certificate: certificates.authority, key: readKey(kept) },
    notBeforeMs: Date.now() - 86_400_000,
    notAfterMs: Date.now() + 86_400_000 * 30,
    random: systemRandom,
  })
  const options = { cert: certificate.toString(), key: key.export({ type: 'pkcs8', format: 'pem' }) }
  const server = createServer(options, (_, response) => response.end('stolen'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

/** Another program, to its end. */
export function run(
  program: string,
  args: readonly string[],
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.on('error', reject).on('close', (code) => resolve({ code, out, err }))
  })
}
