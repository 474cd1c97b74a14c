import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import type { Recipe } from '../keys/recipes.ts'

interface RecipeOptions {
  /** Where people reach the gate. */
  readonly url: string
  readonly workflowId: string
  readonly inputs: readonly WorkflowInput[]
  /** A key, or a placeholder for one. */
  readonly key: string
}

/** Longer ones are left as they were published: a recipe is there to be read. */
const shownTextLength = 200

/** The example's values: seeds are left to be drawn, pictures are uploaded by the lines themselves. */
export function exampleInputs(inputs: readonly WorkflowInput[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    inputs
      .filter(({ kind }) => kind !== 'seed' && kind !== 'image')
      .filter((input) => input.kind !== 'text' || input.default.length <= shownTextLength)
      .map((input) => [input.key, input.default]),
  )
}

/** How to run one workflow by curl, Python and JavaScript, wait for its picture and fetch it. */
export function createWorkflowRecipes(options: RecipeOptions): Recipe[] {
  const pictures = options.inputs.filter(({ kind }) => kind === 'image').map(({ key }) => key)
  const given = { ...options, url: options.url.replace(/\/$/, ''), pictures }
  const uploads = pictures.length === 0 ? '' : ' It starts from photo.png beside it.'
  const seeds = options.inputs.some(({ kind }) => kind === 'seed') ? ' A seed that you do not give is drawn.' : ''
  return [
    {
      title: 'curl',
      hint: `In a terminal (on Windows: Git Bash). Runs it, waits, and saves picture.png.${uploads}${seeds}`,
      code: toShell(given),
    },
    { title: 'Python', hint: `The same. Needs nothing but Python.${uploads}${seeds}`, code: toPython(given) },
    { title: 'JavaScript', hint: `The same, in Node.js 20 or newer.${uploads}${seeds}`, code: toJavaScript(given) },
  ]
}

interface Given extends RecipeOptions {
  readonly pictures: readonly string[]
}

/** One word of a POSIX shell, whatever is in it. */
const quoteForShell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Stands for the name that the upload gets; JSON never has this sign as it is. */
const pictureMark = '\u0000'

function toShell({ url, workflowId, inputs, key, pictures }: Given): string {
  const values = Object.entries(exampleInputs(inputs)).map((entry) =>
    entry.map((part) => JSON.stringify(part)).join(':'),
  )
  const uploaded = pictures.map((name) => `${JSON.stringify(name)}:"${pictureMark}"`)
  const body = `{"inputs":{${[...values, ...uploaded].join(',')}}}`
  const quoted = quoteForShell(body).replaceAll(pictureMark, `'"$picture"'`)
  return [
    `api=${quoteForShell(`${url}/gatehouse/api/v1`)}`,
    `ask() { curl -sS --fail-with-body -H ${quoteForShell(`Authorization: Bearer ${key}`)} "$@"; }`,
    `read_from() { sed -n 's/.*"'"$1"'" *: *"\\([^"]*\\)".*/\\1/p'; }`,
    ...(pictures.length === 0
      ? []
      : [`picture=$(ask -F 'image=@photo.png' ${quoteForShell(`${url}/upload/image`)} | read_from name)`]),
    `started=$(ask -H 'Content-Type: application/json' "$api/workflows/${workflowId}/run" \\`,
    `  -d ${quoted})`,
    `job=$(printf '%s\\n' "$started" | read_from jobId)`,
    // A refusal says why.
    `[ -n "$job" ] || printf '%s\\n' "$started"`,
    `until [ -z "$job" ] || ask "$api/jobs/$job" | grep -Eq '"state" *: *"(succeeded|failed|cancelled)"'; do sleep 1; done`,
    // Files are noted a moment after the job has ended.
    `output=`,
    `for moment in 1 2 3 4 5; do`,
    `  [ -z "$job" ] && break`,
    `  output=$(ask "$api/outputs?job=$job&limit=1" | grep -o '"id":"[^"]*"' | head -n 1 | cut -d '"' -f 4)`,
    `  [ -n "$output" ] && break; sleep 1`,
    `done`,
    `[ -n "$output" ] && ask -o picture.png "$api/outputs/$output/file"`,
  ].join('\n')
}

