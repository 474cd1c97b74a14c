import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { AttackCase } from '../attackCase.ts'
import { CannotTry, hold, holdStatuses } from '../attackOutcome.ts'
import type { Tried } from '../attackOutcome.ts'
import { drawing, Jobs } from '../jobs.ts'
import { tinyPng } from '../tinyPng.ts'

/** What one person tries against the files of another, and what lies on the disk for whoever gets at it. */
export const fileCases: readonly AttackCase[] = [
  {
    id: 'view-others-folder',
    title: 'Opening somebody else’s picture by naming their folder',
    holes: ['S-7'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const hers = new Jobs(gate, standIn, 'creator')
      const his = new Jobs(gate, standIn, 'other')
      const { file } = await hers.make(drawing('s7'))
      const { bytes } = await hers.view(file)
      const { id } = standIn.people.creator
      const subfolders = [
        '',
        id,
        `../${id}`,
        `../${id}/output`,
        `../../${id}`,
        standIn.dataDirectory,
        `%2e%2e/${id}`,
        `..\\${id}`,
      ]
      const names = [
        file.filename,
        `../${id}/output/${file.filename}`,
        `${file.filename} [output]`,
        `/${file.filename}`,
      ]
      for (const subfolder of subfolders) {
        for (const filename of names) {
          for (const type of ['output', 'input', 'temp', '../output']) {
            const answer = await his.view({ filename, subfolder, type })
            hold(
              !answer.bytes.equals(bytes),
              `/view gives it with subfolder=${subfolder}&filename=${filename}&type=${type}`,
            )
          }
        }
      }
      return `${subfolders.length * names.length * 4} ways to name it; no answer was the picture.`
    },
  },
  {
    id: 'save-into-others-folder',
    title: 'A job that saves into somebody else’s folder, by a path in its file name or by another field',
    holes: ['S-9'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const his = new Jobs(gate, standIn, 'other')
      const { id } = standIn.people.creator
      await new Jobs(gate, standIn, 'creator').make(drawing('s9'))
      const before = standIn.listFiles(standIn.people.creator)
      hold(before.length > 0, 'the other person’s folders were not found')
      for (const prefix of [
        `../${id}/x`,
        `../../outputs/${id}/x`,
        `${id}/x`,
        join(standIn.dataDirectory, 'x'),
        '..\\..\\x',
        'a/../../x',
      ]) {
        const answer = await his.send(drawing(prefix))
        const queued = z.object({ prompt_id: z.string() }).safeParse(answer.json)
        if (queued.success) await his.ended(queued.data.prompt_id)
      }
      const made = standIn.listFiles(standIn.people.creator).filter((file) => !before.includes(file))
      hold(made.length === 0, `written: ${made.join(', ')}`)
      hold(!existsSync(join(standIn.dataDirectory, 'x_00001_.png')), 'a file was written into the data folder')
      return '6 names; nothing was written into the other person’s folders.'
    },
  },
  {
    id: 'linked-prefix',
    title: 'A file name that comes out of another node, which once broke the workflow',
    holes: ['S-9'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const jobs = new Jobs(gate, standIn, 'creator')
      const answer = await jobs.send({
        ...drawing('unused'),
        '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: ['3', 0] } },
        '3': { class_type: 'PrimitiveString', inputs: { value: 's9-linked' } },
      })
      if (answer.status !== 200) {
        hold(answer.status === 400 && /PrimitiveString|not_found/.test(answer.text), `answered with ${answer.status}`)
        return 'Refused in ComfyUI’s own words; nothing was rewritten.'
      }
      const { prompt_id: promptId } = z.object({ prompt_id: z.string() }).parse(answer.json)
      const { outputs } = await jobs.ended(promptId)
      hold(JSON.stringify(outputs).includes('s9-linked'), 'the file has another name than the workflow says')
      return 'It ran, under the name that the workflow says.'
    },
  },
  {
    id: 'steal-user-data',
    title: 'Reading, moving and overwriting somebody else’s workflows and settings',
    holes: ['L-3', 'S-37'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const hers = new Jobs(gate, standIn, 'creator')
      const his = new Jobs(gate, standIn, 'other')
      const secret = 'attack-secret-workflow'
      await hers.ask('POST', '/userdata/workflows%2Fsecret.json', `{"is":"${secret}"}`)
      const claims = [
        {},
        { 'comfy-user': standIn.people.creator.id },
        { 'x-gatehouse-user': standIn.people.creator.id },
      ]
      for (const headers of claims) {
        await his.ask('POST', '/userdata/workflows%2Fsecret.json/move/stolen.js', '', headers)
        await his.ask('DELETE', '/userdata/workflows%2Fsecret.json', undefined, headers)
        const paths = [
          '/userdata/stolen.js',
          '/userdata/workflows%2Fsecret.json',
          '/userdata?dir=workflows&recurse=true',
        ]
        const up = ['..%2F', '..%2F..%2F'].map(
          (way) => `/userdata/${way}${standIn.people.creator.id}%2Fworkflows%2Fsecret.json`,
        )
        for (const path of [...paths, ...up]) {
          hold(!(await his.ask('GET', path, undefined, headers)).text.includes(secret), `${path} gives it`)
        }
      }
      const { text } = await hers.ask('GET', '/userdata/workflows%2Fsecret.json')
      hold(text.includes(secret), 'it is gone, or changed')
      return 'It was neither read nor moved nor changed.'
    },
  },
  {
    id: 'load-any-file',
    title: 'A node that loads, and deletes, any file of this computer',
    holes: ['L-17'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const jobs = new Jobs(gate, standIn, 'creator')
      const database = join(standIn.dataDirectory, 'gatehouse.db')
      const names = [
        '../../../gatehouse.db',
        database,
        '../../gatehouse.db [output]',
        '/etc/passwd',
        'file:///etc/passwd',
      ]
      const tried: Tried[] = []
      for (const image of names) {
        const prompt = {
          '1': { class_type: 'LoadImage', inputs: { image } },
          '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'l17' } },
        }
        tried.push({ what: image, status: (await jobs.send(prompt)).status })
      }
      const seen = holdStatuses(tried, [400])
      hold(existsSync(database), 'the database is gone')
      return seen
    },
  },
  {
    id: 'upload-pages',
    title: 'Uploading a page or script that then runs in everybody’s browser here',
    holes: ['B46'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const jobs = new Jobs(gate, standIn, 'creator')
      const page = Buffer.from('<html><script>alert(1)</script></html>')
      const tried: Tried[] = []
      for (const name of ['a.html', 'a.svg', 'a.js', 'a.png.html', '../a.png', 'a.png\\..\\b.html']) {
        tried.push({ what: `upload ${name}`, status: (await jobs.upload(name, page)).status })
      }
      const seen = holdStatuses(tried, [400, 415, 422])
      await jobs.ask('POST', '/userdata/page.html', page.toString())
      const { headers, status } = await jobs.ask('GET', '/userdata/page.html')
      const isHarmless = status !== 200 || /sandbox/.test(String(headers['content-security-policy']))
      hold(isHarmless, 'a saved page is shown as a page of this address')
      return `${seen} What is saved as a page is only downloaded.`
    },
  },
  {
    id: 'service-worker',
    title: 'A file of somebody’s as a service worker, which then sees everything the browser asks here',
    holes: ['B46'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const cookie = await standIn.cookie(gate, 'creator')
      const tried: Tried[] = []
      for (const path of [
        '/userdata/sw.js',
        '/view?filename=sw.js',
        '/extensions/pack/sw.js',
        '/',
        '/login',
        '/gatehouse/assets/a.js',
      ]) {
        const headers = { ...cookie, 'service-worker': 'script', 'sec-fetch-site': 'same-origin' }
        tried.push({ what: path, status: (await gate.ask(path, { headers })).status })
      }
      return holdStatuses(tried, [403])
    },
  },
  {
    id: 'oversized-upload',
    title: 'A picture of 20,000 × 20,000 points in a few bytes',
    holes: ['A63'],
    target: 'throwAway',
    run: async (gate, standIn) => {
      const bomb = tinyPng(1, 1)
      bomb.writeUInt32BE(60_000, 16)
      bomb.writeUInt32BE(60_000, 20)
      const { status } = await new Jobs(gate, standIn, 'creator').upload('bomb.png', bomb)
      return holdStatuses([{ what: 'the upload', status }], [400, 413, 422])
    },
  },
  {
    id: 'engine-reads-secrets',
    title: 'A node that reads the gate’s secrets out of its own process',
    holes: ['S-41', 'S-33'],
    target: 'throwAway',
    run: (_gate, standIn) => {
      const file = `/proc/${standIn.enginePid ?? 0}/environ`
      if (!existsSync(file)) throw new CannotTry('This system does not show the environment of a process.')
      const environment = readFileSync(file, 'latin1')
      const secrets = standIn.secretValues()
      hold(secrets.length > 0, 'the gate’s secrets were not found')
      hold(!secrets.some((secret) => environment.includes(secret)), 'a secret of the gate stands in it')
      hold(!/(?:^|\0)SECRET_KEY=/.test(environment), 'it inherits SECRET_KEY')
      return Promise.resolve(
        `It is a process of its own, and none of ${secrets.length} secrets stands in its environment.`,
      )
    },
  },
  {
    id: 'file-modes',
    title: 'Reading the gate’s files as another user of this computer',
    holes: ['L-15', 'S-39'],
    target: 'throwAway',
    run: (_gate, standIn) => {
      if (process.platform === 'win32')
        throw new CannotTry('On Windows the folder’s list of rights is checked at each start.')
      const open = standIn.findOpenFiles()
      hold(open.length === 0, `others can open ${open.join(', ')}`)
      return Promise.resolve('The folder and every file in it that matters are for this user alone.')
    },
  },
]
