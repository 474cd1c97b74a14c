import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ExecutionOrder } from '../../../launcher/practice/graph/executionOrder.ts'
import { PromptQueue } from '../../../launcher/practice/graph/promptQueue.ts'
import { isTypeAccepted } from '../../../launcher/practice/graph/validatePrompt.ts'
import { parseMultipart } from '../../../launcher/practice/http/multipart.ts'
import { createLandscape, drawRows } from '../../../launcher/practice/nodes/landscape.ts'
import type { UserFolders } from '../../../launcher/practice/nodes/nodeClass.ts'
import { nodeClasses } from '../../../launcher/practice/nodes/nodeRegistry.ts'
import { addPngText, readPngText } from '../../../launcher/practice/nodes/pngText.ts'
import { findSavePlace, joinInside, toPictureName } from '../../../launcher/practice/nodes/savePath.ts'
import { findTemplateFile, TEMPLATE_INDEX } from '../../../launcher/practice/page/templates.ts'
import { makePng } from '../../contract/prompts.ts'

const CRLF = '\r\n'

describe('parseMultipart', () => {
  const toBody = (...parts: string[]): Buffer =>
    Buffer.from(`${parts.map((part) => `--b${CRLF}${part}${CRLF}`).join('')}--b--${CRLF}`)
  const head = (rest: string): string => `Content-Disposition: form-data; ${rest}${CRLF}${CRLF}`

  it('reads texts and files with their bytes', () => {
    const body = toBody(`${head('name="a"')}text`, `${head('name="image"; filename="x.png"')}by${CRLF}tes`)
    const parts = parseMultipart('multipart/form-data; boundary=b', body)
    expect(parts.get('a')).toEqual({ filename: undefined, content: Buffer.from('text') })
    expect(parts.get('image')).toEqual({ filename: 'x.png', content: Buffer.from(`by${CRLF}tes`) })
  })

  it('reads quotation marks as browsers and as others write them', () => {
    const body = toBody(`${head('name="a"; filename="x%22y.png"')}1`, `${head('name="b"; filename="x\\"y.png"')}2`)
    const parts = parseMultipart('multipart/form-data; boundary="b"', body)
    expect([parts.get('a')?.filename, parts.get('b')?.filename]).toEqual(['x"y.png', 'x"y.png'])
  })

  it('does not take filename for name', () => {
    const parts = parseMultipart('multipart/form-data; boundary=b', toBody(`${head('filename="image"; name="real"')}1`))
    expect(Array.from(parts.keys())).toEqual(['real'])
  })

  it('takes leading slashes off file names', () => {
    const parts = parseMultipart('multipart/form-data; boundary=b', toBody(`${head('name="a"; filename="//etc/x"')}1`))
    expect(parts.get('a')?.filename).toBe('etc/x')
  })

  it('the first part of a name counts', () => {
    const parts = parseMultipart(
      'multipart/form-data; boundary=b',
      toBody(`${head('name="a"')}1`, `${head('name="a"')}2`),
    )
    expect(parts.get('a')?.content.toString()).toBe('1')
  })

  it.each([
    ['multipart/form-data', '--b--'],
    ['multipart/form-data; boundary=b', 'no boundary at all'],
    ['multipart/form-data; boundary=b', `--b${CRLF}never ends`],
    ['multipart/form-data; boundary=b', `--b${CRLF}no headers${CRLF}--b--`],
  ])('refuses %s with %j', (type, body) => {
    expect(() => parseMultipart(type, Buffer.from(body))).toThrow(SyntaxError)
  })
})

describe('joinInside', () => {
  it.each(['a.png', 'a/b.png', './a', 'a/../b', '', '...', '..a'])('%j stays inside', (path) => {
    expect(joinInside('/root/of', path)?.startsWith('/root/of')).toBe(true)
  })

  it.each(['..', '../x', '/etc/passwd', 'a/../../x', '../off', 'x\0y'])('path traversal: %j leads out', (path) => {
    expect(joinInside('/root/of', path)).toBeUndefined()
  })
})

describe('findSavePlace', () => {
  it('counts from the highest number of that prefix', async () => {
    const root = await mkdtemp(join(tmpdir(), 'gatehouse-save-'))
    for (const name of ['x_00007_.png', 'x_00003_.png', 'x_y_00090_.png', 'xx_00050_.png'])
      await writeFile(join(root, name), '')
    const place = await findSavePlace('x', root, { width: 1, height: 1 }, new Date(2026, 0, 2, 3, 4, 5))
    const dated = await findSavePlace(
      '%year%-%month%-%day%_%hour%%minute%%second%',
      root,
      { width: 1, height: 1 },
      new Date(2026, 0, 2, 3, 4, 5),
    )
    await rm(root, { recursive: true })
    expect([toPictureName(place, 0), toPictureName(place, 2)]).toEqual(['x_00008_.png', 'x_00010_.png'])
    expect(toPictureName(dated, 0)).toBe('2026-01-02_030405_00001_.png')
  })
})

describe('PNG texts', () => {
  it('are read as they were written, and the picture stays valid', async () => {
    const { default: sharp } = await import('sharp')
    const png = addPngText(await makePng(), new Map([['prompt', '{"a": 1}']]))
    expect(readPngText(png)).toEqual(new Map([['prompt', '{"a": 1}']]))
    expect(await sharp(png, { failOn: 'warning' }).metadata()).toMatchObject({ width: 2, height: 2 })
  })

  it.each(['', 'x'.repeat(80), 'a\0b', '日本'])('the key %j is refused', async (key) => {
    const png = await makePng()
    expect(() => addPngText(png, new Map([[key, 'x']]))).toThrow('cannot stand in a PNG')
  })
})

