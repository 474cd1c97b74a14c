import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'

/*
 * Forms that aiohttp, which ComfyUI reads them with, takes apart in another way than a reader that goes by the RFC:
 * each of the first ones carried a field past the gate's checks into ComfyUI 0.3.64 (type=output, any file name).
 */

let fixture: GateFixture
beforeAll(async () => {
  fixture = await openGateFixture()
})
afterAll(() => fixture.close())
beforeEach(() => {
  fixture.upstream.seen.length = 0
  fixture.upstream.started.length = 0
})

const upload = (body: string, boundary = 'XbX') =>
  ask(fixture.port, '/upload/image', {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, ...bearer(tokens.creator) },
    body,
  })

const form = (...parts: readonly string[]): string =>
  `${parts.map((part) => `--XbX\r\n${part}\r\n`).join('')}--XbX--\r\n`
/** The head of a GIF of 16 x 16 pixels, all of it ASCII. */
const GIF = 'GIF89a\u0010\0\u0010\0'
const picture = `Content-Disposition: form-data; name="image"; filename="a.gif"\r\nContent-Type: image/gif\r\n\r\n${GIF}`
const field = (name: string, value: string, ...more: readonly string[]): string =>
  `${[`Content-Disposition: form-data; name="${name}"`, ...more].join('\r\n')}\r\n\r\n${value}`

describe('a field hidden from the gate in an upload', () => {
  const hiddenType = '--XbX\r\nContent-Disposition: form-data; name="type"\r\n\r\noutput'
  it.each([
    ['by a field whose content starts with the boundary', form(picture, field('x', hiddenType))],
    [
      'by a picture whose content starts with the boundary',
      form(`Content-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n${hiddenType}`),
    ],
    [
      'by a head that a bare line feed ends',
      form(picture, field('x', 'y', 'Content-Type: a\n\n--XbX\nContent-Disposition: form-data; name="type"\n\noutput')),
    ],
    [
      'by a header after a bare line feed',
      form(picture, field('x', 'output', 'Content-Type: text/plain\nContent-Disposition: form-data; name="type"')),
    ],
    [
      'by a header after a bare carriage return',
      form(picture, field('x', 'output', 'Content-Type: text/plain\rContent-Disposition: form-data; name="type"')),
    ],
    [
      'by a charset of the field',
      form(picture, field('subfolder', '+AC4ALg-', 'Content-Type: text/plain; charset=utf-7')),
    ],
    ['by a charset for all fields', form(field('_charset_', 'utf-7'), picture, field('subfolder', '+AC4ALg-'))],
    ['by a part that says it is longer', form(picture, field('subfolder', 'a', 'Content-Length: 80'), field('x', 'y'))],
    ['by a part that says it is shorter', form(picture, field('subfolder', 'abc', 'Content-Length: 1'))],
    [
      'by a picture that says it is longer',
      form(picture.replace('image/gif', `image/gif\r\nContent-Length: ${GIF.length + 1}`)),
    ],
    ['by a part with a length that is no number', form(picture, field('subfolder', 'a', 'Content-Length: 0x1'))],
    ['by a form within the form', form(picture.replace('image/gif', 'multipart/mixed; boundary=y'))],
    ['by a file name that is no UTF-8', form(picture.replace('a.gif', 'a\ufffd.gif'))],
  ])('case 5: %s leaves nothing behind', async (_how, body) => {
    expect((await upload(body)).status).toBe(400)
    expect(fixture.upstream.seen).toEqual([])
  })

  it('by blanks around the boundary, which aiohttp takes off, leaves nothing behind', async () => {
    const body = form(picture).replaceAll('--XbX', '-- XbX')
    expect((await upload(body, '" XbX"')).status).toBe(415)
    expect(fixture.upstream.started.filter((line) => line.startsWith('POST'))).toEqual([])
  })
})

describe('a form of an ordinary client', () => {
  it.each([
    ['says the lengths of its parts', form(picture, field('type', 'input', 'Content-Length: 5'))],
    [
      'says the length of its picture',
      form(picture.replace('image/gif', `image/gif\r\nContent-Length: ${GIF.length}`)),
    ],
    ['says what its fields are', form(picture, field('type', 'temp', 'Content-Type: text/plain; charset=UTF-8'))],
    ['has empty fields', form(picture, field('subfolder', ''), field('overwrite', '', 'Content-Length: 0'))],
  ])('that %s passes unchanged', async (_how, body) => {
    expect((await upload(body)).status).toBe(200)
    expect(fixture.upstream.seen.at(-1)?.body.toString()).toBe(body)
  })
})
