import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import type { HttpAnswer } from '../support/httpClient.ts'
import { until } from '../support/tabClient.ts'

let fixture: GateFixture
beforeAll(async () => {
  fixture = await openGateFixture()
})
afterAll(() => fixture.close())
beforeEach(() => {
  fixture.upstream.started.length = 0
  fixture.upstream.seen.length = 0
})

const get = (path: string, token: string = tokens.creator): Promise<HttpAnswer> =>
  ask(fixture.port, path, { headers: bearer(token) })
const post = (path: string, body: string | Buffer, token: string = tokens.creator, contentType = 'application/json') =>
  ask(fixture.port, path, { method: 'POST', headers: { 'content-type': contentType, ...bearer(token) }, body })

describe('paths that lead elsewhere', () => {
  it.each([
    '/view?filename=..%2Fx.png',
    '/view?filename=/etc/passwd',
    '/view?filename=..%5C..%5Cx.png',
    '/view?filename=a%5Cb.png',
    '/view?filename=a.png&subfolder=../userA',
    '/view?filename=a.png&subfolder=/etc',
    '/view?filename=a.png&subfolder=C:%5CWindows',
    '/view?filename=a.png&subfolder=a/../../b',
    '/view?filename=C:/x.png',
    '/view?filename=..%2Fx.png%20[output]',
    '/view?filename=%00.png',
    '/view?filename=a.png&filename=b.png',
    '/view?type=temp&filename=a.png&type=output',
    '/view?filename=blake3:abcdef',
    '/view?filename=BLAKE3:abcdef',
    '/view?filename=%20blake3:abc',
    '/view?filename=a&%66ilename=b',
    '/userdata?dir=..',
    '/userdata?dir=/etc',
    '/userdata?dir=a&dir=b',
    '/v2/userdata?path=..%2F..',
    '/v2/userdata?path=%252e%252e%252f',
    '/v2/userdata?path=x%25zz/%252e%252e/%252e%252e',
    '/v2/userdata?path=%25ff/%252e%252e/%252e%252e',
    '/userdata?dir=%25ff/%252E%252E',
    '/userdata/..%2F..%2Fusers.json',
    '/userdata/%252e%252e%252fx',
    '/userdata/%2Fetc%2Fpasswd',
    '/userdata/a%5Cb',
    '/experiment/models/preview/checkpoints/0/..%2F..%2Finput%2Fx.png',
    '/experiment/models/preview/checkpoints/0/%2Fabs%2Fx.png',
    '/experiment/models/preview/checkpoints/x/a.png',
    '/experiment/models/preview/checkpoints/0/a%5C..%5Cb.png',
    '/view_metadata/a?filename=x&filename=y',
    '/history/a%2Fb',
    '/object_info/a%252Fb',
    '/models/a%2Fb',
    '/extensions/pack/..%2F..%2Fx',
    '/api/view?filename=..%2Fx.png',
    '/api/userdata?dir=..',
  ])('case 1, 8, 34, 44, 47: are refused and never forwarded: %s', async (path) => {
    expect((await get(path, tokens.admin)).status).toBe(400)
    expect(fixture.upstream.started).toEqual([])
  })

  it.each([
    [
      '/view?filename=a.png&subfolder=x/y&type=output&preview=webp;90',
      '/view?filename=a.png&subfolder=x%2Fy&type=output&preview=webp%3B90',
    ],
    ['/view?filename=a.png%20[temp]', '/view?filename=a.png+%5Btemp%5D'],
    ['/userdata/workflows%2Fmy%20flow.json', '/userdata/workflows%2Fmy%20flow.json'],
    ['/api/userdata/workflows%2Fa.json?overwrite=true', '/api/userdata/workflows%2Fa.json?overwrite=true'],
    ['/userdata/100%2525.json', '/userdata/100%2525.json'],
    [
      '/experiment/models/preview/checkpoints/0/sub%2Fmodel.png',
      '/experiment/models/preview/checkpoints/0/sub%2Fmodel.png',
    ],
    ['/%65mbeddings', '/embeddings'],
    ['/api/%65mbeddings?a=%20b', '/api/embeddings?a=%20b'],
  ])('are not ordinary ones: %s reaches the engine as %s', async (path, expected) => {
    expect((await get(path)).status).toBe(200)
    expect(fixture.upstream.started).toEqual([`GET ${expected}`])
  })

  it.each([
    '/api/api/jobs',
    '/api/api/queue',
    '/api/api/api/queue',
    '/gatehouse/companion/users/a',
    '/api/gatehouse/companion/users/a',
    '/api/api/gatehouse/companion/health',
    '/gatehouse/companion',
    '/GATEHOUSE/companion/health',
    '/api/Gatehouse/api/v1/users',
    '/%67atehouse/companion/health',
    '/api/gatehouse',
  ])('case 10, 31: to the companion or a hidden twin do not exist, for nobody: %s', async (path) => {
    for (const token of [tokens.creator, tokens.adminAll]) {
      expect((await get(path, token)).status).toBe(404)
      expect((await post(path, '{}', token)).status).toBe(404)
    }
    expect(fixture.upstream.started).toEqual([])
    expect(fixture.ownSeen).toEqual([])
  })

  it.each(['/Queue', '/QUEUE', '/queue/', '/queue;a=b', '/API/queue', '/internal', '/api/internal/logs'])(
    'case 32, 49: that only look like a route need an administrator: %s',
    async (path) => {
      expect((await get(path)).status).toBe(403)
      expect(fixture.upstream.started).toEqual([])
      expect((await get(path, tokens.admin)).status).toBe(200)
    },
  )
})

