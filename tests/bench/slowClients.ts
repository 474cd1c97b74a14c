/**
 * node tests/bench/slowClients.ts [connections] [seconds]: what a normal person's requests take beside slow clients of
 * each kind, against their quiet value, in one interleaved run. Needs `npm run build`. Prints one line of JSON a kind.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { serveGatehouse } from '../support/servedGatehouse.ts'

type Kind = 'slowHeaders' | 'slowBody' | 'slowRead'

const [count = 500, seconds = 10] = process.argv.slice(2).map(Number)
/** The attacker is another device than the normal person. */
const ATTACKER = '127.0.0.66'
const ROUNDS = 3
const PAUSE_MS = 5
/** Connections opened every quarter of a second, which is slowhttptest's default of 50 four times over. */
const STEP = 50
/** Who is refused comes back, but no faster than this: a flood of connections is another attack than holding still. */
const REOPEN_MS = 5_000

interface Attacker {
  readonly sockets: Set<Socket>
  close(): void
}

/** What one connection begins with; nobody may have so many uploads under way, so they are spread over several people. */
function openingOf(kind: Kind, port: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const common = `Host: 127.0.0.1:${port}\r\n${lines.join('')}`
  return {
    slowHeaders: `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`,
    slowBody: `POST /upload/image HTTP/1.1\r\n${common}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n--b\r\n`,
    // Sent ahead, so that the answers are more than the system's own buffers take.
    slowRead: `GET ${largestAsset} HTTP/1.1\r\n${common}\r\n`.repeat(8),
  }[kind]
}

function attack(kind: Kind, port: number, people: readonly Readonly<Record<string, string>>[]): Attacker {
  const sockets = new Set<Socket>()
  let isOver = false
  let opened = 0
  let next = 0
  const open = (): void => {
    if (isOver) return
    const socket = connect({ host: '127.0.0.1', port, localAddress: ATTACKER })
    sockets.add(socket)
    socket.on('error', () => undefined)
    // Each in its own time, as many devices would.
    const trickle = setInterval(
      () => {
        if (kind !== 'slowRead' && socket.writable) socket.write(kind === 'slowBody' ? 'x' : 'X-A: b\r\n')
      },
      800 + Math.random() * 400,
    )
    socket.on('close', () => {
      clearInterval(trickle)
      sockets.delete(socket)
      setTimeout(open, REOPEN_MS * (0.5 + Math.random()))
    })
    next += 1
    socket.write(openingOf(kind, port, people[next % people.length] ?? {}))
    if (kind === 'slowRead') socket.pause()
    else socket.resume()
  }
  const ramp = setInterval(() => {
    for (let at = 0; at < STEP && opened < count; at += 1, opened += 1) open()
    if (opened >= count) clearInterval(ramp)
  }, 250)
  return {
    sockets,
    close: () => {
      isOver = true
      clearInterval(ramp)
      for (const socket of sockets) socket.destroy()
    },
  }
}

const assets = join(import.meta.dirname, '..', '..', 'dist', 'pages', 'assets')
const [largest = ''] = readdirSync(assets).sort(
  (a, b) => statSync(join(assets, b)).size - statSync(join(assets, a)).size,
)
const largestAsset = `/gatehouse/assets/${largest}`

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

function ask(port: number, headers: Readonly<Record<string, string>>, fresh: boolean): Promise<number> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/queue', headers, agent: fresh ? false : agent }
    request(options, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - began)
        else reject(new Error(`answered ${response.statusCode}`))
      })
    })
      .on('error', reject)
      .end()
  })
}

async function measure(port: number, headers: Readonly<Record<string, string>>, ms: number) {
  const times: number[] = []
  let failed = 0
  const end = performance.now() + ms
  for (let at = 0; performance.now() < end; at += 1) {
    // Half of them on a new connection, as a page that is opened asks.
    await ask(port, headers, at % 2 === 0).then(
      (time) => times.push(time),
      () => (failed += 1),
    )
    await wait(PAUSE_MS)
  }
  return { times, failed }
}

const percentile = (times: readonly number[], part: number): number => {
  const sorted = [...times].sort((a, b) => a - b)
  return Math.round((sorted[Math.floor(sorted.length * part)] ?? NaN) * 100) / 100
}

const attackers = ['eve', 'eva', 'ewa', 'evi']
const served = await serveGatehouse({
  people: { mia: 'creator', eve: 'creator', eva: 'creator', ewa: 'creator', evi: 'creator' },
  frontendDirectory: undefined,
})
try {
  const port = Number(new URL(served.url).port)
  const mia = await served.signIn('mia')
  const eve: Record<string, string>[] = []
  for (const name of attackers) eve.push(await served.signIn(name))
  await measure(port, mia, 2000)
  for (const kind of ['slowHeaders', 'slowBody', 'slowRead'] as const) {
    const quiet: number[] = []
    const under: number[] = []
    let failed = 0
    let held = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      quiet.push(...(await measure(port, mia, (seconds * 1000) / ROUNDS)).times)
      const attacker = attack(kind, port, eve)
      await wait((count / STEP) * 250 + 500)
      const measured = await measure(port, mia, (seconds * 1000) / ROUNDS)
      held = attacker.sockets.size
      under.push(...measured.times)
      failed += measured.failed
      attacker.close()
      await wait(500)
    }
    const result = {
      kind,
      connections: count,
      openAtTheEnd: held,
      requests: under.length,
      failed,
      quietP50: percentile(quiet, 0.5),
      quietP99: percentile(quiet, 0.99),
      p50: percentile(under, 0.5),
      p99: percentile(under, 0.99),
      factor: Math.round((percentile(under, 0.99) / percentile(quiet, 0.99)) * 100) / 100,
    }
    process.stdout.write(`${JSON.stringify(result)}\n`)
  }
} finally {
  agent.destroy()
  await served.close()
}
