import type { HoldReason } from '../contract/jobs.ts'

/** For which one person's jobs wait, until it is over by itself. */
export type RoomHold = Extract<HoldReason, 'room' | 'disk' | 'moving'>

/** Whether there is room for what jobs make. Asked before a job is kept, and again before the engine gets it. */
export interface RoomCheck {
  /** @throws GateError QUOTA_EXCEEDED in words when this person's room is used up */
  checkPrompt(accountId: string): Promise<void>
  /** Why this person's next job may not begin. `underWay`: jobs of theirs whose files nobody can have counted yet. */
  findHold(accountId: string, underWay: number): Promise<RoomHold | undefined>
  /** Why nobody's job may begin, in words for the owner. */
  findStop(): Promise<string | undefined>
  /** Tells that there may be more room than before. */
  onChange(listener: () => void): () => void
}

/** Where nobody counts. */
export const endlessRoom: RoomCheck = {
  checkPrompt: () => Promise.resolve(),
  findHold: () => Promise.resolve(undefined),
  findStop: () => Promise.resolve(undefined),
  onChange: () => () => undefined,
}