describe('what is about this computer', () => {
  it('case 30, 43: hides paths and flags from everybody but administrators', async () => {
    const stats = { system: { os: 'posix', argv: ['main.py', '--base-directory', '/home/ada'] }, devices: [] }
    const models = [{ name: 'loras', folders: ['/home/ada/loras', '/mnt/x'], extra: 1 }]
    fixture.upstream.on('GET /system_stats', (_q, response) => response.end(JSON.stringify(stats)))
    fixture.upstream.on('GET /experiment/models', (_q, response) => response.end(JSON.stringify(models)))
    fixture.upstream.on('GET /internal/folder_paths', (_q, response) => response.end('{"loras":["/home/ada"]}'))
    fixture.upstream.on('GET /internal/logs', (_q, response) => response.end('"line of /home/ada"'))
    fixture.upstream.on('GET /internal/logs/raw', (_q, response) => response.end('{"entries":["/home/ada"]}'))
    expect((await get('/system_stats')).json()).toEqual({ system: { os: 'posix', argv: ['main.py'] }, devices: [] })
    expect((await get('/experiment/models')).json()).toEqual([
      { name: 'loras', folders: ['loras/0', 'loras/1'], extra: 1 },
    ])
    for (const path of [
      '/system_stats',
      '/experiment/models',
      '/internal/folder_paths',
      '/internal/logs',
      '/internal/logs/raw',
      '/internal/%6cogs',
    ]) {
      const answer = await get(path)
      expect(answer.status).toBe(200)
      expect(answer.text).not.toContain('/home/ada')
      expect((await get(path, tokens.admin)).text).toContain('/home/ada')
    }
  })

  it('case 33: says by HEAD no more than by GET', async () => {
    fixture.upstream.on('/system_stats', (_q, response) => response.setHeader('content-length', 987).end())
    const head = (token: string) => ask(fixture.port, '/system_stats', { method: 'HEAD', headers: bearer(token) })
    const [own, administrators] = [await head(tokens.creator), await head(tokens.admin)]
    expect([own.status, own.headers['content-length']]).toEqual([200, undefined])
    expect([administrators.status, administrators.headers['content-length']]).toEqual([200, '987'])
  })

  it('refuses when an answer to be rewritten is not what it should be', async () => {
    fixture.upstream.on('GET /system_stats', (_q, response) => response.end('["/home/ada"]'))
    const answer = await get('/system_stats')
    expect(answer.status).toBe(503)
    expect(answer.text).not.toContain('/home/ada')
  })

  it('says the limit of the gate for uploads', async () => {
    fixture.upstream.on('GET /features', (_q, response) =>
      response.end('{"supports_preview_metadata":true,"max_upload_size":1}'),
    )
    expect((await get('/features')).json()).toEqual({
      supports_preview_metadata: true,
      max_upload_size: 100 * 1024 * 1024,
    })
  })

  it('case 19, 42, 47: answers for the users of ComfyUI and its asset store by itself', async () => {
    expect((await get('/users')).json()).toEqual({ storage: 'server', migrated: true })
    expect((await post('/users', '{"username":"x"}', tokens.adminAll)).status).toBe(403)
    for (const path of [
      '/api/assets',
      '/api/assets/x/content',
      '/api/assets/from-hash',
      '/api/assets/download',
      '/api/tags',
      '/api/tags/refine',
    ]) {
      const answer = await post(path, '{}', tokens.adminAll)
      expect([answer.status, answer.json().error.code]).toEqual([503, 'SERVICE_DISABLED'])
    }
    expect((await post('/free', '{"free_memory":true}')).status).toBe(200)
    expect(fixture.upstream.started).toEqual([])
    expect((await post('/free', '{"free_memory":true}', tokens.admin)).status).toBe(200)
    expect(fixture.upstream.started).toEqual(['POST /free'])
  })

  it.each(['/queue', '/%71ueue', '/api/%71ueue', '/history', '/history/x', '/api/jobs', '/api/jobs/x'])(
    'case 16, 17, 31, 32: that show everybody’s jobs are never asked of the engine: %s',
    async (path) => {
      fixture.upstream.on('GET /queue', (_q, response) => {
        response.end(JSON.stringify({ queue_running: [], queue_pending: [[0, 'theirs', {}, {}, []]] }))
      })
      for (const token of [tokens.creator, tokens.admin]) {
        const answer = await get(path, token)
        expect(answer.text).not.toContain('theirs')
        expect(answer.status).toBe(path === '/api/jobs/x' ? 404 : 200)
      }
      expect(fixture.upstream.started).toEqual([])
    },
  )
})

