/**
 * What a request needs. `never`: nobody; answered as if it did not exist. `signedIn`: any valid credential.
 * `account`: one's own account. `comfyui:read` and `comfyui:run`: ComfyUI's ordinary surface. `comfyui:administer`:
 * routes that show or change everything, and every route we do not know. `manager`: ComfyUI-Manager, which installs
 * programs. `administer`: the gate's own administration.
 */
export type AccessClass =
  | 'public'
  | 'signedIn'
  | 'account'
  | 'comfyui:read'
  | 'comfyui:run'
  | 'comfyui:administer'
  | 'manager'
  | 'administer'
  | 'never'

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
  readonly access: AccessClass
  readonly action: Action
  /** false: has no twin below `/api`; `only`: exists nowhere else. */
  readonly twin?: false | 'only'
  readonly uniqueQuery?: true
  readonly unsafeGet?: true
}

const row = (
  methods: string,
  pattern: string,
  access: AccessClass,
  action: Action,
  more: Partial<Pick<RouteRow, 'twin' | 'uniqueQuery' | 'unsafeGet'>> = {},
): RouteRow => ({ methods: methods === '*' ? [] : methods.split(' '), pattern, access, action, ...more })

const specialActions = new Map<string, Action>([
  ['experiment/models', 'modelFolders'],
  ['object_info', 'heavy'],
])
const noTwin = { twin: false } as const
const once = { uniqueQuery: true } as const

