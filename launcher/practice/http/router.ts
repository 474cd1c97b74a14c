import { HttpAnswer, type EngineRequest } from './engineRequest.ts'

export type Handler = (request: EngineRequest) => Promise<void> | void

interface Route {
  readonly method: string
  readonly pattern: readonly string[]
  readonly handler: Handler
}

/** Routes by decoded path segments; the first that matches decides. `{name}` is one segment, `{name:.*}` the rest. */
export class Router {
  readonly #routes: Route[] = []

  /** Adds the route twice, also below /api, as ComfyUI does with all of its own. */
  add(method: string, path: string, handler: Handler): void {
    this.addPlain(method, `/api${path}`, handler)
    this.addPlain(method, path, handler)
  }

  /** Adds the route once. */
  addPlain(method: string, path: string, handler: Handler): void {
    this.#routes.push({ method, pattern: path.slice(1).split('/'), handler })
  }

  /** Every route, in aiohttp's form of paths. */
  list(): { method: string; path: string }[] {
    return this.#routes.map(({ method, pattern }) => ({
      method,
      path: `/${pattern.join('/').replaceAll(':.*}', '}')}`,
    }))
  }

  /** @returns false when no route has this path. @throws HttpAnswer 405 when the path has other methods only */
  async dispatch(request: EngineRequest): Promise<boolean> {
    const { segments } = request
    if (!segments) return false
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const allowed = new Set<string>()
    for (const route of this.#routes) {
      const params = match(route.pattern, segments)
      if (!params) continue
      if (route.method === method) {
        request.setParams(params)
        await route.handler(request)
        return true
      }
      allowed.add(route.method)
      if (route.method === 'GET') allowed.add('HEAD')
    }
    if (allowed.size === 0) return false
    throw methodNotAllowed(Array.from(allowed).sort())
  }
}

/** aiohttp's 405. */
export function methodNotAllowed(allowed: readonly string[]): HttpAnswer {
  return new HttpAnswer(405, '405: Method Not Allowed', { allow: allowed.join(',') })
}

function match(pattern: readonly string[], segments: readonly string[]): Map<string, string> | undefined {
  const params = new Map<string, string>()
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index]
    if (part.endsWith(':.*}')) {
      params.set(part.slice(1, -4), segments.slice(index).join('/'))
      return params
    }
    if (segment === undefined) return undefined
    if (!part.startsWith('{')) {
      if (part !== segment) return undefined
    } else {
      if (segment === '') return undefined
      params.set(part.slice(1, -1), segment)
    }
  }
  return pattern.length === segments.length ? params : undefined
}
