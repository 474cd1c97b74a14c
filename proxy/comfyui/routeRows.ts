import type { Permission } from '../contract/permissions.ts'

/**
 * What a request needs: one permission, or nothing of the kind. `never`: nobody; answered as if it did not exist.
 * `signedIn`: any valid credential.
 */
export type RouteAccess = Permission | 'public' | 'signedIn' | 'never'

/** What is done with a request that passed every check. */
export type Action =
  /** Answered by the gate's own API and pages. */
  | 'own'
  /** Forwarded with the identity of who asks; the answer is the engine's, made for that person. */
  | 'pass'
  /** Forwarded, few at once: the engine computes in the thread that answers everybody. */
  | 'heavy'
  /** Forwarded; the answer is the same for everybody and may be cached. */
  | 'static'
  /** Forwarded; a file that people or nodes wrote: never a page or script in our origin. */
  | 'userContent'
  | 'webSocket'
  | 'prompt'
  | 'promptInfo'
  | 'upload'
  | 'settings'
  /** Answered from the gate's own queue and history, per person. */
  | 'queue'
  | 'history'
  | 'interrupt'
  | 'jobs'
  /** Sessions: with the script that the gate adds to ComfyUI's page. */
  | 'extensions'
  | 'systemStats'
  | 'features'
  | 'modelFolders'
  | 'modelPreview'
  | 'view'
  | 'userdataList'
  /** Answered by the gate with what a single-user ComfyUI says. */
  | 'users'
  | 'assetsDisabled'
  /** Administrators: forwarded. Others: an empty answer of the same shape. */
  | 'logs'
  | 'rawLogs'
  | 'logSubscription'
  | 'folderPaths'
  | 'free'

export interface RouteRow {
  /** HEAD counts as GET; none: every method. */
  readonly methods: readonly string[]
  /** `{x}` one segment, `{+x}` one segment that may hide a separator or an encoding, `*` the rest. */
  readonly pattern: string
  readonly access: RouteAccess
  readonly action: Action
  /** false: has no twin below `/api`; `only`: exists nowhere else. */
  readonly twin?: false | 'only'
  readonly uniqueQuery?: true
  readonly unsafeGet?: true
  /**
   * Of what is public: `plain` is needed before a device trusts the certificate, and holds nothing worth reading along;
   * `secret` takes or gives a password or a sign-in, so other devices need HTTPS for it once there is any.
   */
  readonly wire?: 'plain' | 'secret'
}

const row = (
  methods: string,
  pattern: string,
  access: RouteAccess,
  action: Action,
  more: Partial<Pick<RouteRow, 'twin' | 'uniqueQuery' | 'unsafeGet' | 'wire'>> = {},
): RouteRow => ({ methods: methods === '*' ? [] : methods.split(' '), pattern, access, action, ...more })

const specialActions = new Map<string, Action>([
  ['experiment/models', 'modelFolders'],
  ['object_info', 'heavy'],
])
const noTwin = { twin: false } as const
const plain = { ...noTwin, wire: 'plain' } as const
const secret = { ...noTwin, wire: 'secret' } as const
const once = { uniqueQuery: true } as const

