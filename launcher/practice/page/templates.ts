import sharp from 'sharp'
import { createLandscape, drawRows } from '../nodes/landscape.ts'
import { stringifyJson, type JsonObject, type JsonValue } from '../values/json.ts'
import { connect, toWorkflow, type NodePlan } from './workflowPlan.ts'

interface Template {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly nodes: readonly NodePlan[]
}

const sampler = (widgets: { batch: number; text: string }): NodePlan => ({
  id: 1,
  type: 'PracticeSampler',
  position: [60, 120],
  size: [320, 560],
  inputs: [],
  outputs: ['IMAGE'],
  widgets: [widgets.text, 7, 'randomize', 20, 512, 512, widgets.batch, 150],
})

const showing = (
  id: number,
  type: 'SaveImage' | 'PreviewImage',
  position: readonly [number, number],
  from: number,
): NodePlan => ({
  id,
  type,
  position,
  size: [360, 400],
  inputs: [connect('images', 'IMAGE', from)],
  outputs: [],
  widgets: type === 'SaveImage' ? ['Practice'] : [],
})

const note = (id: number, position: readonly [number, number], text: string): NodePlan => ({
  id,
  type: 'MarkdownNote',
  position,
  size: [360, 180],
  inputs: [],
  outputs: [],
  widgets: [text],
})

const TEMPLATES: readonly Template[] = [
  {
    name: 'practice-landscape',
    title: 'A landscape',
    description: 'The practice sampler draws, the picture is saved.',
    nodes: [
      sampler({ batch: 1, text: 'misty mountains at sunrise' }),
      showing(2, 'SaveImage', [460, 120], 1),
      note(
        3,
        [460, 570],
        '## Practice engine\nPress **Run**: the sampler draws a landscape step by step, without a model and without a graphics card.\n\nIt works like ComfyUI, so you can try everything around it. Real models need ComfyUI itself.',
      ),
    ],
  },
  {
    name: 'practice-batch',
    title: 'Four at once',
    description: 'A batch of four landscapes and their size.',
    nodes: [
      sampler({ batch: 4, text: 'four evenings by the sea' }),
      showing(2, 'PreviewImage', [460, 120], 1),
      {
        id: 3,
        type: 'GetImageSize',
        position: [460, 570],
        size: [200, 100],
        inputs: [connect('image', 'IMAGE', 1)],
        outputs: ['INT', 'INT', 'INT'],
        widgets: [],
      },
      {
        id: 4,
        type: 'PreviewAny',
        position: [700, 570],
        size: [220, 100],
        inputs: [connect('source', '*', 3, 2)],
        outputs: [],
        widgets: [],
      },
    ],
  },
  {
    name: 'practice-filters',
    title: 'Blur, invert, scale',
    description: 'What ComfyUI’s own picture nodes do, on the CPU.',
    nodes: [
      sampler({ batch: 1, text: 'hills in the fog' }),
      {
        id: 2,
        type: 'ImageBlur',
        position: [440, 60],
        size: [280, 110],
        inputs: [connect('image', 'IMAGE', 1)],
        outputs: ['IMAGE'],
        widgets: [12, 6],
      },
      {
        id: 3,
        type: 'ImageInvert',
        position: [440, 300],
        size: [280, 60],
        inputs: [connect('image', 'IMAGE', 1)],
        outputs: ['IMAGE'],
        widgets: [],
      },
      {
        id: 4,
        type: 'ImageScale',
        position: [440, 430],
        size: [280, 160],
        inputs: [connect('image', 'IMAGE', 3)],
        outputs: ['IMAGE'],
        widgets: ['lanczos', 256, 0, 'disabled'],
      },
      showing(5, 'PreviewImage', [780, 40], 2),
      showing(6, 'PreviewImage', [780, 490], 4),
    ],
  },
]

/** ComfyUI's template index: the engine offers only what it can run. */
export const TEMPLATE_INDEX: JsonValue = [
  {
    moduleName: 'default',
    title: 'Practice',
    type: 'image',
    templates: TEMPLATES.map(({ name, title, description }) => ({
      name,
      title,
      description,
      mediaType: 'image',
      mediaSubtype: 'webp',
    })),
  },
]

/** The workflow that a new user sees first. */
export const FIRST_WORKFLOW: JsonObject = toWorkflow(TEMPLATES[0]?.nodes ?? [])

export interface TemplateFile {
  readonly type: string
  readonly content: string | Buffer
}

/** A workflow (`name.json`) or its picture (`name-1.webp`). */
export async function findTemplateFile(file: string): Promise<TemplateFile | undefined> {
  for (const { name, nodes, title } of TEMPLATES) {
    if (file === `${name}.json`) return { type: 'application/json', content: stringifyJson(toWorkflow(nodes)) }
    if (file === `${name}-1.webp`) return { type: 'image/webp', content: await drawThumbnail(title) }
  }
  return undefined
}

async function drawThumbnail(text: string): Promise<Buffer> {
  const size = { width: 320, height: 320 }
  const picture = Buffer.alloc(size.width * size.height * 3)
  drawRows(createLandscape(text, 11n, 0), picture, size, { from: 0, to: size.height })
  return sharp(picture, { raw: { ...size, channels: 3 } })
    .webp({ quality: 85 })
    .toBuffer()
}
