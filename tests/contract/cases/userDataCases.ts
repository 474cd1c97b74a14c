import { describe, expect, it } from 'vitest'
import type { ContractContext } from '../engineContract.ts'
import { nextUnique } from '../prompts.ts'

/** Settings and files of the user. */
export function describeUserData({ client, throughGate }: ContractContext): void {
  const write = (file: string, content: string, query = '') =>
    client().send('POST', `/userdata/${encodeURIComponent(file)}${query}`, content)
  const read = (file: string) => client().get(`/userdata/${encodeURIComponent(file)}`)

  describe('settings', () => {
    it('keeps one setting', async () => {
      const id = `Contract.Number${nextUnique()}`
      const body = JSON.stringify({ a: [1, 'ü', null] })
      const written = await client().send('POST', `/api/settings/${id}`, body, {
        'content-type': 'text/plain;charset=UTF-8',
      })
      expect([written.status, written.body.length]).toEqual([200, 0])
      expect((await client().get(`/settings/${id}`)).json()).toEqual({ a: [1, 'ü', null] })
      expect((await client().get('/settings')).json()).toMatchObject({ [id]: { a: [1, 'ü', null] } })
    })

    it('merges many settings', async () => {
      const [first, second] = [`Contract.A${nextUnique()}`, `Contract.B${nextUnique()}`]
      await client().post('/settings', { [first]: 1, [second]: 1 })
      await client().post('/settings', { [second]: 2 })
      expect((await client().get('/settings')).json()).toMatchObject({ [first]: 1, [second]: 2 })
    })

    it('loses nothing when settings come at once', async () => {
      const ids = Array.from({ length: 5 }, (_, index) => `Contract.Same${index}.${nextUnique()}`)
      for (const id of ids) await client().post(`/settings/${id}`, true)
      expect(Object.keys((await client().get('/settings')).json())).toEqual(expect.arrayContaining(ids))
    })
  })

  describe('userdata', () => {
    it('writes, reads and deletes a file', async () => {
      const file = `note_${nextUnique()}.json`
      const written = await write(file, '{"a": 1}')
      expect([written.status, written.json()]).toEqual([200, file])
      const answer = await read(file)
      expect([answer.status, answer.text]).toEqual([200, '{"a": 1}'])
      expect(answer.headers['content-type']).toMatch(/^application\/json/)
      const deleted = await client().send('DELETE', `/userdata/${file}`)
      expect([deleted.status, deleted.body.length]).toEqual([204, 0])
      expect((await read(file)).status).toBe(404)
    })

    it('takes a slash inside of the name as a folder', async () => {
      const file = `workflows/deep_${nextUnique()}.json`
      expect((await write(file, '{}')).json()).toBe(file)
      expect((await read(file)).text).toBe('{}')
    })

    it('tells size and times with full_info', async () => {
      const file = `info_${nextUnique()}.txt`
      const info = (await write(file, 'hello', '?full_info=true')).json()
      expect(info).toEqual({ path: file, size: 5, modified: expect.any(Number), created: expect.any(Number) })
      expect(Math.abs(info.modified - Date.now() / 1000)).toBeLessThan(3600)
    })

    it('does not overwrite when told so', async () => {
      const file = `keep_${nextUnique()}.txt`
      await write(file, 'first')
      const answer = await write(file, 'second', '?overwrite=false')
      expect([answer.status, answer.text]).toEqual([409, 'File already exists'])
      expect((await read(file)).text).toBe('first')
      expect((await write(file, 'third')).status).toBe(200)
      expect((await read(file)).text).toBe('third')
    })

    it('moves a file', async () => {
      const [from, to] = [`from_${nextUnique()}.txt`, `to_${nextUnique()}.txt`]
      await write(from, 'moved')
      const answer = await client().send('POST', `/userdata/${from}/move/${to}`)
      expect([answer.status, answer.json()]).toEqual([200, to])
      expect((await read(from)).status).toBe(404)
      expect((await read(to)).text).toBe('moved')
    })

    it('does not move over a file when told so, nor what is not there', async () => {
      const [from, to] = [`from_${nextUnique()}.txt`, `to_${nextUnique()}.txt`]
      await write(from, 'a')
      await write(to, 'b')
      expect((await client().send('POST', `/userdata/${from}/move/${to}?overwrite=false`)).status).toBe(409)
      expect((await client().send('POST', `/userdata/missing.txt/move/${to}`)).status).toBe(404)
      expect((await read(to)).text).toBe('b')
    })

    it('lists a folder in every form', async () => {
      const folder = `list_${nextUnique()}`
      await write(`${folder}/a.txt`, 'aa')
      await write(`${folder}/sub/b.txt`, 'b')
      const list = async (query: string) => (await client().get(`/userdata?dir=${folder}${query}`)).json()
      expect(await list('')).toEqual(['a.txt'])
      expect((await list('&recurse=true')).sort()).toEqual(['a.txt', 'sub/b.txt'])
      expect(await list('&recurse=true&split=true')).toEqual(
        expect.arrayContaining([
          ['a.txt', 'a.txt'],
          ['sub/b.txt', 'sub', 'b.txt'],
        ]),
      )
      expect(await list('&full_info=true')).toEqual([
        { path: 'a.txt', size: 2, modified: expect.any(Number), created: expect.any(Number) },
      ])
    })

    it('v2 lists folders first, each with its type', async () => {
      const folder = `tree_${nextUnique()}`
      await write(`${folder}/z/inner.txt`, 'i')
      await write(`${folder}/a.txt`, 'aa')
      expect((await client().get(`/v2/userdata?path=${folder}`)).json()).toEqual([
        { name: 'z', path: `${folder}/z`, type: 'directory' },
        { name: 'a.txt', path: `${folder}/a.txt`, type: 'file', size: 2, modified: expect.any(Number) },
        { name: 'inner.txt', path: `${folder}/z/inner.txt`, type: 'file', size: 1, modified: expect.any(Number) },
      ])
    })

    it.each([
      ['/userdata', 400, 'Directory not provided'],
      ['/userdata?dir=no_such_folder', 404, 'Directory not found'],
      ['/userdata?dir=..', 403, 'Invalid directory'],
      ['/v2/userdata?path=no_such_folder', 404, 'Requested path not found'],
      ['/v2/userdata?path=..%2F..', 400, 'Invalid path requested'],
    ])('GET %s is %i', async (path, status, text) => {
      const answer = await client().get(path)
      expect([status, throughGate && path.includes('..') ? 400 : status]).toContain(answer.status)
      if (!throughGate) expect(answer.text).toBe(text)
    })

    it('v2 refuses a file', async () => {
      const file = `plain_${nextUnique()}.txt`
      await write(file, 'x')
      expect((await client().get(`/v2/userdata?path=${file}`)).status).toBe(400)
    })

    it.each(['..%2Fx', '..%2F..%2F..%2Fetc%2Fpasswd', '%2Fetc%2Fpasswd', '%252e%252e%252Fx'])(
      'path traversal: /userdata/%s is 403',
      async (file) => {
        for (const method of ['GET', 'POST', 'DELETE']) {
          const answer = await client().send(method, `/userdata/${file}`, method === 'POST' ? 'x' : undefined)
          expect([403, throughGate ? 400 : 403]).toContain(answer.status)
        }
      },
    )
  })
}
