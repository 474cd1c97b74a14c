import {
  assetsDisabledAnswer,
  emptyRawLogs,
  hideArguments,
  hideModelFolders,
  setUploadLimit,
  singleUserAnswer,
} from '../comfyui/answers.ts'
import { UploadInspector } from '../comfyui/multipart.ts'
import { checkPreviewPath, checkUserdataQuery, checkViewQuery } from '../comfyui/fileNames.ts'
import type { Action } from '../comfyui/routeTable.ts'
import { GateError } from '../contract/errorCodes.ts'
import { editHashedAsset, editPage, editStylesheet, editUserContent } from '../forward/responseRewriter.ts'
import type { HeaderEdit } from '../forward/responseRewriter.ts'
import { answerJson, answerText, writeAnswer } from '../http/ownAnswer.ts'
import { parseQuery } from '../http/requestTarget.ts'
import { audienceOf } from './exchange.ts'
import { listExtensions } from './extensionsAction.ts'
import { forwardTurn, withoutEncodings } from './forwardTurn.ts'
import { forwardHeavy, forwardHeavyUpload } from './forwardHeavy.ts'
import type { Turn, TurnServices } from './forwardTurn.ts'
import { subscribeToLogs } from './logSubscription.ts'
import { serveJobs } from './jobsAction.ts'
import { answerPromptInfo, submitPrompt } from './promptAction.ts'
import { serveHistory, serveInterrupt, serveQueue } from './queueActions.ts'
import { storeSettings } from './settingsAction.ts'

/** @throws GateError while nothing was answered yet */
type ActionHandler = (turn: Turn, services: TurnServices) => Promise<void> | void

const isAdministrator = ({ exchange }: Turn): boolean => exchange.principal?.role === 'administrator'

/** Administrators get the engine's answer, others what stands here. */
const administratorsOr =
  (answer: (turn: Turn) => void): ActionHandler =>
  (turn, services) =>
    isAdministrator(turn) ? forwardTurn(turn, services) : answer(turn)

const rewriting =
  (rewrite: (body: Buffer) => Buffer): ActionHandler =>
  (turn, services) =>
    forwardTurn(turn, services, isAdministrator(turn) ? {} : { rewrite, headers: withoutEncodings(turn.exchange) })

/** Whether ComfyUI opens the picture, instead of sending its file (server.py 0.3.64, view_image). */
const isDecoded = (query: readonly (readonly [string, string])[]): boolean =>
  query.some(([name, value]) => name === 'preview' || (name === 'channel' && value !== 'rgba'))

const own: ActionHandler = ({ exchange, request, response }, { dependencies }) => {
  if (exchange.head.expect !== undefined) response.writeContinue()
  dependencies.ownApplication(request, response, exchange)
}

const editFor = ({ exchange }: Turn, edit: HeaderEdit): HeaderEdit =>
  exchange.target.path.endsWith('.css') ? editStylesheet(edit) : edit

/**
 * Who builds nothing has pages of their own, which fit a phone: the plain address leads a browser there. `/?canvas`, as
 * "Open the canvas" has it, stays ComfyUI's page; keys and tools get what they ask for.
 */
const isForOwnPages = ({ exchange }: Turn): boolean =>
  exchange.target.path === '/' &&
  exchange.target.search === '' &&
  exchange.principal !== undefined &&
  exchange.principal.credential.kind !== 'apiKey' &&
  !exchange.principal.permissions.has('graphs') &&
  audienceOf(exchange) === 'page'

/** What is done with a request that passed every stage, by its route's action. */
export const actions: Readonly<Record<Action, ActionHandler>> = {
  own,
  pass: (turn, services) => forwardTurn(turn, services),
  heavy: (turn, services) => forwardHeavy(turn, services),
  static: (turn, services) => {
    if (isForOwnPages(turn)) {
      const headers = ['location', '/gatehouse/', 'cache-control', 'no-store', 'vary', 'Cookie']
      writeAnswer(turn.response, { status: 302, headers, body: '' })
      return
    }
    const edit = turn.exchange.target.path.startsWith('/assets/') ? editHashedAsset : editPage
    return forwardTurn(turn, services, { edit: editFor(turn, edit) })
  },
  userContent: (turn, services) => forwardTurn(turn, services, { edit: editFor(turn, editUserContent) }),
  view: (turn, services) => {
    const query = parseQuery(turn.exchange.target.search)
    checkViewQuery(query)
    return (isDecoded(query) ? forwardHeavy : forwardTurn)(turn, services, { edit: editUserContent })
  },
  userdataList: (turn, services) => {
    checkUserdataQuery(parseQuery(turn.exchange.target.search))
    return forwardTurn(turn, services)
  },
  modelPreview: (turn, services) => {
    checkPreviewPath(turn.exchange.target.segments)
    return forwardHeavy(turn, services)
  },
  queue: serveQueue,
  history: serveHistory,
  interrupt: serveInterrupt,
  jobs: serveJobs,
  extensions: listExtensions,
  systemStats: rewriting(hideArguments),
  modelFolders: rewriting(hideModelFolders),
  features: (turn, services) => {
    const limit = services.dependencies.settings.get('limits.uploadBytes')
    const rewrite = (body: Buffer): Buffer => setUploadLimit(body, limit)
    return forwardTurn(turn, services, { rewrite, headers: withoutEncodings(turn.exchange) })
  },
  users: ({ exchange, response }) => {
    if (exchange.method === 'POST') throw new GateError('PERMISSION_DENIED', 'People are added in Gatehouse.')
    answerJson(response, 200, singleUserAnswer)
  },
  assetsDisabled: ({ response }) => answerJson(response, 503, assetsDisabledAnswer),
  logs: administratorsOr(({ response }) => answerText(response, 200, '')),
  rawLogs: administratorsOr(({ response }) => answerJson(response, 200, emptyRawLogs)),
  folderPaths: administratorsOr(({ response }) => answerJson(response, 200, {})),
  // Unloading models slows everybody down.
  free: administratorsOr(({ response }) => answerText(response, 200, '')),
  prompt: submitPrompt,
  promptInfo: answerPromptInfo,
  upload: (turn, services) => {
    const maxPixels = services.dependencies.settings.get('limits.uploadPixels')
    const inspector = new UploadInspector(turn.exchange.head.contentType, { maxPixels })
    const isMask = turn.exchange.route.pattern === '/upload/mask'
    return (isMask ? forwardHeavyUpload : forwardTurn)(turn, services, { inspector })
  },
  settings: storeSettings,
  logSubscription: subscribeToLogs,
  webSocket: () => {
    throw new GateError('BAD_REQUEST', 'A WebSocket is opened here, nothing else.')
  },
}
