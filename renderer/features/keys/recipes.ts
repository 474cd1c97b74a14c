export interface Recipe {
  readonly title: string
  readonly hint: string
  readonly code: string
}

/** How to use a key with what people have, with the real address. `key` may be a placeholder. */
export function createRecipes(options: { url: string; userName: string; key: string }): Recipe[] {
  const url = options.url.replace(/\/$/, '')
  const { key } = options
  return [
    {
      title: 'curl',
      hint: 'In a terminal. Shows what ComfyUI runs on.',
      code: `curl -H 'Authorization: Bearer ${key}' \\\n  ${url}/system_stats`,
    },
    {
      title: 'Python',
      hint: 'Sends a workflow that was saved with “Export (API)” in ComfyUI. Needs nothing but Python.',
      code: `import json, urllib.request

workflow = json.load(open("workflow_api.json"))
request = urllib.request.Request(
    "${url}/prompt",
    data=json.dumps({"prompt": workflow}).encode(),
    headers={
        "Authorization": "Bearer ${key}",
        "Content-Type": "application/json",
    },
)
print(json.load(urllib.request.urlopen(request)))`,
    },
    {
      title: 'Krita',
      hint: 'AI Image Generation, Configure, Connection, Custom Server: put this as the server’s address. Needs a version of the plugin that takes a name and key there.',
      code: toUrlWithCredentials(url, options.userName, key),
    },
    {
      title: 'JavaScript',
      hint: 'Sends a workflow and listens to its progress. In Node.js 22 or newer.',
      code: `import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

const key = '${key}'
const clientId = randomUUID()
const socket = new WebSocket('${url.replace(/^http/, 'ws')}/ws?clientId=' + clientId, [
  'gatehouse.bearer.' + key,
])
socket.onmessage = ({ data }) => console.log(data)

const workflow = JSON.parse(readFileSync('workflow_api.json', 'utf8'))
const response = await fetch('${url}/prompt', {
  method: 'POST',
  headers: { Authorization: 'Bearer ' + key, 'Content-Type': 'application/json' },
  body: JSON.stringify({ prompt: workflow, client_id: clientId }),
})
console.log(await response.json())`,
    },
  ]
}

function toUrlWithCredentials(url: string, userName: string, key: string): string {
  return url.replace('://', `://${encodeURIComponent(userName)}:${key}@`)
}
