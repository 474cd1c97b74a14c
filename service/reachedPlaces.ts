import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { Logger } from '../proxy/core/logger.ts'
import { findMeta, setMeta } from '../proxy/database/metaStore.ts'
import type { Schema } from '../proxy/database/schema.ts'
import type { ReachedPlace, ReachWatchOptions } from './reachWatch.ts'

const storedSchema = z.record(z.string(), z.object({ link: z.string(), atMs: z.number(), address: z.string() }))
/** As many networks as sharing remembers; the ones of long ago go first. */
const MAX_PLACES = 64

/** What was remembered of networks in earlier runs. What cannot be read counts as nothing: then it is found out again. */
export async function openReachedPlaces(kysely: Kysely<Schema>, logger: Logger): Promise<ReachWatchOptions['memory']> {
  const places = readPlaces(await findMeta(kysely, 'reachedPlaces'))
  return {
    find: (networkId) => places.get(networkId),
    keep: (networkId, place) => {
      places.delete(networkId)
      places.set(networkId, place)
      for (const oldest of [...places.keys()].slice(0, Math.max(0, places.size - MAX_PLACES))) places.delete(oldest)
      setMeta(kysely, 'reachedPlaces', JSON.stringify(Object.fromEntries(places))).catch((error: unknown) =>
        logger.warn({ err: error }, 'who got through could not be remembered'),
      )
    },
  }
}

function readPlaces(text: string | undefined): Map<string, ReachedPlace> {
  try {
    const parsed = storedSchema.safeParse(JSON.parse(text ?? '{}'))
    return new Map(Object.entries(parsed.data ?? {}))
  } catch {
    return new Map() // Written by another version.
  }
}
