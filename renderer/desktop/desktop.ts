/**
 * The typed client of the desktop bridge: what only the program on this computer can do. Both the bridge's envelope and
 * each answer are parsed. In an ordinary browser there is no bridge, and pages hide what needs it.
 */
import type { z } from 'zod'
import { answerSchema, channels, notifications } from '../../electron/ipc/schema.ts'
import type {
  ChannelInput,
  ChannelName,
  ChannelOutput,
  DesktopBridge,
  NotificationName,
  NotificationPayload,
} from '../../electron/ipc/schema.ts'

declare global {
  interface Window {
    readonly desktop?: DesktopBridge
  }
}

/** The schemas again, as tables from which a generic name picks its own type. */
const outputs: { readonly [Name in ChannelName]: { readonly output: z.ZodType<ChannelOutput<Name>> } } = channels
const payloads: { readonly [Name in NotificationName]: z.ZodType<NotificationPayload<Name>> } = notifications

/** A channel's refusal, in words for the person. */
export class DesktopError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DesktopError'
  }
}

export const hasDesktop = (): boolean => window.desktop !== undefined

/** @throws DesktopError when the program refuses, when there is no program, or its answer is not what the schema says. */
export async function invokeDesktop<Name extends ChannelName>(
  name: Name,
  ...[input]: ChannelInput<Name> extends undefined ? [] : [ChannelInput<Name>]
): Promise<ChannelOutput<Name>> {
  const bridge = window.desktop
  if (bridge === undefined) throw new DesktopError('This works only in the Gatehouse window on its own computer.')
  const answer = answerSchema.safeParse(await bridge.invoke(name, input))
  if (!answer.success)
    throw new DesktopError('The program answered in a way this page does not know. Restart Gatehouse.')
  if (!answer.data.ok) throw new DesktopError(answer.data.message)
  return outputs[name].output.parse(answer.data.value)
}

/** Calls `listener` with each parsed message; returns how to stop. */
export function listenDesktop<Name extends NotificationName>(
  name: Name,
  listener: (payload: NotificationPayload<Name>) => void,
): () => void {
  return window.desktop?.on(name, (payload) => listener(payloads[name].parse(payload))) ?? (() => undefined)
}
