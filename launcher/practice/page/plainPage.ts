import { createHash } from 'node:crypto'

const STYLE = `
:root { color-scheme: light dark; --ground: #f6f5f2; --card: #ffffff; --ink: #22262b; --soft: #667079; --line: #dcd9d2; --accent: #2f6f5e; --on-accent: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ground: #16191c; --card: #1f2428; --ink: #e8e6e1; --soft: #9aa4ac; --line: #343b41; --accent: #5fb39a; --on-accent: #10211c; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem; }
h1 { margin: 0; font-size: 1.6rem; font-weight: 650; }
p.about { margin: .4rem 0 1.75rem; color: var(--soft); max-width: 46rem; }
.columns { display: grid; gap: 1.25rem; grid-template-columns: minmax(16rem, 20rem) 1fr; align-items: start; }
@media (max-width: 46rem) { .columns { grid-template-columns: 1fr; } }
form, figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1.25rem; }
label { display: block; font-weight: 600; font-size: .9rem; margin-bottom: 1rem; }
textarea, input { display: block; width: 100%; margin-top: .3rem; padding: .55rem .7rem; font: inherit; font-weight: 400; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 9px; }
textarea { min-height: 5.5rem; resize: vertical; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.buttons { display: flex; gap: .6rem; }
button { flex: 1; padding: .6rem 1rem; font: inherit; font-weight: 600; border-radius: 9px; border: 1px solid var(--line); background: transparent; color: inherit; cursor: pointer; }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button:disabled { opacity: .5; cursor: default; }
.frame { aspect-ratio: 1; max-width: 34rem; margin: 0 auto; display: grid; place-items: center; background: var(--ground); border-radius: 10px; overflow: hidden; color: var(--soft); }
.frame img { width: 100%; height: 100%; object-fit: contain; display: block; }
progress { display: block; width: 100%; height: .5rem; accent-color: var(--accent); }
figcaption { min-height: 1.5rem; margin: .4rem 0 .8rem; color: var(--soft); font-size: .9rem; }
`

const SCRIPT = `
const byId = (id) => document.getElementById(id)
const form = byId('form'), run = byId('run'), stop = byId('stop'), frame = byId('frame'), bar = byId('progress'), words = byId('words')
let socket, clientId = '', promptId = '', previewUrl = ''

const say = (text) => { words.textContent = text }
const show = (url, description) => {
  const image = new Image()
  image.alt = description
  image.src = url
  frame.replaceChildren(image)
}
const rest = () => { run.disabled = false; stop.disabled = true; promptId = '' }
const fail = (text) => { rest(); say(text) }

const onPreview = (bytes) => {
  const view = new DataView(bytes)
  if (view.getUint32(0) !== 1) return
  const url = URL.createObjectURL(new Blob([bytes.slice(8)], { type: view.getUint32(4) === 2 ? 'image/png' : 'image/jpeg' }))
  show(url, 'The picture so far')
  if (previewUrl) URL.revokeObjectURL(previewUrl)
  previewUrl = url
}

const onMessage = ({ type, data }) => {
  if (type === 'status' && data.sid) clientId = data.sid
  if (!promptId || data.prompt_id !== promptId) return
  if (type === 'progress') { bar.max = data.max; bar.value = data.value; say('Step ' + data.value + ' of ' + data.max) }
  if (type === 'executed' && data.output && data.output.images) {
    const image = data.output.images[0]
    show('view?' + new URLSearchParams({ filename: image.filename, subfolder: image.subfolder, type: image.type }), 'The finished picture')
  }
  if (type === 'execution_success') { rest(); say('Done. It is saved in the output folder.') }
  if (type === 'execution_interrupted') fail('Stopped.')
  if (type === 'execution_error') fail('That did not work: ' + data.exception_message)
}

const connect = () => new Promise((resolve, reject) => {
  if (socket && socket.readyState === WebSocket.OPEN && clientId) return resolve()
  const address = new URL('ws', location.href)
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  socket = new WebSocket(address)
  socket.binaryType = 'arraybuffer'
  socket.onerror = () => reject(new Error('The connection was refused. Reload the page; you may have to sign in again.'))
  socket.onclose = () => { clientId = ''; if (promptId) fail('The connection was lost.') }
  socket.onmessage = ({ data }) => {
    if (typeof data !== 'string') return onPreview(data)
    onMessage(JSON.parse(data))
    if (clientId) resolve()
  }
})

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  run.disabled = true
  bar.value = 0
  say('Waiting for its turn')
  try {
    await connect()
    const seed = Math.floor(Math.random() * 2 ** 48)
    const sampler = { text: byId('text').value, seed, steps: Number(byId('steps').value), width: 512, height: 512, batch_size: 1, milliseconds_per_step: 150 }
    const prompt = {
      1: { class_type: 'PracticeSampler', inputs: sampler },
      2: { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'Practice' } },
    }
    const answer = await fetch('prompt', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ prompt, client_id: clientId, prompt_id: makeUuid() }) })
    const result = await answer.json()
    if (!answer.ok) throw new Error(result.error && result.error.message || 'The engine said no.')
    stop.disabled = false
  } catch (error) {
    fail(error instanceof SyntaxError ? 'The answer was not understood. Reload the page; you may have to sign in again.' : error.message)
  }
})

// Not crypto.randomUUID: pages over plain http have no secure context.
const makeUuid = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 15) | 64
  bytes[8] = (bytes[8] & 63) | 128
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  promptId = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  return promptId
}

stop.addEventListener('click', () => fetch('interrupt', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ prompt_id: promptId }) }))
`

/** Only what is on the page itself may run, whatever else this origin serves. */
export const PLAIN_PAGE_POLICY = `default-src 'none'; script-src '${hashOf(SCRIPT)}'; style-src '${hashOf(STYLE)}'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'self'`

/** The engine's own page, for when ComfyUI's frontend is not installed: one workflow, its progress and its picture. */
export const PLAIN_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Practice engine</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Practice engine</h1>
<p class="about">This small engine stands in for ComfyUI: no model, no graphics card, but the same connections, queue and files. Try everything around it; then choose a real ComfyUI.</p>
<div class="columns">
<form id="form">
<label>Words for the picture<textarea id="text">misty mountains at sunrise</textarea></label>
<label>Steps<input id="steps" type="number" min="1" max="200" value="20" required></label>
<div class="buttons"><button id="run" class="primary" type="submit">Run</button><button id="stop" type="button" disabled>Stop</button></div>
</form>
<figure>
<progress id="progress" value="0" max="1" aria-label="Progress"></progress>
<figcaption id="words" role="status">Ready.</figcaption>
<div class="frame" id="frame">Press Run to draw a picture.</div>
</figure>
</div>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