/** Ours: the API, the pages, signing in. Nothing of it is ever forwarded. */
const ownRows: readonly RouteRow[] = [
  row('GET POST', '/login', 'public', 'own', secret),
  row('GET POST', '/logout', 'public', 'own', secret),
  // Of ComfyUI-Sentinel's API; as if they were not there while the setting tokens.on is off.
  row('GET POST', '/register', 'public', 'own', secret),
  row('GET POST', '/generate_token', 'public', 'own', secret),
  row('GET', '/gatehouse/assets/*', 'public', 'own', plain),
  row('GET', '/gatehouse/healthz', 'public', 'own', plain),
  // For a device that does not know this computer yet, and only what everybody may know.
  ...['welcome', 'trusted.gif', 'authority.crt', 'authority.mobileconfig'].map((name) =>
    row('GET', `/gatehouse/${name}`, 'public', 'own', plain),
  ),
  row('POST', '/gatehouse/api/v1/session', 'public', 'own', secret),
  row('GET POST', '/gatehouse/api/v1/session/guest', 'public', 'own', secret),
  row('GET POST PUT DELETE', '/gatehouse/api/v1/session/knock', 'public', 'own', secret),
  // The page, and a link's token in a body: nothing is used up by reading.
  row('GET POST', '/gatehouse/invite', 'public', 'own', secret),
  row('GET DELETE', '/gatehouse/api/v1/session', 'signedIn', 'own', noTwin),
  ...['account', 'keys', 'sessions'].flatMap((name) => [
    row('*', `/gatehouse/api/v1/${name}`, 'account', 'own', noTwin),
    row('*', `/gatehouse/api/v1/${name}/*`, 'account', 'own', noTwin),
  ]),
  row('GET', '/gatehouse/api/v1/events', 'signedIn', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/folders/mine', 'outputs', 'own', noTwin),
  row('*', '/gatehouse/api/v1/jobs', 'jobs', 'own', noTwin),
  row('*', '/gatehouse/api/v1/jobs/*', 'jobs', 'own', noTwin),
  row('POST', '/gatehouse/api/v1/outputs/{id}/input', 'uploads', 'own', noTwin),
  row('*', '/gatehouse/api/v1/outputs/{id}/shares', 'share', 'own', noTwin),
  row('POST', '/gatehouse/api/v1/outputs/share', 'share', 'own', noTwin),
  row('*', '/gatehouse/api/v1/outputs', 'outputs', 'own', noTwin),
  row('*', '/gatehouse/api/v1/outputs/*', 'outputs', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/shared', 'shared', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/shared/*', 'shared', 'own', noTwin),
  // Only a draft, from ComfyUI's page, which never administers: of administrators, who alone have this permission.
  row('POST', '/gatehouse/api/v1/workflows/drafts', 'packs', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/workflows/drafts', 'administer', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/workflows/starter', 'administer', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/workflows', 'workflows', 'own', noTwin),
  row('POST', '/gatehouse/api/v1/workflows', 'administer', 'own', noTwin),
  row('*', '/gatehouse/api/v1/workflows/inspect', 'administer', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/workflows/{id}', 'workflows', 'own', noTwin),
  row('PUT PATCH POST DELETE', '/gatehouse/api/v1/workflows/{id}', 'administer', 'own', noTwin),
  row('POST', '/gatehouse/api/v1/workflows/{id}/run', 'workflows', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/workflows/{id}/canvas', 'workflows', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/workflows/{id}/picture', 'workflows', 'own', noTwin),
  row('PUT DELETE', '/gatehouse/api/v1/workflows/{id}/picture', 'administer', 'own', noTwin),
  row('GET', '/gatehouse/api/openapi.json', 'signedIn', 'own', noTwin),
  row('GET', '/gatehouse/api/docs', 'signedIn', 'own', noTwin),
  row('*', '/gatehouse/api/*', 'administer', 'own', noTwin),
  row('*', '/gatehouse/companion', 'never', 'own', noTwin),
  row('*', '/gatehouse/companion/*', 'never', 'own', noTwin),
  // Reserved: answered by nothing yet, and never by ComfyUI's custom nodes in our name.
  row('*', '/gatehouse/metrics', 'never', 'own', noTwin),
  row('GET', '/gatehouse', 'signedIn', 'own', noTwin),
  row('GET', '/gatehouse/*', 'signedIn', 'own', noTwin),
]

/** ComfyUI's page and the static files beside it. */
const pageRows: readonly RouteRow[] = [
  row('GET', '/', 'canvas', 'static', noTwin),
  row('GET', '/index.html', 'canvas', 'static', noTwin),
  ...['assets', 'scripts', 'fonts', 'cursor', 'templates', 'docs'].map((folder) =>
    row('GET', `/${folder}/*`, 'canvas', 'static', noTwin),
  ),
  row('GET', '/extensions/*', 'canvas', 'static', noTwin),
  row('GET', '/workflow_templates/*', 'canvas', 'static'),
]

/**
 * ComfyUI 0.3.64: server.py (PromptServer, add_routes), app/user_manager.py, app/model_manager.py,
 * app/custom_node_manager.py, api_server/routes/internal/internal_routes.py.
 */
const coreRows: readonly RouteRow[] = [
  row('GET', '/ws', 'canvas', 'webSocket', once),
  row('GET', '/extensions', 'canvas', 'extensions'),
  ...['embeddings', 'i18n', 'object_info', 'workflow_templates', 'models', 'experiment/models'].map((name) =>
    row('GET', `/${name}`, 'canvas', specialActions.get(name) ?? 'pass'),
  ),
  row('GET', '/models/{folder}', 'canvas', 'pass'),
  row('GET', '/experiment/models/{folder}', 'canvas', 'pass'),
  row('GET', '/experiment/models/preview/{folder}/{index}/{+file}', 'canvas', 'modelPreview'),
  row('GET', '/experiment/models/preview/{folder}/{index}/*', 'canvas', 'modelPreview'),
  row('GET', '/view_metadata/{folder}', 'canvas', 'pass', once),
  row('GET', '/object_info/{class}', 'canvas', 'pass'),
  row('GET', '/features', 'canvas', 'features'),
  row('GET', '/system_stats', 'canvas', 'systemStats'),
  row('GET', '/prompt', 'canvas', 'promptInfo'),
  row('POST', '/prompt', 'workflows', 'prompt'),
  row('GET', '/queue', 'canvas', 'queue'),
  row('POST', '/queue', 'jobs', 'queue'),
  row('GET', '/history', 'canvas', 'history', once),
  row('POST', '/history', 'jobs', 'history'),
  row('GET', '/history/{id}', 'canvas', 'history'),
  row('POST', '/interrupt', 'jobs', 'interrupt'),
  row('POST', '/free', 'memory', 'free'),
  row('POST', '/upload/image', 'uploads', 'upload', once),
  row('POST', '/upload/mask', 'uploads', 'upload', once),
  row('GET', '/view', 'canvas', 'view', once),
  row('GET', '/users', 'canvas', 'users'),
  row('POST', '/users', 'canvas', 'users'),
  row('GET', '/settings', 'canvas', 'pass'),
  row('POST', '/settings', 'storage', 'settings'),
  row('GET', '/settings/{id}', 'canvas', 'pass'),
  row('POST', '/settings/{id}', 'storage', 'settings'),
  row('GET', '/userdata', 'canvas', 'userdataList', once),
  row('GET', '/v2/userdata', 'canvas', 'userdataList', once),
  row('GET', '/userdata/{+file}', 'canvas', 'userContent', once),
  row('POST DELETE', '/userdata/{+file}', 'storage', 'pass', once),
  row('POST', '/userdata/{+file}/move/{+dest}', 'storage', 'pass', once),
  row('GET', '/internal/logs', 'canvas', 'logs', noTwin),
  row('GET', '/internal/logs/raw', 'canvas', 'rawLogs', noTwin),
  row('PATCH', '/internal/logs/subscribe', 'canvas', 'logSubscription', noTwin),
  row('GET', '/internal/folder_paths', 'canvas', 'folderPaths', noTwin),
  row('GET', '/internal/files/{folder}', 'canvas', 'pass', noTwin),
]

/** What ComfyUI's sources of 2026 add (server.py, app/subgraph_manager.py, app/assets/api/routes.py): read, not run. */
const newerRows: readonly RouteRow[] = [
  row('GET', '/jobs', 'canvas', 'jobs', once),
  row('GET', '/jobs/{id}', 'canvas', 'jobs'),
  row('POST', '/jobs/cancel', 'jobs', 'jobs'),
  row('POST', '/jobs/{id}/cancel', 'jobs', 'jobs'),
  row('GET', '/global_subgraphs', 'canvas', 'pass'),
  row('GET', '/global_subgraphs/{id}', 'canvas', 'pass'),
  row('GET', '/node_replacements', 'canvas', 'pass'),
  ...['assets', 'assets/*', 'tags', 'tags/*'].map((path) =>
    row('*', `/${path}`, 'canvas', 'assetsDisabled', { twin: 'only' }),
  ),
  // Downloads a model from an address somebody names: into the home network too.
  row('*', '/tasks/{id}', 'packs', 'pass', { unsafeGet: true }),
]

const managerRows: readonly RouteRow[] = [
  'customnode',
  'externalmodel',
  'snapshot',
  'manager',
  'comfyui_manager',
].flatMap((name) =>
  ['', '/v2'].flatMap((version) => [
    row('*', `${version}/${name}`, 'manager', 'pass', { unsafeGet: true }),
    row('*', `${version}/${name}/*`, 'manager', 'pass', { unsafeGet: true }),
  ]),
)

/** Every route the gate knows; the first row that fits decides. What is in none needs `packs`. */
export const routeRows: readonly RouteRow[] = [...ownRows, ...pageRows, ...coreRows, ...newerRows, ...managerRows]
