import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

const compressible = new Set(['.css', '.js', '.json', '.map', '.svg'])
const MIN_COMPRESSED_BYTES = 1024

interface Asset {
  readonly body: Buffer
  readonly compressed: Buffer | undefined
  readonly type: string
  readonly etag: string
  /** Named by its content, so it never changes under this name. */
  readonly isImmutable: boolean
}

export interface BuiltPages {
  readonly owner: string
  readonly portal: string
  readonly assets: ReadonlyMap<string, Asset>
}

/**
 * Reads the built pages once. A request looks up a name in this list and never touches the disk, so no path in a URL
 * leads anywhere else (path traversal).
 */
export function readBuiltPages(directory: string): BuiltPages | undefined {
  const pages = ['owner.html', 'portal.html'].map((name) => join(directory, name))
  const [owner = '', portal = ''] = pages
  if (!pages.every((file) => existsSync(file))) return undefined
  const assetsDirectory = join(directory, 'assets')
  const names = existsSync(assetsDirectory) ? readdirSync(assetsDirectory, { withFileTypes: true }) : []
  const assets = names
    .filter((entry) => entry.isFile() && contentTypes[extname(entry.name)] !== undefined)
    .map((entry) => [entry.name, readAsset(join(assetsDirectory, entry.name))] as const)
  return { owner: readFileSync(owner, 'utf8'), portal: readFileSync(portal, 'utf8'), assets: new Map(assets) }
}

function readAsset(file: string): Asset {
  const body = readFileSync(file)
  const extension = extname(file)
  const mayCompress = compressible.has(extension) && body.length >= MIN_COMPRESSED_BYTES
  return {
    body,
    compressed: mayCompress ? gzipSync(body) : undefined,
    type: contentTypes[extension] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`,
    isImmutable: /-[\w-]{8}\.\w+$/.test(file),
  }
}

export function writeAsset(asset: Asset, incoming: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.setHeader('content-type', asset.type)
  outgoing.setHeader('etag', asset.etag)
  outgoing.setHeader('cache-control', asset.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
  outgoing.setHeader('x-content-type-options', 'nosniff')
  outgoing.setHeader('referrer-policy', 'same-origin')
  outgoing.setHeader('cross-origin-resource-policy', 'same-origin')
  outgoing.setHeader('vary', 'accept-encoding')
  // An SVG opened by itself is a document of our origin.
  if (asset.type === 'image/svg+xml') outgoing.setHeader('content-security-policy', "default-src 'none'; sandbox")
  if (incoming.headers['if-none-match'] === asset.etag) {
    outgoing.statusCode = 304
    outgoing.end()
    return
  }
  const acceptsGzip = /\bgzip\b/.test(incoming.headers['accept-encoding'] ?? '')
  const body = acceptsGzip && asset.compressed !== undefined ? asset.compressed : asset.body
  if (body === asset.compressed) outgoing.setHeader('content-encoding', 'gzip')
  outgoing.setHeader('content-length', body.length)
  outgoing.end(incoming.method === 'HEAD' ? undefined : body)
}
