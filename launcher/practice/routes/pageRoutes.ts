import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { EngineContext } from '../engineContext.ts'
import { HttpAnswer, type EngineRequest } from '../http/engineRequest.ts'
import { sendFile } from '../http/fileResponse.ts'
import { guessContentType } from '../http/mimeTypes.ts'
import { methodNotAllowed, type Router } from '../http/router.ts'
import { joinInside, toForwardSlashes } from '../nodes/savePath.ts'
import { PLAIN_PAGE, PLAIN_PAGE_POLICY } from '../page/plainPage.ts'
import { EXTENSION_PATH, EXTENSION_SCRIPT } from '../page/practiceExtension.ts'
import { findTemplateFile, TEMPLATE_INDEX } from '../page/templates.ts'
import { stringifyJson } from '../values/json.ts'

const FRESH = { 'cache-control': 'no-cache', pragma: 'no-cache', expires: '0' }

/** The page at `/`, the list of extensions, the engine's own extension and its workflow templates. */
export function addPageRoutes(router: Router, { frontendDirectory }: EngineContext): void {
  router.add('GET', '/', (request) => sendIndex(request, frontendDirectory))
  router.add('GET', '/extensions', async (request) =>
    request.sendJson([...(frontendDirectory ? await listExtensions(frontendDirectory) : []), EXTENSION_PATH]),
  )
  router.addPlain('GET', EXTENSION_PATH, (request) =>
    request.send(200, EXTENSION_SCRIPT, { 'content-type': 'application/javascript; charset=utf-8' }),
  )
  router.add('GET', '/workflow_templates', (request) => request.sendJson({}))
  router.addPlain('GET', '/templates/index.json', (request) =>
    request.send(200, stringifyJson(TEMPLATE_INDEX), { 'content-type': 'application/json' }),
  )
  router.addPlain('GET', '/templates/{file}', async (request) => {
    const file = await findTemplateFile(request.param('file'))
    if (!file) throw new HttpAnswer(404)
    request.send(200, file.content, { 'content-type': file.type })
  })
}

/** Everything that is no route: files of the frontend. @throws HttpAnswer 403 for a folder, 404, 405 */
export async function sendStatic(request: EngineRequest, frontendDirectory: string | undefined): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed(['GET', 'HEAD'])
  const { segments } = request
  if (!frontendDirectory || !segments || segments.some((segment) => !isPlainSegment(segment))) throw new HttpAnswer(404)
  const path = joinInside(frontendDirectory, segments.join('/'))
  if (path === undefined) throw new HttpAnswer(404)
  await refuseFoldersAndLinks(frontendDirectory, path)
  await sendFile(request, path, { 'content-type': guessContentType(path) })
}

async function sendIndex(request: EngineRequest, frontendDirectory: string | undefined): Promise<void> {
  if (frontendDirectory)
    await sendFile(request, join(frontendDirectory, 'index.html'), { 'content-type': 'text/html', ...FRESH })
  else
    request.send(200, PLAIN_PAGE, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': PLAIN_PAGE_POLICY,
      ...FRESH,
    })
}

/** Anything that could mean another folder, on any operating system, is no file name here. */
function isPlainSegment(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !/[/\\:\0]/.test(segment)
}

async function refuseFoldersAndLinks(root: string, path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) throw new HttpAnswer(403, '403: Forbidden')
    if (joinInside(await realpath(root), await realpath(path)) === undefined) throw new HttpAnswer(404)
  } catch (error) {
    throw error instanceof HttpAnswer ? error : new HttpAnswer(404)
  }
}

async function listExtensions(frontendDirectory: string): Promise<string[]> {
  const list = async (directory: string): Promise<string[]> => {
    const files: string[] = []
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) files.push(...(await list(path)))
      else if (entry.name.endsWith('.js')) files.push(`/${toForwardSlashes(relative(frontendDirectory, path))}`)
    }
    return files
  }
  try {
    return await list(join(frontendDirectory, 'extensions'))
  } catch {
    // A frontend without extensions.
    return []
  }
}
