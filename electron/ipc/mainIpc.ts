import { ipcMain } from 'electron'
import type { WebContents } from 'electron'
import type { z } from 'zod'
import type { Logger } from '../../proxy/core/logger.ts'
import { notifications } from './schema.ts'
import type { Answer, ChannelName, NotificationName, NotificationPayload } from './schema.ts'

/** One channel: parses what the page sent, does the work, parses what goes back. */
export type Route = (input: unknown) => Promise<unknown>
export type Routes = Readonly<Record<ChannelName, Route>>

/** A refusal whose message is meant for the person in front of the window. */
export class DesktopRefused extends Error {}

/** Binds a channel of schema.ts to its work. The handler sees only parsed input, the page only parsed output. */
export function route<Input extends z.ZodType, Output extends z.ZodType>(
  channel: { readonly input: Input; readonly output: Output },
  handler: (input: z.output<Input>) => Promise<z.input<Output>>,
): Route {
  return async (input) => channel.output.parse(await handler(parseInput(channel.input, input)))
}

function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new DesktopRefused(`That cannot be used: ${issue?.message ?? 'not a known value'}.`)
}

/** What the sender check needs to know of an IPC event. */
export interface Sender {
  readonly sender: { readonly id: number }
  readonly senderFrame: { readonly origin: string; readonly parent: unknown } | null
}

/** Only the main frame of the owner's window, while it shows the owner's origin, may ask for anything. */
export function isOwnerPage(event: Sender, owner: { contentsId: number; origin: string } | undefined): boolean {
  if (owner === undefined || event.senderFrame === null) return false
  return (
    event.sender.id === owner.contentsId &&
    event.senderFrame.parent === null &&
    event.senderFrame.origin === owner.origin
  )
}

/** Runs one invoke. Never throws: a failure is an answer in words, and what is not meant for people is only logged. */
export async function answerInvoke(
  routes: Routes,
  channel: unknown,
  input: unknown,
  options: { logger: Logger; isForPeople: (error: unknown) => error is Error },
): Promise<Answer> {
  if (typeof channel !== 'string' || !hasRoute(routes, channel)) {
    options.logger.warn({}, 'the window asked for an unknown channel')
    return { ok: false, message: 'This version of Gatehouse cannot do that.' }
  }
  try {
    return { ok: true, value: await routes[channel](input) }
  } catch (error) {
    if (error instanceof DesktopRefused || options.isForPeople(error)) return { ok: false, message: error.message }
    options.logger.error({ err: error, channel }, 'a request of the window failed')
    return { ok: false, message: 'Something went wrong inside Gatehouse. The log has the details.' }
  }
}

function hasRoute(routes: Routes, channel: string): channel is ChannelName {
  return Object.hasOwn(routes, channel)
}

/** Opens the one IPC channel. Returns a function that closes it. */
export function openMainIpc(options: {
  routes: Routes
  owner: () => { contentsId: number; origin: string } | undefined
  logger: Logger
  isForPeople: (error: unknown) => error is Error
}): () => void {
  ipcMain.handle('desktop:invoke', (event, channel: unknown, input: unknown): Promise<Answer> | Answer => {
    if (!isOwnerPage(event, options.owner())) {
      options.logger.warn({}, 'refused an IPC message that did not come from the owner window')
      return { ok: false, message: 'Only the Gatehouse window may do that.' }
    }
    return answerInvoke(options.routes, channel, input, options)
  })
  return () => ipcMain.removeHandler('desktop:invoke')
}

/** Sends a notification to the owner's page; a window that is gone is no error. */
export function notifyPage<Name extends NotificationName>(
  contents: WebContents | undefined,
  name: Name,
  payload: NotificationPayload<Name>,
): void {
  if (contents === undefined || contents.isDestroyed()) return
  contents.send('desktop:notify', name, notifications[name].parse(payload))
}
