import { relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nextUnique } from '../../prompts.ts'
import { contentsOf, everythingOf, expectNothing } from '../world.ts'
import type { IsolationContext } from '../world.ts'

/** Cases 8, 9, 42 and 52: settings and workflows of somebody else. */
export function describeForeignUserData({ world, throughGate }: IsolationContext): void {
  const write = async (file: string, content: string): Promise<void> => {
    const answer = await world().alice.client.send('POST', `/userdata/${encodeURIComponent(file)}`, content)
    expect(answer.status).toBe(200)
  }

  describe('settings and user data of somebody else', () => {
    it('settings are one’s own', async () => {
      const { alice, bob, owner } = world()
      const id = `Isolation.Secret${nextUnique()}`
      expect((await alice.client.send('POST', `/settings/${id}`, '"hers"')).status).toBe(200)
      expect((await alice.client.get(`/settings/${id}`)).json()).toBe('hers')
      for (const person of [bob, owner]) {
        expect((await person.client.get(`/settings/${id}`)).json()).toBeNull()
        expect((await person.client.get('/settings')).text).not.toContain(id)
        expect((await person.client.get(`/api/settings/${id}`)).json()).toBeNull()
      }
      await bob.client.post('/settings', { [id]: 'his' })
      expect((await alice.client.get('/settings')).json()).toMatchObject({ [id]: 'hers' })
    })

    it('files are one’s own, in every list and by every name', async () => {
      const { alice, bob, owner } = world()
      const stem = `secret_${nextUnique()}`
      await write(`workflows/${stem}.json`, '{"hers":1}')
      expect(Array.from(contentsOf(alice.folders.userdata).keys()).join()).toContain(stem)
      for (const person of [bob, owner]) {
        const lists = [
          '/userdata?dir=workflows',
          '/userdata?dir=workflows&recurse=true&full_info=true',
          '/userdata?dir=.&recurse=true',
          '/v2/userdata',
          '/v2/userdata?path=workflows',
          '/api/v2/userdata',
        ]
        for (const path of lists) expect((await person.client.get(path)).text).not.toContain(stem)
        const answer = await person.client.get(`/userdata/workflows%2F${stem}.json`)
        expect([answer.status, answer.text.includes('hers')]).toEqual([404, false])
        expect((await person.client.send('DELETE', `/userdata/workflows%2F${stem}.json`)).status).toBe(404)
      }
      expect((await alice.client.get(`/userdata/workflows%2F${stem}.json`)).text).toBe('{"hers":1}')
    })

    it('the same name is two files', async () => {
      const { alice, bob } = world()
      const file = `same_${nextUnique()}.json`
      await write(file, 'hers')
      // Were it looked for in her folder, this would be a conflict.
      const answer = await bob.client.send('POST', `/userdata/${file}?overwrite=false`, 'his')
      expect(answer.status).toBe(200)
      const seen = await Promise.all([alice, bob].map(({ client }) => client.get(`/userdata/${file}`)))
      expect(seen.map(({ text }) => text)).toEqual(['hers', 'his'])
    })

    it.each([
      ['plain', (path: string) => encodeURIComponent(path)],
      ['twice encoded', (path: string) => encodeURIComponent(encodeURIComponent(path))],
      ['dots encoded', (path: string) => encodeURIComponent(path).replace(/\./g, '%2e')],
      ['backslashes', (path: string) => encodeURIComponent(path.split('/').join('\\'))],
    ])('case 8: a way out of one’s folder, %s, reads, writes, moves and deletes nothing', async (_name, spell) => {
      const { alice, bob } = world()
      const stem = `secret_${nextUnique()}`
      await write(`${stem}.json`, 'hers')
      const before = everythingOf(alice)
      const way = relative(bob.folders.userdata, alice.folders.userdata).split('\\').join('/')
      for (const target of [`${way}/${stem}.json`, `${alice.folders.userdata}/${stem}.json`]) {
        const path = `/userdata/${spell(target)}`
        expectNothing(await bob.client.get(path), 'hers')
        await bob.client.send('POST', path, 'planted')
        await bob.client.send('DELETE', path)
        await bob.client.send('POST', `${path}/move/mine.json`)
        await bob.client.send('POST', '/userdata/his.json', 'his')
        await bob.client.send('POST', `/userdata/his.json/move/${spell(target)}?overwrite=true`)
        expect(everythingOf(alice)).toEqual(before)
      }
      for (const path of [`/userdata?dir=${spell(way)}`, `/v2/userdata?path=${spell(way)}`]) {
        const answer = await bob.client.get(path)
        expect([path, answer.text.includes(stem)]).toEqual([path, false])
      }
    })

    it('case 52: styles, scripts and pages that one keeps are given to nobody else', async () => {
      const { alice, bob, owner } = world()
      const mark = `planted${nextUnique()}`
      const files = ['user.css', 'extensions/planted.js', 'page.html', 'comfy.templates.json', 'workflows/.index.json']
      for (const file of files) await write(file, mark)
      await alice.client.post('/settings', { 'Comfy.UserCSS': mark, 'Comfy.Extension.Disabled': [mark] })
      for (const person of [bob, owner]) {
        for (const file of files) {
          for (const path of [
            `/userdata/${encodeURIComponent(file)}`,
            `/api/userdata/${encodeURIComponent(file)}`,
            `/${file}`,
          ]) {
            const { text } = await person.client.get(path)
            expect([path, text.includes(mark)]).toEqual([path, false])
          }
        }
        for (const path of ['/settings', '/extensions', '/v2/userdata', '/userdata?dir=.&recurse=true']) {
          expect([path, (await person.client.get(path)).text.includes(mark)]).toEqual([path, false])
        }
      }
      if (!throughGate) return
      const { headers } = await alice.client.get('/userdata/page.html')
      expect(headers['content-disposition']).toMatch(/^attachment/)
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff' })
      expect(headers['content-security-policy']).toContain('sandbox')
    })

    it('case 42: /users names nobody', async () => {
      const { alice, bob } = world()
      const answer = await bob.client.get('/users')
      expect(answer.json()).toMatchObject({ storage: 'server' })
      expect(answer.text).not.toContain(alice.id)
    })
  })
}
