import sharp from 'sharp'
import { drawLandscape } from './pageFixturesOutputs.ts'

const drawn = new Map<string, Promise<Buffer>>()

/** Pictures of workflows, and the unfinished one of a run. */
export async function drawRunPicture(apiPath: string): Promise<{ type: string; body: Buffer } | undefined> {
  const [, kind] = /^(workflows|jobs)\/[^/]+\/(?:picture|preview)$/.exec(apiPath) ?? []
  if (kind === undefined) return undefined
  const known =
    drawn.get(apiPath) ??
    (kind === 'jobs' ? drawUnfinished() : drawLandscape(apiPath.length + Number(apiPath.at(-9)), 480, 360))
  drawn.set(apiPath, known)
  return { type: 'image/webp', body: await known }
}

/** As previews are: small and unclear. */
const drawUnfinished = async (): Promise<Buffer> =>
  sharp(await drawLandscape(3, 64, 64))
    .resize(512)
    .blur(6)
    .webp()
    .toBuffer()