describe('stored script', () => {
  it.each([
    ['image/svg+xml', '/view?filename=a.svg'],
    ['text/html', '/userdata/a.html'],
    ['application/xml', '/view?filename=a.xml'],
    ['application/xhtml+xml', '/view?filename=a.xhtml'],
    ['text/javascript', '/view?filename=a.js'],
    ['application/x-javascript', '/userdata/a.js'],
    ['application/octet-stream', '/view?filename=a'],
    ['application/pdf', '/view?filename=a.pdf'],
  ])('case 6, 52: of type %s never runs in our origin', async (type, path) => {
    fixture.upstream.on(`GET ${path.split('?')[0] ?? ''}`, (_q, response) => {
      response.setHeader('content-type', type)
      response.setHeader('content-disposition', 'filename="a b.x"')
      response.end('<script>alert(1)</script>')
    })
    const { headers } = await get(path)
    expect(headers['content-disposition']).toMatch(/^attachment\b/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['content-security-policy']).toContain('sandbox')
    expect(headers['content-type']).not.toMatch(/javascript/)
    expect(headers['cache-control']).toBe('private, no-cache')
  })

  it('case 45: leaves pictures to be seen, and for nobody else in a shared browser', async () => {
    fixture.upstream.on('GET /view', (_q, response) => {
      response.writeHead(200, {
        'content-type': 'image/png',
        'cache-control': 'public, max-age=86400',
        'set-cookie': 'a=b',
        'access-control-allow-origin': '*',
        etag: '"e"',
      })
      response.end('png')
    })
    const { headers } = await get('/view?filename=a.png')
    expect(headers['content-disposition']).toBeUndefined()
    expect(headers).toMatchObject({ 'cache-control': 'private, no-cache', vary: 'Cookie', etag: '"e"' })
    expect(headers['set-cookie'] ?? headers['access-control-allow-origin']).toBeUndefined()
  })

  it('keeps the caching of files with a hash in their name, and lets nobody frame the page', async () => {
    fixture.upstream.on('GET /assets/index-abc.js', (_q, response) =>
      response
        .writeHead(200, { 'cache-control': 'public, max-age=31536000', 'content-type': 'text/javascript' })
        .end('x'),
    )
    expect((await get('/assets/index-abc.js')).headers['cache-control']).toBe('public, max-age=31536000')
    expect((await get('/')).headers['content-security-policy']).toContain("frame-ancestors 'self'")
  })

  it('lets no picture of a workflow carry the session to another port of this computer (cookies know no ports)', async () => {
    const policy = String((await get('/')).headers['content-security-policy'])
    const sources = policy.split('; ').filter((directive) => /^(img|media)-src /.test(directive))
    expect(sources.map((directive) => directive.split(' ').slice(1))).toEqual([
      ["'self'", 'data:', 'blob:', 'https:'],
      ["'self'", 'data:', 'blob:', 'https:'],
    ])
  })
})

