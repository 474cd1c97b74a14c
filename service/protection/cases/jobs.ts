import type { AttackCase } from '../attackCase.ts'
import { hold, holdStatuses } from '../attackOutcome.ts'
import type { Tried } from '../attackOutcome.ts'
import { drawing, Jobs } from '../jobs.ts'
import { pngSize, tinyPng } from '../tinyPng.ts'
import { until } from '../waiting.ts'

/** What one person tries against another's jobs, with the same rights. */
export const jobCases: readonly AttackCase[] = [
  {
    id: 'two-jobs-waiting',
    title: 'Several jobs in line at once, which once broke the queue for everybody',
    holes: ['S-11'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const jobs = new Jobs(gate, standIn, 'creator')
      const ids = [
        await jobs.queue(drawing('s11', 400)),
        await jobs.queue(drawing('s11')),
        await jobs.queue(drawing('s11')),
      ]
      for (const id of ids) hold((await jobs.ended(id)).status.status_str === 'success', 'a job in line failed')
      return '3 jobs were taken one behind the other, and all ran to their end.'
    },
  },
  {
    id: 'cancel-own-job',
    title: 'Cancelling a job that waits and one that runs, which once failed and left them in place',
    holes: ['S-12'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const jobs = new Jobs(gate, standIn, 'creator')
      const running = await jobs.queue(drawing('s12', 8_000))
      const waiting = await jobs.queue(drawing('s12'))
      const cancelled = await jobs.ask('POST', '/queue', { delete: [waiting] })
      const stopped = await jobs.ask('POST', '/interrupt', { prompt_id: running })
      hold(
        cancelled.status === 200 && stopped.status === 200,
        `answered with ${cancelled.status} and ${stopped.status}`,
      )
      await until(async () => (await jobs.active()).length === 0, 'both jobs are gone')
      return 'Both jobs were gone at once.'
    },
  },
  {
    id: 'others-queue',
    title: 'Reading in the queue what somebody else draws',
    holes: ['S-13'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const hers = new Jobs(gate, standIn, 'creator')
      const his = new Jobs(gate, standIn, 'other')
      const id = await hers.queue(drawing('s13-secret-name', 3_000))
      for (const path of [
        '/queue',
        '/api/queue',
        '/history',
        '/api/history',
        '/api/jobs',
        `/history/${id}`,
        '/prompt',
      ]) {
        const { text } = await his.ask('GET', path)
        hold(!text.includes(id) && !text.includes('s13-secret-name'), `${path} shows somebody else's job`)
        hold(!text.includes(standIn.people.creator.id), `${path} names who draws`)
      }
      await hers.tidy()
      return '7 addresses, none tells of the other person’s job.'
    },
  },
  {
    id: 'others-history',
    title: 'Deleting and clearing somebody else’s history, or pushing it out by many jobs',
    holes: ['S-14'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const hers = new Jobs(gate, standIn, 'creator')
      const his = new Jobs(gate, standIn, 'other')
      const { promptId } = await hers.make(drawing('s14'))
      await his.ask('POST', '/history', { delete: [promptId] })
      await his.ask('POST', '/history', { clear: true })
      await his.ask('POST', '/api/history', { clear: true, delete: [promptId] })
      const { text } = await hers.ask('GET', '/history?max_items=1')
      await his.make(drawing('s14'))
      const after = await hers.ask('GET', '/history?max_items=1')
      hold(text.includes(promptId) && after.text.includes(promptId), 'the other person’s result is gone')
      return 'The result stayed where it was.'
    },
  },
  {
    id: 'paid-credentials',
    title: 'Reading somebody’s sign-in for paid nodes out of queue, history or the disk',
    holes: ['S-15'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const hers = new Jobs(gate, standIn, 'creator')
      const tokens = {
        auth_token_comfy_org: 'paid-token-s15',
        api_key_comfy_org: 'comfyui-s15aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      }
      const running = await hers.queue(drawing('s15', 600))
      const { promptId } = await hers.make(drawing('s15'), { extra_data: tokens })
      await hers.ended(running)
      for (const path of ['/queue', '/history', '/api/jobs', `/history/${promptId}`, `/api/jobs/${promptId}`]) {
        const { text } = await hers.ask('GET', path)
        for (const token of Object.values(tokens)) hold(!text.includes(token), `${path} shows the token`)
      }
      const found = Object.values(tokens).flatMap((token) => standIn.findInFiles(token))
      hold(found.length === 0, `the token stands in ${found.join(', ')}`)
      return 'The job ran with it, and it is in no answer and in no file.'
    },
  },
  {
    id: 'stop-others-job',
    title: 'Stopping, deleting and overtaking somebody else’s job',
    holes: ['S-16'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const hers = new Jobs(gate, standIn, 'creator')
      const his = new Jobs(gate, standIn, 'other')
      const id = await hers.queue(drawing('s16', 1_500))
      const waiting = await hers.queue(drawing('s16'))
      for (const path of ['/interrupt', '/api/interrupt']) {
        for (const body of [{}, { prompt_id: id }, '', 'stop']) await his.ask('POST', path, body)
      }
      for (const body of [{ clear: true }, { delete: [id, waiting] }]) await his.ask('POST', '/queue', body)
      for (const one of [id, waiting]) await his.ask('POST', `/api/jobs/${one}/cancel`, {})
      await his.ask('POST', '/api/jobs/cancel', { ids: [id, waiting], job_ids: [id, waiting] })
      for (const one of [id, waiting]) await his.ask('DELETE', `/gatehouse/api/v1/jobs/${one}`)
      for (const one of [id, waiting]) {
        const { status } = await hers.ended(one)
        hold(status.status_str === 'success', `a job of the other person's ended with ${status.status_str}`)
      }
      return '15 tries; the job that ran and the one that waited came to their end.'
    },
  },
  {
    id: 'free-others-models',
    title: 'Throwing the models of everybody out of memory',
    holes: ['L-19', 'S-16'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const before = standIn.heard('/free')
      const tried: Tried[] = []
      for (const name of ['creator', 'user', 'viewer', 'guest'] as const) {
        for (const path of ['/free', '/api/free']) {
          const jobs = new Jobs(gate, standIn, name)
          const { status } = await jobs.ask('POST', path, { unload_models: true, free_memory: true })
          tried.push({ what: `POST ${path} as ${name}`, status })
        }
      }
      holdStatuses(tried, [200, 403])
      hold(standIn.heard('/free') === before, 'the engine was told to')
      return '8 tries; the engine heard of none.'
    },
  },
  {
    id: 'mixed-up-people',
    title: 'Two people’s jobs in turn, so that one’s job works with the other’s pictures',
    holes: ['S-10', 'S-7'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const sizes = { creator: 8, other: 24 } as const
      const both = Object.entries(sizes).map(([name, size]) => {
        const jobs = new Jobs(gate, standIn, name === 'creator' ? 'creator' : 'other')
        return { jobs, size }
      })
      for (const { jobs, size } of both) await jobs.upload('same_name.png', tinyPng(size, size), { overwrite: 'true' })
      const prompt = {
        '1': { class_type: 'LoadImage', inputs: { image: 'same_name.png' } },
        '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 's10' } },
      }
      for (let turn = 0; turn < 3; turn += 1) {
        // Both wait at once: the second is sent while the first runs.
        const made = await Promise.all(both.map(({ jobs }) => jobs.make(prompt)))
        for (const [at, { file }] of made.entries()) {
          const one = both[at]
          if (one === undefined) continue
          const size = pngSize((await one.jobs.view(file)).bytes)
          hold(size?.width === one.size, 'a job worked with the other person’s picture')
        }
      }
      return '6 jobs in turn under one name; each worked with its own person’s picture.'
    },
  },
  {
    id: 'take-over-socket',
    title: 'Opening a WebSocket in somebody else’s name to hear what their job shows',
    holes: ['S-18', 'L-22'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const path = '/ws?clientId=attack-client-id'
      const hers = await gate.openSocket(path, standIn.key('creator'))
      const his = await gate.openSocket(path, standIn.key('other'))
      hold('socket' in hers && 'socket' in his, 'a WebSocket was not opened')
      const heard = { hers: '', his: '' }
      hers.socket.on('message', (data: Buffer) => (heard.hers += data.toString('latin1')))
      his.socket.on('message', (data: Buffer) => (heard.his += data.toString('latin1')))
      const jobs = new Jobs(gate, standIn, 'creator')
      const { promptId } = await jobs.make(drawing('s18'), { client_id: 'attack-client-id' })
      await until(() => heard.hers.includes(promptId), 'her WebSocket hears of her job')
      hold(!heard.his.includes(promptId), 'the other WebSocket hears of it')
      hold(hers.socket.readyState === hers.socket.OPEN, 'her WebSocket was closed')
      return 'Hers stayed open and heard of her job; the other heard nothing.'
    },
  },
  {
    id: 'killer-prompts',
    title: 'Jobs in a form that ends ComfyUI or its worker for everybody',
    holes: ['comfyui.md 3'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const jobs = new Jobs(gate, standIn, 'creator')
      const heard = standIn.heard('POST /prompt')
      const tried: Tried[] = []
      for (const body of killerBodies) {
        const { status } = await jobs.ask('POST', '/prompt', body, { 'content-type': 'application/json' })
        tried.push({ what: body.slice(0, 60), status })
      }
      const seen = holdStatuses(tried, [400, 413, 415, 422])
      hold(standIn.heard('POST /prompt') === heard, 'the engine was given one of them')
      await jobs.make(drawing('after-killers'))
      return `${seen} A job after them ran as always.`
    },
  },
]

const node = '{"class_type":"EmptyImage","inputs":{}}'
const killerBodies: readonly string[] = [
  '',
  '[]',
  '5',
  '{}',
  '{"prompt":[]}',
  '{"prompt":{}}',
  '{"prompt":{"1":5}}',
  '{"prompt":{"1":{"class_type":"EmptyImage"}}}',
  '{"prompt":{"1":{"class_type":"EmptyImage","inputs":[1]}}}',
  '{"prompt":{"1":{"inputs":{}}}}',
  `{"prompt":{"1":${node}},"client_id":[]}`,
  `{"prompt":{"1":${node}},"extra_data":5}`,
  `{"prompt":{"1":${node}},"number":"NaN"}`,
  `{"prompt":{"1":${node}},"number":NaN}`,
  `{"prompt":{"1":${node}},"prompt_id":{}}`,
  `{"prompt":{"__proto__":${node}}}`,
  `{"prompt":{"1":${node},"1":${node}}}`,
  `{"prompt":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
  `{"prompt":{"1":{"class_type":"EmptyImage","inputs":{"a":${'{"b":'.repeat(80)}1${'}'.repeat(80)}}}}}`,
  '{"prompt":{"1":{"class_type":"NoSuchNode","inputs":{}}}}',
  '{"prompt":',
  '\u0000',
]