describe('ExecutionOrder', () => {
  const prompt = {
    a: { class_type: 'EmptyImage', inputs: {} },
    b: { class_type: 'ImageInvert', inputs: { image: ['a', 0n] } },
    c: { class_type: 'PreviewImage', inputs: { images: ['a', 0n] } },
    d: { class_type: 'PreviewImage', inputs: { images: ['b', 0n] } },
  }
  const runAll = (order: ExecutionOrder): string[] => {
    const ran: string[] = []
    for (let id = order.findNext(); id !== undefined; id = order.findNext()) {
      ran.push(id)
      order.complete(id)
    }
    return ran
  }

  it('runs sources first and shows pictures as early as it can', () => {
    expect(runAll(new ExecutionOrder(prompt, ['c', 'd'], nodeClasses, () => false))).toEqual(['a', 'c', 'b', 'd'])
  })

  it('leaves out what is cached, and what only that needs', () => {
    expect(runAll(new ExecutionOrder(prompt, ['d'], nodeClasses, (id) => id === 'b'))).toEqual(['d'])
  })

  it('stops when the rest waits for itself', () => {
    const circle = { a: { class_type: 'ImageInvert', inputs: { image: ['a', 0n] } } }
    const order = new ExecutionOrder(circle, ['a'], nodeClasses, () => false)
    expect([order.findNext(), order.isEmpty]).toEqual([undefined, false])
  })

  it('takes a chain of 20000 nodes', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [
        `n${index}`,
        { class_type: 'ImageInvert', inputs: index === 0 ? {} : { image: [`n${index - 1}`, 0n] } },
      ]),
    )
    expect(runAll(new ExecutionOrder(chain, ['n19999'], nodeClasses, () => false))).toHaveLength(20_000)
  })
})

describe('PromptQueue', () => {
  it('keeps at most ten thousand and one entries of history, the oldest go', async () => {
    const queue = new PromptQueue(() => undefined)
    const result = { succeeded: true, messages: [], outputs: {}, meta: {} }
    for (let number = 0; number < 10_005; number++) {
      queue.put({ number, promptId: `p${number}`, userId: 'a'.repeat(16), prompt: {}, extraData: {}, outputs: [] })
      queue.finish(await queue.take(), result)
    }
    const ids = Object.keys(queue.history(undefined, undefined))
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([10_001, 'p4', 'p10004'])
  })
})

describe('isTypeAccepted', () => {
  it.each([
    ['IMAGE', 'IMAGE', true],
    ['IMAGE', 'MASK', false],
    ['IMAGE', '*', true],
    ['INT', 'INT,FLOAT', true],
    ['INT,STRING', 'FLOAT, STRING', true],
    ['STRING', ['a', 'b'], false],
  ])('%s into %j: %s', (received, wanted, expected) => {
    expect(isTypeAccepted(received, wanted)).toBe(expected)
  })
})

describe('landscape', () => {
  it('is the same for the same text and seed, another for others', () => {
    const size = { width: 24, height: 16 }
    const draw = (text: string, seed: bigint, batch: number): string => {
      const picture = Buffer.alloc(size.width * size.height * 3)
      drawRows(createLandscape(text, seed, batch), picture, size, { from: 0, to: size.height })
      return picture.toString('hex')
    }
    const first = draw('hills', 18446744073709551615n, 0)
    expect(draw('hills', 18446744073709551615n, 0)).toBe(first)
    const others = [
      draw('hills', 18446744073709551614n, 0),
      draw('sea', 18446744073709551615n, 0),
      draw('hills', 18446744073709551615n, 1),
    ]
    expect(new Set([first, ...others]).size).toBe(4)
  })
})

describe('templates', () => {
  const noModels = { list: () => Promise.resolve([]), find: () => Promise.resolve(undefined) }
  const folders: UserFolders = { input: '/', output: '/', temp: '/', userdata: '/', models: noModels }
  const listed: string[] = JSON.parse(JSON.stringify(TEMPLATE_INDEX)).flatMap((module: any) =>
    module.templates.map(({ name }: any) => name),
  )

  it.each(listed)('%s uses nodes of this engine with a value for each widget', async (name) => {
    const file = await findTemplateFile(`${name}.json`)
    const workflow = JSON.parse(String(file?.content))
    for (const node of workflow.nodes) {
      if (node.type === 'MarkdownNote') continue
      const nodeClass = nodeClasses.get(node.type)
      expect(nodeClass, node.type).toBeDefined()
      const types = await nodeClass?.inputTypes(folders)
      const widgets = Object.values(types?.required ?? {}).flatMap(([type, options]) => {
        const isWidget = typeof type !== 'string' || ['INT', 'FLOAT', 'STRING', 'BOOLEAN'].includes(type)
        return isWidget ? (options?.['control_after_generate'] ? [1, 1] : [1]) : []
      })
      expect(node.widgets_values, node.type).toHaveLength(widgets.length)
    }
    for (const [, from, slot, to, toSlot, type] of workflow.links) {
      const source = workflow.nodes.find(({ id }: any) => id === from)
      const target = workflow.nodes.find(({ id }: any) => id === to)
      expect(isTypeAccepted(source.outputs[slot].type, type)).toBe(true)
      expect(target.inputs[toSlot].link).not.toBeNull()
    }
  })

  it.each(listed)('%s has a picture', async (name) => {
    expect(await findTemplateFile(`${name}-1.webp`)).toMatchObject({ type: 'image/webp' })
  })
})