describe('prompts that kill ComfyUI', () => {
  const node = { class_type: 'EmptyImage', inputs: {} }
  it.each([
    ['client_id is a list', JSON.stringify({ prompt: { 1: node }, client_id: [] })],
    ['extra_data is a number', JSON.stringify({ prompt: { 1: node }, extra_data: 5 })],
    ['a node has no inputs', JSON.stringify({ prompt: { 1: node, 2: { class_type: 'A' } } })],
    ['the prompt is a list', '{"prompt":[]}'],
    ['it is nested without end', `{"prompt":${'{"a":'.repeat(5000)}1${'}'.repeat(5001)}`],
    ['it has a million nodes', `{"prompt":{${Array.from({ length: 100_000 }, (_, at) => `"${at}":1`).join(',')}}}`],
  ])('case 22: get an answer that its page understands and reach nothing: %s', async (_what, body) => {
    for (const path of ['/prompt', '/api/prompt']) {
      const answer = await post(path, body, tokens.admin, 'text/plain')
      expect(answer.status).toBe(400)
      expect(answer.headers['content-type']).toContain('application/json')
      expect(answer.json()).toEqual({
        error: {
          type: expect.any(String) as string,
          message: expect.any(String) as string,
          details: expect.stringMatching(/\.$/) as string,
          extra_info: {},
        },
        node_errors: {},
      })
    }
    expect(fixture.upstream.started.filter((line) => line.includes('prompt'))).toEqual([])
  })

  it('case 20, 21, 22: cannot repeat a number and an id: an id is used once', async () => {
    const prompt_id = '12345678-1234-4234-8234-123456789abc'
    const body = JSON.stringify({ prompt: { 1: node }, number: 1, prompt_id })
    fixture.upstream.on('POST /prompt', (_request, response) => response.end('{}'))
    await post('/prompt', body, tokens.admin)
    const second = (await post('/prompt', body, tokens.creator)).json().prompt_id as string
    expect(second).not.toBe(prompt_id)
    expect(second).toMatch(/^[0-9a-f]{8}-/)
    const sent = await until(() => {
      const found = fixture.upstream.seen.filter(({ url }) => url === '/prompt')
      return found.length === 2 && found.map((request) => JSON.parse(request.body.toString()))
    }, 'both prompts reach the engine')
    expect(sent.map((prompt) => prompt.prompt_id)).toEqual([prompt_id, second])
    expect(sent.some((prompt) => 'number' in prompt || 'front' in prompt)).toBe(false)
  })

  it('case 23, 51: are refused by size before they are read', async () => {
    fixture.settings.set('limits.promptBytes', 2048)
    const answer = await post(
      '/prompt',
      JSON.stringify({ prompt: {}, extra_data: { extra_pnginfo: { a: 'x'.repeat(3000) } } }),
    )
    fixture.settings.set('limits.promptBytes', 10 * 1024 * 1024)
    expect(answer.status).toBe(413)
    expect(answer.json().error.type).toBe('not_allowed')
    expect(fixture.upstream.started.filter((line) => line.startsWith('POST /gatehouse'))).toEqual([])
  })

  it('case 26: are refused in the same shape to whom may not send any', async () => {
    const answer = await post('/prompt', '{"prompt":{}}', tokens.viewer)
    expect(answer.status).toBe(403)
    expect(answer.json().error.type).toBe('not_allowed')
  })

  it('say when the engine is not ready', async () => {
    const other = await openGateFixture({ ready: false })
    const answer = await ask(other.port, '/prompt', {
      method: 'POST',
      headers: bearer(tokens.creator),
      body: '{"prompt":{}}',
    })
    await other.close()
    expect(answer.status).toBe(503)
    expect(answer.json().error.type).toBe('engine_unavailable')
    expect(answer.headers['retry-after']).toBe('2')
  })
})