/** JSON is Python but for three words, and strings never hold those outside of their quotes. */
function toPythonValue(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value)
}

function toPython({ url, workflowId, inputs, key, pictures }: Given): string {
  const values = Object.entries(exampleInputs(inputs)).map(
    ([name, value]) => `    ${JSON.stringify(name)}: ${toPythonValue(value)},`,
  )
  const uploaded = pictures.map((name) => `    ${JSON.stringify(name)}: upload("photo.png"),`)
  return `import json, time, urllib.request${pictures.length === 0 ? '' : ', uuid'}

URL = ${JSON.stringify(url)}
API = URL + "/gatehouse/api/v1"
KEY = ${JSON.stringify(key)}

def ask(address, data=None, kind="application/json"):
    headers = {"Authorization": "Bearer " + KEY, "Content-Type": kind}
    return urllib.request.urlopen(urllib.request.Request(address, data, headers)).read()
${
  pictures.length === 0
    ? ''
    : `
def upload(path):
    edge = uuid.uuid4().hex
    head = f'--{edge}\\r\\nContent-Disposition: form-data; name="image"; filename="{path}"\\r\\n\\r\\n'
    data = head.encode() + open(path, "rb").read() + f"\\r\\n--{edge}--\\r\\n".encode()
    return json.loads(ask(URL + "/upload/image", data, "multipart/form-data; boundary=" + edge))["name"]
`
}
inputs = {
${[...values, ...uploaded].join('\n')}
}
body = json.dumps({"inputs": inputs}).encode()
job = json.loads(ask(API + "/workflows/${workflowId}/run", body))["jobId"]
state, outputs = "waiting", []
while state not in ("succeeded", "failed", "cancelled"):
    time.sleep(1)
    state = json.loads(ask(API + "/jobs/" + job))["state"]
for moment in range(5):
    if not outputs:
        time.sleep(1)
        outputs = json.loads(ask(API + "/outputs?job=" + job))["items"]
for output in outputs:
    with open(output["name"], "wb") as file:
        file.write(ask(API + "/outputs/" + output["id"] + "/file"))
    print(output["name"])`
}

function toJavaScript({ url, workflowId, inputs, key, pictures }: Given): string {
  const values = Object.entries(exampleInputs(inputs)).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},`,
  )
  const uploaded = pictures.map((name) => `  ${JSON.stringify(name)}: await upload('photo.png'),`)
  const body = 'JSON.stringify({ inputs })'
  return `import { ${pictures.length === 0 ? '' : 'readFile, '}writeFile } from 'node:fs/promises'

const url = ${JSON.stringify(url)}
const api = url + '/gatehouse/api/v1'
const headers = { Authorization: ${JSON.stringify(`Bearer ${key}`)} }

async function ask(address, more = {}) {
  const answer = await fetch(address, { ...more, headers: { ...headers, ...more.headers } })
  if (!answer.ok) throw new Error(await answer.text())
  return answer
}
${
  pictures.length === 0
    ? ''
    : `
async function upload(path) {
  const body = new FormData()
  body.append('image', new Blob([await readFile(path)]), path)
  return (await (await ask(url + '/upload/image', { method: 'POST', body })).json()).name
}
`
}
const inputs = {
${[...values, ...uploaded].join('\n')}
}
const json = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: ${body} }
const { jobId } = await (await ask(api + '/workflows/${workflowId}/run', json)).json()
const wait = () => new Promise((resolve) => setTimeout(resolve, 1000))
let state = 'waiting'
while (!['succeeded', 'failed', 'cancelled'].includes(state)) {
  await wait()
  state = (await (await ask(api + '/jobs/' + jobId)).json()).state
}
let outputs = []
for (let moment = 0; moment < 5 && outputs.length === 0; moment += 1) {
  await wait()
  outputs = (await (await ask(api + '/outputs?job=' + jobId)).json()).items
}
for (const { id, name } of outputs) {
  await writeFile(name, Buffer.from(await (await ask(api + '/outputs/' + id + '/file')).arrayBuffer()))
  console.log(name)
}`
}
