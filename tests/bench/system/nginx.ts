import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { ChildProcesses } from './childProcesses.ts'
import { findFreePort } from './freePort.ts'
import { findChildren } from './processStats.ts'

export interface RunningNginx {
  /** The port in front of each upstream, in the order given. */
  readonly ports: readonly number[]
  readonly workerPid: number
}

export function findNginxVersion(): string | undefined {
  const { stderr, error } = spawnSync('nginx', ['-v'], { encoding: 'utf8' })
  return error === undefined ? /nginx\/(\S+)/.exec(stderr)?.[1] : undefined
}

/**
 * One worker with kept connections to the upstream, no access log, nothing on the disk, and otherwise as it comes: the
 * size of its buffers decides what large bodies cost it, and the targets were found with these. It checks no key.
 */
export async function startNginx(
  children: ChildProcesses,
  directory: string,
  upstreamPorts: readonly number[],
): Promise<RunningNginx> {
  mkdirSync(join(directory, 'temp'), { recursive: true })
  const ports: number[] = []
  while (ports.length < upstreamPorts.length) ports.push(await findFreePort())
  const file = join(directory, 'nginx.conf')
  writeFileSync(file, configuration(directory, upstreamPorts, ports))
  const started = children.start({
    name: 'nginx',
    file: 'nginx',
    args: ['-p', directory, '-e', 'stderr', '-c', file, '-g', 'daemon off;'],
  })
  await started.waitUntil(async () => {
    const answers = await Promise.all(ports.map(accepts))
    return answers.every(Boolean) && findChildren(started.pid).length > 0
  }, 10_000)
  return { ports, workerPid: findChildren(started.pid)[0] ?? started.pid }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const finish = (isOpen: boolean): void => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => finish(true))
    socket.once('error', () => finish(false))
  })
}

function configuration(directory: string, upstreamPorts: readonly number[], ports: readonly number[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${join(directory, 'temp', name)};`)
    .join('\n')
  // Started by root, its worker would be another user who cannot enter our folder.
  const user = process.getuid?.() === 0 ? 'user root;\n' : ''
  const servers = ports.map((port, at) => server(port, upstreamPorts[at] ?? 0, at)).join('\n')
  return `${user}worker_processes 1;
pid ${join(directory, 'nginx.pid')};
error_log stderr error;
events { worker_connections 2048; }
http {
  access_log off;
${temporary}
  keepalive_requests 100000000;
  client_max_body_size 0;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
${servers}
}
`
}

function server(port: number, upstreamPort: number, at: number): string {
  return `  upstream engine${at} {
    server 127.0.0.1:${upstreamPort};
    keepalive 128;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://engine${at};
      proxy_http_version 1.1;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Upgrade $http_upgrade;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      proxy_read_timeout 600s;
    }
  }`
}
