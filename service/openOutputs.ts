import { cpus } from 'node:os'
import { join } from 'node:path'
import type { Stores } from '../proxy/accounts/stores.ts'
import type { JobQueue } from '../proxy/jobs/jobQueue.ts'
import { Outputs } from '../proxy/outputs/outputs.ts'
import type { OutputFolders } from '../proxy/outputs/outputs.ts'
import { PictureTexts } from '../proxy/outputs/pictureTexts.ts'
import { PictureWorkers } from '../proxy/outputs/pictureWorkers.ts'
import { prepareThumbnails } from '../proxy/outputs/prepareThumbnails.ts'
import { Thumbnails } from '../proxy/outputs/thumbnails.ts'
import type { ServiceOptions } from './serviceTypes.ts'

export interface OpenedOutputs {
  readonly outputs: Outputs
  readonly thumbnails: Thumbnails
  readonly pictureTexts: PictureTexts
  close(): Promise<void>
}

/** The files that people's jobs made, and their previews, over the journal of this data folder. */
export function openOutputs(
  { database, accounts }: Pick<Stores, 'database' | 'accounts'>,
  { jobs, folders }: { readonly jobs: Pick<JobQueue, 'onChange'>; readonly folders: OutputFolders },
  options: Pick<ServiceOptions, 'clock' | 'random' | 'logger' | 'dataDirectory' | 'nodeCommand' | 'paths'>,
): OpenedOutputs {
  const { clock, random, logger, dataDirectory, nodeCommand, paths } = options
  const command = { ...nodeCommand, entry: paths.pictureWorker }
  const thumbnails = new Thumbnails({
    directory: join(dataDirectory, 'thumbnails'),
    workers: new PictureWorkers({ command, logger, width: Math.min(2, cpus().length) }),
    patientWorkers: new PictureWorkers({ command, logger, width: 1, isPatient: true }),
    random,
    logger,
  })
  // Apart from previews: a text that takes its whole time keeps no picture waiting.
  const pictureTexts = new PictureTexts(new PictureWorkers({ command, logger, width: 1 }))
  const outputs = new Outputs({ kysely: database.kysely, folders, jobs, clock, random, logger })
  const stop = prepareThumbnails({ outputs, thumbnails, logger, listAccounts: () => accounts.list() })
  return {
    outputs,
    thumbnails,
    pictureTexts,
    close: async () => {
      stop()
      await outputs.close()
      pictureTexts.close()
      await thumbnails.close()
    },
  }
}
