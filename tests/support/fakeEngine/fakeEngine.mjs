// A stand-in for an engine: it speaks health and nothing else, and misbehaves on demand (POST /fake/<deed> with the secret).
import { spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import process from 'node:process'
import { setInterval, setTimeout } from 'node:timers'
import { URL } from 'node:url'

const argument = (name) => process.argv[process.argv.indexOf(name) + 1]
const port = Number(argument('--port'))
const baseDirectory = argument('--base-directory')
const config = JSON.parse(process.env.FAKE_ENGINE ?? '{}')
let secret = process.env.GATEHOUSE_SECRET ?? ''
let bootId = randomBytes(16).toString('hex')
let workerAlive = true

fs.appendFileSync(path.join(baseDirectory, 'starts.log'), `${process.pid} ${port}\n`)
fs.writeFileSync(path.join(baseDirectory, 'environment.json'), JSON.stringify(process.env))
const starts = fs.readFileSync(path.join(baseDirectory, 'starts.log'), 'utf8').trim().split('\n').length

for (const line of config.stderr ?? []) process.stderr.write(`${line}\n`)
process.stderr.write(`leaking ${secret} on purpose\n`)
if (starts <= (config.failStarts ?? 0)) process.exit(config.exitCode ?? 1)
if (config.ignoreSignals) for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined)
else for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))

const stubborn = `for (const s of ['SIGINT','SIGTERM','SIGHUP']) process.on(s, () => {}); setInterval(() => {}, 1000)`
const bear = (options) => {
  const child = spawn(process.execPath, ['-e', stubborn], { stdio: 'ignore', ...options })
  child.unref()
  return child.pid
}

const deeds = {
  stubbornChild: () => bear({}),
  runawayChild: () => bear({ detached: true }),
  // Like ComfyUI-Manager's execv: another boot of the same pid, which no longer knows the secret.
  restartInside: () => {
    bootId = randomBytes(16).toString('hex')
    secret = ''
  },
  workerDead: () => {
    workerAlive = false
  },
  exit: (code) => {
    setTimeout(() => process.exit(code), 10)
  },
  stopListening: () => {
    server.close()
  },
  hang: (ms) => {
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms), 10)
  },
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1')
  response.setHeader('connection', 'close')
  const nonce = url.searchParams.get('nonce')
  if (url.pathname === '/gatehouse/companion/health' && nonce !== null && secret !== '') {
    const proof = createHmac('sha256', secret).update(`health\n${nonce}\n${bootId}`).digest('hex')
    const health = {
      ok: true,
      bootId,
      engine: 'practice',
      version: '1.2.3',
      patches: { fake: true },
      workerAlive,
      proof,
    }
    response.end(JSON.stringify(health))
  } else if (secret === '' || request.headers['x-gatehouse-secret'] !== secret) {
    response.writeHead(403).end()
  } else {
    const [, , deed] = url.pathname.split('/')
    response.end(JSON.stringify({ result: deeds[deed]?.(Number(url.searchParams.get('value'))) ?? null }))
  }
})

// An impostor got the port first: it answers whatever it was told and writes down all it hears.
const impostor = net.createServer((socket) => {
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => {
    fs.appendFileSync(path.join(baseDirectory, 'heard.log'), chunk)
    socket.end(config.impostor)
  })
})

if (config.impostor !== undefined) impostor.listen(port, '127.0.0.1')
else if (config.listen !== false) server.listen(port, '127.0.0.1')
else setInterval(() => undefined, 1_000)
