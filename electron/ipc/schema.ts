import { z } from 'zod'
import { accountIdSchema } from '../../proxy/contract/accounts.ts'
import { isSettingName } from '../../proxy/contract/settings.ts'

/**
 * Every channel between the owner's window and the main process. Only what HTTP cannot or must not do is here: native
 * dialogs, the clipboard, and machine settings. Both ends parse: the main process its input, the page its answer.
 */

export const candidateSchema = z.object({
  directory: z.string(),
  /** `git`, `portable`, `desktop` or `folder`. */
  kind: z.string(),
  version: z.string().nullable(),
  python: z.string().nullable(),
  /** Sentences about what is missing; empty: it can run. */
  problems: z.array(z.string()),
})
export type Candidate = z.infer<typeof candidateSchema>

export const practicePageSchema = z.object({
  /** Whether ComfyUI's own page was downloaded for the practice engine. */
  installed: z.boolean(),
  downloadBytes: z.number(),
})

/** A path never comes from the page: which folder it is, the dialog says. */
const ofPerson = z.object({ accountId: accountIdSchema })

export const movedFolderSchema = z.object({
  path: z.string(),
  /** What no job made and so stays in the old folder; null: nothing. */
  left: z.object({ path: z.string(), names: z.array(z.string()) }).nullable(),
})
export type MovedFolder = z.infer<typeof movedFolderSchema>

const nothing = z.undefined()

/** invoke channels: `input` from the page, `output` to it. A failure arrives as `{ ok: false, message }`. */
export const channels = {
  'comfyui:find': { input: nothing, output: z.array(candidateSchema) },
  'comfyui:pickFolder': { input: nothing, output: candidateSchema.nullable() },
  'comfyui:inspect': {
    input: z.object({ directory: z.string(), python: z.string().optional() }),
    output: candidateSchema,
  },
  'comfyui:choose': {
    input: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('practice') }),
      z.object({ kind: z.literal('comfyui'), directory: z.string(), python: z.string().optional() }),
    ]),
    output: nothing,
  },
  /** Opens the system's dialog, then moves what the person's jobs made. Answers when it is done; null: nothing was picked. */
  'folder:pick': { input: ofPerson, output: movedFolderSchema.nullable() },
  /** Shows the person's folder in the system's own program for files. */
  'folder:open': { input: ofPerson, output: nothing },
  'comfyui:open': { input: nothing, output: nothing },
  'practicePage:status': { input: nothing, output: practicePageSchema },
  'practicePage:install': { input: nothing, output: nothing },
  /**
   * Opens the system's dialogs for a certificate and for its key, and takes them for encryption. Null: nothing was picked.
   * Whether they fit, the certificates of the API say.
   */
  'certificate:pick': {
    input: nothing,
    output: z.object({ certificateFile: z.string(), keyFile: z.string() }).nullable(),
  },
  'settings:setMachine': {
    input: z.object({ name: z.string().refine(isSettingName, 'unknown setting'), value: z.unknown() }),
    output: nothing,
  },
  /** Copies and clears again after 60 seconds if unchanged; kept out of clipboard history where the system can. */
  'clipboard:copySecret': { input: z.object({ text: z.string().max(4096) }), output: nothing },
  'clipboard:copy': { input: z.object({ text: z.string().max(4096) }), output: nothing },
  'desktop:describe': {
    input: nothing,
    output: z.object({
      platform: z.string(),
      version: z.string(),
      dataDirectory: z.string(),
      /** Where secrets are kept, for the Settings page. */
      secrets: z.enum(['keychain', 'file', 'environment']),
      /** Whether the desktop shows tray icons. */
      tray: z.boolean(),
    }),
  },
  /** Lets the gate through this computer's firewall, after the system asked for an administrator. */
  'firewall:mend': { input: nothing, output: nothing },
  /** The system's own page about this network, or about its firewall. */
  'firewall:showSettings': { input: nothing, output: nothing },
  'desktop:openDataFolder': { input: nothing, output: nothing },
  /** Brings the page's own window to the front. */
  'window:show': { input: nothing, output: nothing },
  /** Quits as from the menu: asks if somebody would lose something. Answers before that. */
  'desktop:quit': { input: nothing, output: nothing },
} as const

/** Messages from the main process to the page. */
export const notifications = {
  'practicePage:progress': z.object({ doneBytes: z.number(), totalBytes: z.number() }),
  /** The tray asks the window to show a page, for example `/keys?new`. */
  'window:navigate': z.object({ path: z.string() }),
} as const

/** What every invoke answers: the channel's `output` as `value`, or why not, in words for the person. */
export const answerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), message: z.string() }),
])
export type Answer = z.infer<typeof answerSchema>

export type ChannelName = keyof typeof channels
export type ChannelInput<Name extends ChannelName> = z.input<(typeof channels)[Name]['input']>
export type ChannelOutput<Name extends ChannelName> = z.output<(typeof channels)[Name]['output']>
export type NotificationName = keyof typeof notifications
export type NotificationPayload<Name extends NotificationName> = z.output<(typeof notifications)[Name]>

/** What the preload puts on `window.desktop`; absent when the page runs in an ordinary browser. */
export interface DesktopBridge {
  /** Resolves to an `Answer`, whatever happens. */
  invoke(channel: string, input: unknown): Promise<unknown>
  on(notification: string, listener: (payload: unknown) => void): () => void
}