/** Ours: the API, the pages, signing in. Nothing of it is ever forwarded. */
const ownRows: readonly RouteRow[] = [
  row('GET POST', '/login', 'public', 'own', noTwin),
  row('GET POST', '/logout', 'public', 'own', noTwin),
  row('GET', '/gatehouse/assets/*', 'public', 'own', noTwin),
  row('GET', '/gatehouse/healthz', 'public', 'own', noTwin),
  row('POST', '/gatehouse/api/v1/session', 'public', 'own', noTwin),
  row('GET POST', '/gatehouse/api/v1/session/guest', 'public', 'own', noTwin),
  row('GET DELETE', '/gatehouse/api/v1/session', 'signedIn', 'own', noTwin),
  row('*', '/gatehouse/api/v1/account', 'account', 'own', noTwin),
  row('*', '/gatehouse/api/v1/account/*', 'account', 'own', noTwin),
  row('*', '/gatehouse/api/v1/keys', 'account', 'own', noTwin),
  row('*', '/gatehouse/api/v1/keys/*', 'account', 'own', noTwin),
  row('*', '/gatehouse/api/v1/sessions', 'account', 'own', noTwin),
  row('*', '/gatehouse/api/v1/sessions/*', 'account', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/events', 'account', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/folders/mine', 'signedIn', 'own', noTwin),
  row('*', '/gatehouse/api/v1/jobs', 'signedIn', 'own', noTwin),
  row('*', '/gatehouse/api/v1/jobs/*', 'signedIn', 'own', noTwin),
  row('*', '/gatehouse/api/v1/outputs', 'signedIn', 'own', noTwin),
  row('*', '/gatehouse/api/v1/outputs/*', 'signedIn', 'own', noTwin),
  // Only a draft: what publishes needs to administer, which ComfyUI's page never may.
  row('POST', '/gatehouse/api/v1/workflows/drafts', 'signedIn', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/shared', 'signedIn', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/shared/*', 'signedIn', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/workflows/drafts', 'administer', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/workflows', 'signedIn', 'own', noTwin),
  row('POST', '/gatehouse/api/v1/workflows', 'administer', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/workflows/{id}', 'signedIn', 'own', noTwin),
  row('POST PATCH PUT DELETE', '/gatehouse/api/v1/workflows/{id}', 'administer', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/workflows/{id}/canvas', 'signedIn', 'own', noTwin),
  row('GET', '/gatehouse/api/v1/workflows/{id}/picture', 'signedIn', 'own', noTwin),
  row('PUT DELETE', '/gatehouse/api/v1/workflows/{id}/picture', 'administer', 'own', noTwin),
  row('POST', '/gatehouse/api/v1/workflows/{id}/run', 'signedIn', 'own', noTwin),
  row('GET', '/gatehouse/api/openapi.json', 'signedIn', 'own', noTwin),
  row('GET', '/gatehouse/api/docs', 'signedIn', 'own', noTwin),
  row('*', '/gatehouse/api/*', 'administer', 'own', noTwin),
  row('*', '/gatehouse/companion', 'never', 'own', noTwin),
  row('*', '/gatehouse/companion/*', 'never', 'own', noTwin),
  // Reserved: answered by nothing yet, and never by ComfyUI's custom nodes in our name.
  ...['/register', '/generate_token', '/gatehouse/invite', '/gatehouse/metrics'].map((path) =>
    row('*', path, 'never', 'own', noTwin),
  ),
  row('GET', '/gatehouse', 'signedIn', 'own', noTwin),
  row('GET', '/gatehouse/*', 'signedIn', 'own', noTwin),
]

/** ComfyUI's page and the static files beside it. */
const pageRows: readonly RouteRow[] = [
  row('GET', '/', 'comfyui:read', 'static', noTwin),
  row('GET', '/index.html', 'comfyui:read', 'static', noTwin),
  ...['assets', 'scripts', 'fonts', 'cursor', 'templates', 'docs'].map((folder) =>
    row('GET', `/${folder}/*`, 'comfyui:read', 'static', noTwin),
  ),
  row('GET', '/extensions/*', 'comfyui:read', 'static', noTwin),
  row('GET', '/workflow_templates/*', 'comfyui:read', 'static'),
]

/**
 * ComfyUI 0.3.64: server.py (PromptServer, add_routes), app/user_manager.py, app/model_manager.py,
 * app/custom_node_manager.py, api_server/routes/internal/internal_routes.py.
 */
const coreRows: readonly RouteRow[] = [
  row('GET', '/ws', 'comfyui:read', 'webSocket', once),
  row('GET', '/extensions', 'comfyui:read', 'extensions'),
  ...['embeddings', 'i18n', 'object_info', 'workflow_templates', 'models', 'experiment/models'].map((name) =>
    row('GET', `/${name}`, 'comfyui:read', specialActions.get(name) ?? 'pass'),
  ),
  row('GET', '/models/{folder}', 'comfyui:read', 'pass'),
  row('GET', '/experiment/models/{folder}', 'comfyui:read', 'pass'),
  row('GET', '/experiment/models/preview/{folder}/{index}/{+file}', 'comfyui:read', 'modelPreview'),
  row('GET', '/experiment/models/preview/{folder}/{index}/*', 'comfyui:read', 'modelPreview'),
  row('GET', '/view_metadata/{folder}', 'comfyui:read', 'pass', once),
  row('GET', '/object_info/{class}', 'comfyui:read', 'pass'),
  row('GET', '/features', 'comfyui:read', 'features'),
  row('GET', '/system_stats', 'comfyui:read', 'systemStats'),
  row('GET', '/prompt', 'comfyui:read', 'promptInfo'),
  row('POST', '/prompt', 'comfyui:run', 'prompt'),
  row('GET', '/queue', 'comfyui:read', 'queue'),
  row('POST', '/queue', 'comfyui:run', 'queue'),
  row('GET', '/history', 'comfyui:read', 'history', once),
  row('POST', '/history', 'comfyui:run', 'history'),
  row('GET', '/history/{id}', 'comfyui:read', 'history'),
  row('POST', '/interrupt', 'comfyui:run', 'interrupt'),
  row('POST', '/free', 'comfyui:run', 'free'),
  row('POST', '/upload/image', 'comfyui:run', 'upload', once),
  row('POST', '/upload/mask', 'comfyui:run', 'upload', once),
  row('GET', '/view', 'comfyui:read', 'view', once),
  row('GET', '/users', 'comfyui:read', 'users'),
  row('POST', '/users', 'comfyui:run', 'users'),
  row('GET', '/settings', 'comfyui:read', 'pass'),
  row('POST', '/settings', 'comfyui:run', 'settings'),
  row('GET', '/settings/{id}', 'comfyui:read', 'pass'),
  row('POST', '/settings/{id}', 'comfyui:run', 'settings'),
  row('GET', '/userdata', 'comfyui:read', 'userdataList', once),
  row('GET', '/v2/userdata', 'comfyui:read', 'userdataList', once),
  row('GET', '/userdata/{+file}', 'comfyui:read', 'userContent', once),
  row('POST DELETE', '/userdata/{+file}', 'comfyui:run', 'pass', once),
  row('POST', '/userdata/{+file}/move/{+dest}', 'comfyui:run', 'pass', once),
  row('GET', '/internal/logs', 'comfyui:read', 'logs', noTwin),
  row('GET', '/internal/logs/raw', 'comfyui:read', 'rawLogs', noTwin),
  row('PATCH', '/internal/logs/subscribe', 'comfyui:run', 'logSubscription', noTwin),
  row('GET', '/internal/folder_paths', 'comfyui:read', 'folderPaths', noTwin),
  row('GET', '/internal/files/{folder}', 'comfyui:read', 'pass', noTwin),
]

/** What ComfyUI's sources of 2026 add (server.py, app/subgraph_manager.py, app/assets/api/routes.py): read, not run. */
const newerRows: readonly RouteRow[] = [
  row('GET', '/jobs', 'comfyui:read', 'jobs', once),
  row('GET', '/jobs/{id}', 'comfyui:read', 'jobs'),
  row('POST', '/jobs/cancel', 'comfyui:run', 'jobs'),
  row('POST', '/jobs/{id}/cancel', 'comfyui:run', 'jobs'),
  row('GET', '/global_subgraphs', 'comfyui:read', 'pass'),
  row('GET', '/global_subgraphs/{id}', 'comfyui:read', 'pass'),
  row('GET', '/node_replacements', 'comfyui:read', 'pass'),
  ...['assets', 'assets/*', 'tags', 'tags/*'].map((path) =>
    row('*', `/${path}`, 'comfyui:read', 'assetsDisabled', { twin: 'only' }),
  ),
  // Downloads a model from an address somebody names: into the home network too.
  row('*', '/tasks/{id}', 'comfyui:administer', 'pass', { unsafeGet: true }),
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

/** Every route the gate knows; the first row that fits decides. What is in none needs `comfyui:administer`. */
export const routeRows: readonly RouteRow[] = [...ownRows, ...pageRows, ...coreRows, ...newerRows, ...managerRows]
