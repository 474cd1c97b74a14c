/** Where a load goes. */
export interface Target {
  readonly port: number
  readonly headers: Readonly<Record<string, string>>
}

export interface RequestsJob {
  readonly kind: 'requests'
  readonly target: Target
  readonly path: string
  readonly connections: number
  readonly seconds: number
}

export interface RequestsResult {
  readonly requests: number
  readonly seconds: number
  readonly p50Us: number
  readonly p99Us: number
  /** Answers other than 2xx, and broken connections. */
  readonly failed: number
}

export interface TransferJob {
  readonly kind: 'download' | 'upload'
  readonly target: Target
  readonly bytes: number
}

export interface TransferResult {
  readonly seconds: number
}

export interface RefusedUploadJob {
  readonly kind: 'refusedUpload'
  readonly target: Target
  readonly bytes: number
}

export interface RefusedUploadResult {
  readonly ms: number
  readonly status: number
  /** What left this computer's buffers before the connection was closed. */
  readonly bytesTaken: number
}

export interface SocketsJob {
  readonly kind: 'sockets'
  readonly over: 'gate' | 'clients'
  /** One socket each, with its own credential. */
  readonly clients: readonly Target[]
  readonly enginePort: number
  /** The process between engine and clients, whose CPU time counts from the first message to the last. */
  readonly countedPid: number | undefined
  readonly message: 'text' | 'preview'
  readonly bytes: number
  readonly hz: number
  readonly rounds: number
}

export interface SocketsResult {
  readonly expected: number
  readonly received: number
  readonly cpuUs: number | undefined
  /** From the engine's send to the client's receive. */
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface SignIn {
  readonly username: string
  readonly password: string
}

export interface SignInStallJob {
  readonly kind: 'signInStall'
  readonly target: Target
  readonly path: string
  readonly signIn: SignIn
}

export interface SignInStallResult {
  readonly status: number
  readonly signInMs: number
  /** The longest answer of another client, one request after the other, while somebody signs in. */
  readonly longestMs: number
  /** The same for as long, while nobody does. */
  readonly longestIdleMs: number
}

export interface SignInFloodJob {
  readonly kind: 'signInFlood'
  readonly port: number
  readonly milliseconds: number
  /** Each client from an address of its own (on Linux all of 127/8 is ours), or all from this one. */
  readonly clients: readonly SignIn[]
  readonly fromAddress: string
  /** What the addresses of `own` begin with. */
  readonly network: string
}

export interface SignInFloodResult {
  /** How often each status was answered. */
  readonly answers: Readonly<Record<string, number>>
}

export interface FirstUseJob {
  readonly kind: 'firstUse'
  readonly target: Target
  readonly path: string
}

export interface FirstUseResult {
  readonly firstMs: number
  readonly laterMs: number
}

/** Each kind of job with its result. */
export interface JobResults {
  readonly requests: RequestsResult
  readonly download: TransferResult
  readonly upload: TransferResult
  readonly refusedUpload: RefusedUploadResult
  readonly sockets: SocketsResult
  readonly signInStall: SignInStallResult
  readonly signInFlood: SignInFloodResult
  readonly firstUse: FirstUseResult
}

export type Job =
  RequestsJob | TransferJob | RefusedUploadJob | SocketsJob | SignInStallJob | SignInFloodJob | FirstUseJob
