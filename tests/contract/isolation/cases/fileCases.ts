import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makePng, nextUnique, savePrompt } from '../../prompts.ts'
import { cachedNodes, everythingOf, expectNothing, loadPrompt, savePicture, uploadPicture, view } from '../world.ts'
import type { IsolationContext, Person } from '../world.ts'

/** Cases 1 to 7, 23 to 25, 33 and 44 of the list of attacks: files of somebody else. */
export function describeForeignFiles({ world, throughGate }: IsolationContext): void {
  const folders = ['input', 'output', 'temp'] as const
  /** The way from one of bob's folders to one of alice's. */
  const wayTo = (kind: (typeof folders)[number], target: string): string =>
    relative(world().bob.folders[kind], target).split('\\').join('/')
  const listed = async (person: Person): Promise<string> => {
    const answers = await Promise.all([
      person.client.get('/object_info/LoadImage'),
      person.client.get('/object_info'),
      ...folders.map((type) => person.client.get(`/internal/files/${type}`)),
    ])
    for (const answer of answers) expect(answer.status).toBe(200)
    return answers.map(({ text }) => text).join('\n')
  }

  describe('files of somebody else', () => {
    it('case 1: are in no list, for neither side', async () => {
      const { alice, bob, owner } = world()
      const everybody = [alice, bob, owner]
      const names: string[] = []
      for (const person of everybody) {
        const { name } = await uploadPicture(person)
        names.push(name)
      }
      for (const [at, person] of everybody.entries()) {
        const text = await listed(person)
        expect(names.map((name) => text.includes(name))).toEqual(names.map((_, index) => index === at))
      }
    })

    it('case 1: /view gives none of them', async () => {
      const { alice, bob } = world()
      const { name, content } = await uploadPicture(alice)
      const saved = await savePicture(alice)
      const original = await view(alice, { type: 'output', filename: saved.filename })
      expect(original.status).toBe(200)
      for (const type of folders) {
        for (const filename of [name, saved.filename]) {
          for (const subfolder of [
            '',
            wayTo(type, alice.folders.input),
            wayTo(type, alice.folders.output),
            alice.folders.input,
            alice.folders.output,
            `x/../${wayTo(type, alice.folders.output)}`,
            wayTo(type, alice.folders.output).split('/').join('\\'),
          ]) {
            expectNothing(await view(bob, { type, filename, subfolder }), content, original.body)
          }
        }
      }
    })

    it.each([
      ['a way up', (path: string) => path],
      ['encoded dots', (path: string) => path.replace(/\./g, '%2e')],
      ['twice encoded', (path: string) => path.replace(/\./g, '%252e').replace(/\//g, '%252f')],
      ['backslashes', (path: string) => path.split('/').join('%5C')],
    ])('case 1: a file name with %s gives none of them', async (_name, spell) => {
      const { alice, bob } = world()
      const saved = await savePicture(alice)
      const { body } = await view(alice, { type: 'output', filename: saved.filename })
      for (const path of [
        `${wayTo('output', alice.folders.output)}/${saved.filename}`,
        join(alice.folders.output, saved.filename),
      ]) {
        expectNothing(await bob.client.get(`/view?type=output&filename=${spell(path)}`), body)
        expectNothing(await bob.client.get(`/api/view?type=output&filename=${spell(path)}`), body)
      }
    })

    it('case 1, 33: HEAD tells no more than GET', async () => {
      const { alice, bob } = world()
      const { filename } = await savePicture(alice)
      const paths = [filename, `none_${nextUnique()}.png`].map((name) => `/view?type=output&filename=${name}`)
      const answers = await Promise.all(paths.map((path) => bob.client.send('HEAD', path)))
      expect(answers.map(({ status }) => status)).toEqual([404, 404])
      expect(answers.map(({ headers }) => headers.etag ?? headers['last-modified'])).toEqual([undefined, undefined])
    })

    it('case 1: previews and channels are no other way in', async () => {
      const { alice, bob } = world()
      const { filename } = await savePicture(alice)
      for (const extra of [{ preview: 'webp;90' }, { preview: 'jpeg' }, { channel: 'rgb' }, { channel: 'a' }]) {
        expectNothing(await view(bob, { type: 'output', filename, ...extra }))
        expect((await view(alice, { type: 'output', filename, ...extra })).status).toBe(200)
      }
    })

    it.each(['[output]', '[input]', '[temp]', '[input] [output]', '[output] [output]'])(
      'case 2: the suffix %s leads to one’s own folders only',
      async (suffix) => {
        const { alice, bob } = world()
        const { name, content } = await uploadPicture(alice)
        const saved = await savePicture(alice)
        const { body } = await view(alice, { type: 'output', filename: saved.filename })
        for (const filename of [name, saved.filename]) {
          for (const type of folders) {
            expectNothing(await view(bob, { type, filename: `${filename} ${suffix}` }), content, body)
          }
          const answer = await bob.client.queue(loadPrompt(`${filename} ${suffix}`))
          expect(answer.status).toBe(400)
        }
      },
    )

    it('case 2: one’s own results are found by their suffix', async () => {
      const { alice, bob } = world()
      // The same name, another picture: each finds her and his own.
      const prefix = `same_${nextUnique()}`
      const [hers, his] = [await savePicture(alice, prefix), await savePicture(bob, prefix)]
      expect(hers.filename).toBe(his.filename)
      const [seenByHer, seenByHim] = await Promise.all(
        [alice, bob].map((person) => view(person, { type: 'input', filename: `${hers.filename} [output]` })),
      )
      expect([seenByHer?.status, seenByHim?.status]).toEqual([200, 200])
      expect(seenByHer?.body.equals(seenByHim?.body ?? Buffer.alloc(0))).toBe(false)
    })

    it.skipIf(process.platform === 'win32')('case 3: a link inside of one’s folder leads nowhere', async () => {
      const { alice, bob } = world()
      const saved = await savePicture(alice)
      const { body } = await view(alice, { type: 'output', filename: saved.filename })
      const mark = nextUnique()
      symlinkSync(join(alice.folders.output, saved.filename), join(bob.folders.input, `link_${mark}.png`))
      symlinkSync(alice.folders.output, join(bob.folders.input, `folder_${mark}`))
      symlinkSync('/etc', join(bob.folders.output, `etc_${mark}`))
      expectNothing(await view(bob, { type: 'input', filename: `link_${mark}.png` }), body)
      expectNothing(await view(bob, { type: 'input', filename: saved.filename, subfolder: `folder_${mark}` }), body)
      expectNothing(await view(bob, { type: 'output', filename: 'passwd', subfolder: `etc_${mark}` }), 'root:')
      for (const image of [`link_${mark}.png`, `folder_${mark}/${saved.filename}`]) {
        expect((await bob.client.queue(loadPrompt(image))).status).toBe(400)
      }
    })

    it.skipIf(process.platform === 'win32')('case 3: nothing is written through a link', async () => {
      const { alice, bob } = world()
      const before = everythingOf(alice)
      const mark = nextUnique()
      symlinkSync(alice.folders.input, join(bob.folders.input, `out_${mark}`))
      symlinkSync(alice.folders.output, join(bob.folders.output, `out_${mark}`))
      const content = await makePng()
      const fields = { image: { filename: 'planted.png', content }, subfolder: `out_${mark}`, overwrite: 'true' }
      expectNothing(await bob.client.upload('/upload/image', fields))
      const answer = await bob.client.queue(savePrompt({ prefix: `out_${mark}/planted` }))
      if (answer.status === 200) {
        const entry = await bob.client.waitForHistory(answer.json().prompt_id)
        expect(entry.status.status_str).toBe('error')
      }
      expect(everythingOf(alice)).toEqual(before)
    })

    it.each(['../../alice.png', '..\\..\\x.png', '/tmp/x.png', '.', '..', 'a\u0000.png'])(
      'case 4: the name %j reaches nobody’s folder',
      async (filename) => {
        const { alice, bob } = world()
        const before = everythingOf(alice)
        const content = await makePng()
        const answer = await bob.client.upload('/upload/image', { image: { filename, content } })
        // An engine may make a plain name of it; what counts is where the file goes.
        if (throughGate || filename.startsWith('../')) expect(answer.status).toBeGreaterThanOrEqual(400)
        expect(everythingOf(alice)).toEqual(before)
      },
    )

    it('case 5: overwriting a foreign name writes one’s own file', async () => {
      const { alice, bob } = world()
      const hers = await uploadPicture(alice)
      const his = await uploadPicture(bob, { overwrite: 'true' }, hers.name)
      expect(his.name).toBe(hers.name)
      const seen = await Promise.all([alice, bob].map((person) => view(person, { type: 'input', filename: hers.name })))
      expect(seen[0]?.body.equals(hers.content)).toBe(true)
      expect(seen[1]?.body.equals(his.content)).toBe(true)
    })

    it('case 5: an upload does not tell that somebody has the same picture or name', async () => {
      const { alice, bob } = world()
      const hers = await uploadPicture(alice)
      const image = { filename: hers.name, content: hers.content }
      const answer = await bob.client.upload('/upload/image', { image })
      // Were it looked for in her folder, one of the two would get a number.
      expect(answer.json()).toEqual({ name: hers.name, subfolder: '', type: 'input' })
      const other = await bob.client.upload('/upload/image', {
        image: { ...image, content: await makePng(nextUnique()) },
      })
      expect(other.json().name).toBe(hers.name.replace('.png', ' (1).png'))
      expect(everythingOf(alice)[0]?.has(other.json().name)).toBe(false)
    })

    it('case 5: an upload as output or to nowhere reaches nobody', async () => {
      const { alice, bob } = world()
      const before = everythingOf(alice)
      const content = await makePng()
      for (const type of ['output', 'foo', '../output', alice.folders.output]) {
        const filename = `typed_${nextUnique()}.png`
        const answer = await bob.client.upload('/upload/image', { image: { filename, content }, type })
        if (throughGate || type !== 'output') expect(answer.status).toBeGreaterThanOrEqual(400)
      }
      expect(everythingOf(alice)).toEqual(before)
    })

    it('case 44: a preview of a model is no picture of hers', async () => {
      const { alice, bob } = world()
      const { name, content } = await uploadPicture(alice)
      const target = join(alice.folders.input, name)
      for (const path of [
        target,
        `${'../'.repeat(12)}${target.slice(1)}`,
        `x/../${'../'.repeat(12)}${target.slice(1)}`,
      ]) {
        for (const spelled of [encodeURIComponent(path), path, encodeURIComponent(path.split('/').join('\\'))]) {
          // ComfyUI says 500 to an index that is none.
          for (const folder of [
            'checkpoints/0',
            'loras/0',
            ...(throughGate ? ['checkpoints/-1', 'checkpoints/x'] : []),
          ]) {
            expectNothing(await bob.client.get(`/experiment/models/preview/${folder}/${spelled}`), content)
          }
        }
      }
    })

    it('case 7: a mask is laid over nobody else’s picture', async () => {
      const { alice, bob } = world()
      const { name } = await uploadPicture(alice)
      const saved = await savePicture(alice)
      const references = [
        { filename: saved.filename, type: 'output' },
        { filename: name, type: 'input' },
        { filename: `${saved.filename} [output]` },
        { filename: saved.filename, subfolder: wayTo('output', alice.folders.output), type: 'output' },
        { filename: saved.filename, subfolder: alice.folders.output, type: 'output' },
        { filename: join(alice.folders.output, saved.filename) },
      ]
      for (const reference of references) {
        const filename = `mask_${nextUnique()}.png`
        const fields = { image: { filename, content: await makePng() }, original_ref: JSON.stringify(reference) }
        const answer = await bob.client.upload('/upload/mask', fields)
        // ComfyUI answers 200 without writing when there is no such picture.
        const written = await view(bob, {
          type: 'input',
          filename: answer.status === 200 ? answer.json().name : filename,
        })
        expect([written.status, reference]).toEqual([404, reference])
      }
    })
  })

  describe('loading and saving', () => {
    const pixelsOf = async (bytes: Buffer): Promise<Buffer> => {
      const { default: sharp } = await import('sharp')
      return sharp(bytes).removeAlpha().raw().toBuffer()
    }

    it('case 24: LoadImage loads nobody else’s picture, and says the same of what is there and what is not', async () => {
      const { alice, bob } = world()
      const { name } = await uploadPicture(alice)
      const saved = await savePicture(alice)
      const text = join(alice.folders.input, `text_${nextUnique()}.txt`)
      writeFileSync(text, 'no picture')
      const refusalOf = async (image: string): Promise<string> => {
        const answer = await bob.client.queue(loadPrompt(image))
        expect([answer.status, image]).toEqual([400, image])
        const [error] = answer.json().node_errors['1'].errors
        return `${error.type}|${error.message}|${String(error.details).split(image).join('…')}`
      }
      const refusals = new Set<string>()
      for (const image of [
        name,
        `${saved.filename} [output]`,
        `${wayTo('input', alice.folders.input)}/${name}`,
        `${wayTo('input', alice.folders.input)}/none.png`,
        join(alice.folders.input, name),
        text,
        '/etc/hostname',
        '/etc/no-such-file',
        '../../../../../../../../etc/hostname',
        'none.png',
      ]) {
        refusals.add(await refusalOf(image))
      }
      expect(Array.from(refusals)).toHaveLength(1)
    })

    it('case 23: a cache fingerprint of the client’s own choice leads to no result of hers', async () => {
      const { alice, bob } = world()
      const hers = await uploadPicture(alice)
      const his = await uploadPicture(bob, {}, hers.name)
      const prompt = loadPrompt(hers.name)
      const chosen = { ...prompt, '1': { ...prompt['1'], is_changed: ['chosen'] } } as typeof prompt
      const first = (await alice.client.run(chosen)).entry
      const second = (await bob.client.run(chosen)).entry
      if (throughGate) expect(JSON.stringify(first.prompt[2])).not.toContain('is_changed')
      expect(cachedNodes(second)).toEqual([])
      expect(await pixelsOf((await view(bob, second.outputs['2'].images[0])).body)).toEqual(await pixelsOf(his.content))
      // Nor to one’s own from before the picture changed.
      const changed = await uploadPicture(bob, { overwrite: 'true' }, hers.name)
      const third = (await bob.client.run(chosen)).entry
      const { body } = await view(bob, third.outputs['2'].images[0])
      expect(await pixelsOf(body)).toEqual(await pixelsOf(changed.content))
    })

    it('LoadImage loads one’s own when both have that name', async () => {
      const { alice, bob } = world()
      const hers = await uploadPicture(alice)
      const his = await uploadPicture(bob, {}, hers.name)
      for (const [person, { content }] of [
        [alice, hers],
        [bob, his],
      ] as const) {
        const { entry } = await person.client.run(loadPrompt(hers.name))
        const { body } = await view(person, entry.outputs['2'].images[0])
        expect(await pixelsOf(body)).toEqual(await pixelsOf(content))
      }
    })

    it.each([
      ['a way up', (_target: string, way: string) => `${way}/planted`, false],
      ['an absolute path', (target: string) => join(target, 'planted'), false],
      ['a way up after a placeholder', (_target: string, way: string) => `%year%/../${way}/planted`, false],
      ['a place that is nobody’s', () => `/tmp/gatehouse-planted-${nextUnique()}/x`, true],
    ])('case 25: SaveImage writes nothing to %s', async (_name, toPrefix) => {
      const { alice, bob } = world()
      const before = everythingOf(alice)
      const prefix = toPrefix(alice.folders.output, wayTo('output', alice.folders.output))
      const answer = await bob.client.queue(savePrompt({ prefix }))
      if (answer.status === 200) {
        const entry = await bob.client.waitForHistory(answer.json().prompt_id)
        expect(entry.status.status_str).toBe('error')
        expect(entry.outputs).toEqual({})
      } else expect(answer.status).toBe(400)
      expect(everythingOf(alice)).toEqual(before)
    })

    it('the gate’s own folder in one’s output is neither read nor written', async () => {
      const { bob } = world()
      const mark = `removed_${nextUnique()}`
      const removed = join(bob.folders.output, '.gatehouse', 'removed')
      mkdirSync(removed, { recursive: true, mode: 0o700 })
      const content = await makePng(nextUnique())
      writeFileSync(join(removed, mark), content)
      for (const subfolder of [
        '.gatehouse/removed',
        './.gatehouse//removed',
        '.GATEHOUSE/removed',
        'x/../.gatehouse/removed',
      ]) {
        expectNothing(await view(bob, { type: 'output', filename: mark, subfolder }), content)
      }
      const account = await view(bob, { type: 'output', filename: 'account.json', subfolder: '.gatehouse' })
      expectNothing(account, 'account')
      expect((await bob.client.queue(loadPrompt(`.gatehouse/removed/${mark} [output]`))).status).toBe(400)
      const image = { filename: `${mark}.png`, content }
      const upload = await bob.client.upload('/upload/image', { image, subfolder: '.gatehouse/removed' })
      expect(upload.status).toBeGreaterThanOrEqual(400)
      const reference = JSON.stringify({ filename: mark, subfolder: '.gatehouse/removed', type: 'output' })
      const masked = await bob.client.upload('/upload/mask', { image, original_ref: reference })
      const written = await view(bob, { type: 'input', filename: masked.status === 200 ? masked.json().name : mark })
      expect(written.status).toBe(404)
    })

    it.each([
      '.gatehouse/q/planted',
      '.Gatehouse/removed/planted',
      'pla\\nted',
      'pla\tnted',
      `${'d/'.repeat(40)}planted`,
    ])('SaveImage writes nothing under a name that nobody records (quota dodged): %j', async (prefix) => {
      const { bob } = world()
      const before = everythingOf(bob)
      const answer = await bob.client.queue(savePrompt({ prefix }))
      if (throughGate) expect(answer.status).toBe(400)
      if (answer.status === 200) {
        const entry = await bob.client.waitForHistory(answer.json().prompt_id)
        expect([entry.status.status_str, entry.outputs]).toEqual(['error', {}])
      } else expect(answer.status).toBe(400)
      expect(everythingOf(bob)).toEqual(before)
      expect(existsSync(join(bob.folders.output, '.gatehouse', 'q'))).toBe(false)
    })

    it('sub-folders of the own output folder are one’s own', async () => {
      const { alice, bob } = world()
      const subfolder = `series_${nextUnique()}`
      mkdirSync(join(alice.folders.output, subfolder), { mode: 0o700 })
      const { entry } = await bob.client.run(savePrompt({ prefix: `${subfolder}/x` }))
      const [image] = entry.outputs['2'].images
      expect([image.subfolder, basename(image.filename)]).toEqual([subfolder, image.filename])
      expect((await view(bob, image)).status).toBe(200)
      expectNothing(await view(alice, image))
    })
  })
}
