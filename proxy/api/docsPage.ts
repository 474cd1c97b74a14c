import { z } from 'zod'
import { errorCodes, errorStatus } from '../contract/errorCodes.ts'
import { escapeHtml } from '../http/escapeHtml.ts'
import { pagePolicy } from '../http/securityHeaders.ts'

const style = `:root{color-scheme:light dark}
body{margin:0 auto;max-width:56rem;padding:2rem 1.5rem;font:16px/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}
h1{font-size:1.75rem}
h2{font-size:1.1rem;margin:2.5rem 0 .25rem;font-family:ui-monospace,monospace;overflow-wrap:anywhere}
p{margin:.25rem 0 .5rem}
pre{overflow:auto;padding:.75rem 1rem;border:1px solid GrayText;border-radius:8px;font-size:13px}
td{padding:.1rem 1.5rem .1rem 0;font-family:ui-monospace,monospace;font-size:13px}
summary{cursor:pointer}`

/** The reference carries its own style and nothing else. */
export const docsPagePolicy = pagePolicy(style)

const contentSchema = z.record(z.string(), z.object({ schema: z.unknown() }))
const operationSchema = z.object({
  summary: z.string().default(''),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), required: z.boolean().default(false) })).default([]),
  requestBody: z.object({ content: contentSchema }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: contentSchema.optional() })),
})
const documentSchema = z.object({
  info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
})
type Operation = z.infer<typeof operationSchema>

/** A readable reference made of the OpenAPI document; a page without scripts. */
export function createDocsPage(openApi: object): string {
  const { info, paths } = documentSchema.parse(openApi)
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => describeOperation(method, path, operation)),
  )
  const codes = errorCodes.map((code) => `<tr><td>${code}</td><td>${errorStatus[code]}</td></tr>`).join('')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(info.title)} API</title><style>${style}</style></head>
<body><h1>${escapeHtml(info.title)} API</h1><p>${escapeHtml(info.description)}</p>
<p>For programs: <a href="/gatehouse/api/openapi.json">openapi.json</a></p>
${operations.join('\n')}
<h2>Codes of refusals</h2><table>${codes}</table></body></html>
`
}

function describeOperation(method: string, path: string, operation: Operation): string {
  const parameters = operation.parameters.map(
    (parameter) => `${parameter.name} (${parameter.in}${parameter.required ? '' : ', optional'})`,
  )
  const body = Object.values(operation.requestBody?.content ?? {})[0]
  const [status, answer] = Object.entries(operation.responses).find(([code]) => code.startsWith('2')) ?? []
  const answerBody = Object.values(answer?.content ?? {})[0]
  return [
    `<h2>${method.toUpperCase()} ${escapeHtml(path)}</h2><p>${escapeHtml(operation.summary)}.</p>`,
    parameters.length === 0 ? '' : `<p>Parameters: ${escapeHtml(parameters.join(', '))}</p>`,
    body === undefined ? '' : describeSchema('Body', body.schema),
    answer === undefined ? '' : `<p>Answers ${escapeHtml(status ?? '')}: ${escapeHtml(answer.description)}.</p>`,
    answerBody === undefined ? '' : describeSchema('Answer', answerBody.schema),
  ].join('')
}

const describeSchema = (title: string, schema: unknown): string =>
  `<details><summary>${title}</summary><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre></details>`