describe('uploads', () => {
  interface Part {
    name: string
    fileName?: string
    value: string | Buffer
    head?: string
  }
  const form = (parts: readonly Part[], boundary = 'XbX'): Buffer =>
    Buffer.concat([
      ...parts.flatMap(({ name, fileName, value, head }) => [
        Buffer.from(
          `--${boundary}\r\n${head ?? `Content-Disposition: form-data; name="${name}"${fileName === undefined ? '' : `; filename="${fileName}"\r\nContent-Type: image/png`}`}\r\n\r\n`,
        ),
        Buffer.from(value),
        Buffer.from('\r\n'),
      ]),
      Buffer.from(`--${boundary}--\r\n`),
    ])
  const type = 'multipart/form-data; boundary=XbX'
  /** The head of a PNG of 16 x 16 pixels. */
  const pngHead = Buffer.from('89504e470d0a1a0a0000000d494844520000001000000010', 'hex')
  const image = (fileName: string): Part => ({ name: 'image', fileName, value: pngHead })
  const upload = (body: Buffer, contentType = type, path = '/upload/image') =>
    post(path, body, tokens.creator, contentType)

  it('pass unchanged when they are ordinary', async () => {
    const picture = Buffer.concat([pngHead, Buffer.alloc(3 * 1024 * 1024, 'pixels\r\n--XbY')])
    const body = form([
      { name: 'subfolder', value: 'pasted/x' },
      { name: 'image', fileName: 'my cat ä %22.png', value: picture },
      { name: 'type', value: 'input' },
      { name: 'overwrite', value: 'true' },
    ])
    expect((await upload(body)).status).toBe(200)
    expect(fixture.upstream.seen.at(-1)?.body.equals(body)).toBe(true)
    expect(fixture.upstream.seen.at(-1)?.headers['content-length']).toBe(String(body.length))
  })

  it.each([
    '../../x.png',
    '/etc/x',
    '..',
    '.',
    '',
    'a'.repeat(300),
    'a\u0001.png',
    'con.png',
    'NUL',
    'com1.png',
    'a.png.',
    'a.png ',
    'a.png:ads',
    'a\\\\b.png',
    '..\\\\..\\\\x',
    'a|b',
    'a*',
    'a<b>.png',
    'lpt9.x',
  ])('case 4: with the file name %j leave nothing behind', async (fileName) => {
    expect((await upload(form([image(fileName)]))).status).toBe(400)
    expect(fixture.upstream.seen).toEqual([])
  })

  it.each<[string, readonly Part[]]>([
    ['type=output', [image('a.png'), { name: 'type', value: 'output' }]],
    ['type=foo', [{ name: 'type', value: 'foo' }, image('a.png')]],
    ['a folder outside', [image('a.png'), { name: 'subfolder', value: '../userA' }]],
    ['an absolute folder', [image('a.png'), { name: 'subfolder', value: '/etc' }]],
    ['a folder with backslashes', [image('a.png'), { name: 'subfolder', value: '..\\..\\x' }]],
    ['two pictures', [image('a.png'), image('b.png')]],
    ['two types', [image('a.png'), { name: 'type', value: 'input' }, { name: 'type', value: 'temp' }]],
    ['a file in another field', [image('a.png'), { name: 'type', fileName: 'x', value: 'input' }]],
    [
      'an extended file name',
      [
        {
          name: 'image',
          value: 'x',
          head: `Content-Disposition: form-data; name="image"; filename="a.png"; filename*=UTF-8''..%2Fx`,
        },
      ],
    ],
    [
      'a transfer encoding',
      [
        {
          name: 'image',
          value: 'x',
          head: 'Content-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Transfer-Encoding: base64',
        },
      ],
    ],
    [
      'two dispositions',
      [
        {
          name: 'image',
          value: 'x',
          head: 'Content-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Disposition: form-data; name="image"; filename="../b"',
        },
      ],
    ],
    [
      'a folded header',
      [{ name: 'image', value: 'x', head: 'Content-Disposition: form-data; name="image";\r\n filename="../a.png"' }],
    ],
    ['a picture without a name', [{ name: 'image', value: 'x' }]],
  ])('case 5: with %s leave nothing behind', async (_what, parts) => {
    expect((await upload(form(parts))).status).toBe(400)
    expect(fixture.upstream.seen).toEqual([])
  })

  it('case 7: of masks may not copy a file from elsewhere', async () => {
    const mask = (original: string): Buffer => form([image('m.png'), { name: 'original_ref', value: original }])
    for (const original of [
      '{"filename":"../x.png"}',
      '{"filename":"a.png","subfolder":"/etc"}',
      '[]',
      'x',
      '{"filename":5}',
    ]) {
      expect((await upload(mask(original), type, '/upload/mask')).status).toBe(400)
    }
    expect(fixture.upstream.seen).toEqual([])
    expect(
      (await upload(mask('{"filename":"a.png","subfolder":"","type":"input"}'), type, '/upload/mask')).status,
    ).toBe(200)
  })

  it.each([
    ['cut off', form([image('a.png')]).subarray(0, 60)],
    ['with something before', Buffer.concat([Buffer.from('preamble\r\n'), form([image('a.png')])])],
    ['with something behind', Buffer.concat([form([image('a.png')]), form([image('b.png')])])],
    ['empty', Buffer.from('\r\n')],
  ])('whose form is %s leave nothing behind', async (_what, body) => {
    expect((await upload(body)).status).toBe(400)
    expect(fixture.upstream.seen).toEqual([])
  })

  it.each([
    'application/json',
    'multipart/form-data',
    'multipart/mixed; boundary=XbX',
    'multipart/form-data; boundary=XbX; boundary=y',
    'multipart/form-data; charset=x; boundary=XbX',
  ])('of type %s are not read as a form', async (contentType) => {
    expect((await upload(form([image('a.png')]), contentType)).status).toBe(415)
    expect(fixture.upstream.seen).toEqual([])
  })

  it('case 36: over the limit are refused, said or unsaid', async () => {
    fixture.settings.set('limits.uploadBytes', 1024 * 1024)
    const body = Buffer.alloc(1024 * 1024 + 1)
    const said = await post('/userdata/a.bin', body)
    const unsaid = await fetch(`${fixture.url}/userdata/a.bin`, {
      method: 'POST',
      headers: bearer(tokens.creator),
      body: new Blob([body]).stream(),
      duplex: 'half',
    } as RequestInit)
    fixture.settings.set('limits.uploadBytes', 100 * 1024 * 1024)
    expect([said.status, unsaid.status]).toEqual([413, 413])
    expect(fixture.upstream.seen).toEqual([])
  })
})
